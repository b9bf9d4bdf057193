"""What happens to Redis: F20 to F26, F36."""

import shutil
import tempfile
import time
from pathlib import Path

import redis

from cli.processes import DataDirectory
from cli.valkey import Valkey
from domain.coordination.redis_urls import queue_url
from tests.chaos.proxy import Proxy
from tests.chaos.scenario import CATALOGUE, CannotBePlayed
from tests.chaos.servers import OwnValkey, full_disk, valkey_socket
from tests.chaos.site import Site, once
from tests.faults import test_redis_may_go_away as away
from tests.support.installation import wait_until

_EVALSHA = b"EVALSHA"
_AWAY_S, _FROZEN_S = 300.0, 90.0


def _returns(site: Site, happens: str) -> None:
    site.send_burst()
    away.test_redis_comes_back_and_no_event_was_lost_or_doubled(
        site.rig, site.servers.valkey, getattr(away, happens)
    )


@CATALOGUE.add("F20", "Redis restarted, with its file", "kill -9, start")
def f20(site: Site) -> None:
    _returns(site, "restart")


@CATALOGUE.add("F21-empty", "Redis restarted without its file", "kill -9, its file removed, start")
def f21(site: Site) -> None:
    _returns(site, "restart_empty")


@CATALOGUE.add("F21-flush", "all of Redis deleted under load", "`FLUSHALL`")
def f21_flush(site: Site) -> None:
    _returns(site, "flush")


@CATALOGUE.add(
    "F22", "Redis away", f"stopped for {_AWAY_S:.0f} s under load, its connections reset"
)
def f22(site: Site) -> str:
    with site.load():
        site.servers.valkey.stop()
        wait_until(lambda: not site.ready(), what="/readyz that says so")
        time.sleep(_AWAY_S)
        running = site.rig.sender.ledger
        site.servers.valkey.start()
    site.finish(_AWAY_S)  # what nobody could count leaves its lane as the window allows
    away.expect_the_bell_to_work(site.rig)
    refused = sum(not answer.accepted for sent in running.values() for answer in sent.answers)
    return f"{refused} of all requests so far were refused"


@CATALOGUE.add(
    "F22-reset", "the line to Redis is down", "all connections are reset, twice, under load",
    short=True,
)  # fmt: skip
def f22_reset(site: Site) -> None:
    with site.load():
        for _ in range(2):
            with site.servers.valkey_proxy.away():
                time.sleep(3)
            time.sleep(1)
    away.expect_the_bell_to_work(site.rig)


@CATALOGUE.add("F23", "Redis is full", "`maxmemory` 1 MB with `noeviction`, under load", short=True)
def f23(site: Site) -> str:
    with site.redis() as client, site.load():
        client.config_set("maxmemory", "1mb")
        sent = site.rig.sender.send(site.rig.hook.url, 20)
        site.rig.sender.settle()
        assert all(one.accepted for one in sent), "refused for want of Redis"
        # Nobody can be rung for: workers find the work by themselves.
        took = once(lambda: _succeeded(site, sent[-1].id), 15, "an execution without a bell")
        client.config_set("maxmemory", "0")
    away.expect_the_bell_to_work(site.rig)
    return f"executions went on, the slowest of twenty within {took:.1f} s"


@CATALOGUE.add(
    "F24", "Redis carries a command out, and its answer is lost",
    "the proxy drops the answer to 20 % of all `EVALSHA` (fetch, ack, limits, breakers), rings and "
    "nudges", short=True,
)  # fmt: skip
def f24(site: Site) -> str:
    proxy, before = site.servers.valkey_proxy, site.servers.valkey_proxy.lost
    with (
        proxy.losing_answers(
            lambda request: any(word in request for word in (_EVALSHA, b"RPUSH", b"XADD")), 0.2
        ),
        site.load(),
    ):
        time.sleep(4)
        site.rig.send_mixture(20)
        time.sleep(3)
    assert proxy.lost > before, "no answer was lost"
    away.expect_the_bell_to_work(site.rig)
    return f"{proxy.lost - before} answers were lost"


@CATALOGUE.add("F25", "Redis frozen", f"SIGSTOP for {_FROZEN_S:.0f} s under load")
def f25(site: Site) -> str:
    with site.servers.valkey.frozen(), site.load():
        slowest = 0.0
        end = time.monotonic() + _FROZEN_S
        while time.monotonic() < end:
            slowest = max(slowest, site.pace())
    assert slowest < 2.0, f"a delivery took {slowest:.1f} s"
    site.finish(_FROZEN_S)
    away.expect_the_bell_to_work(site.rig)
    return f"deliveries took {slowest * 1000:.0f} ms at most meanwhile"


@CATALOGUE.add(
    "F26", "failover of Redis that loses the last second",
    "a replica whose stream the proxy stands on is promoted, and the master killed",
)  # fmt: skip
def f26(site: Site) -> str:
    folder = Path(tempfile.mkdtemp(prefix="signalbox-replica-"))
    master, front = site.servers.valkey, site.servers.valkey_proxy
    try:
        with (
            DataDirectory(folder).hold() as directory,
            Proxy(front.upstream) as line,
        ):
            server = Valkey(directory)
            replica = OwnValkey(server, server.url)
            replica.start()
            try:
                _follow(replica, line)
                with site.load():
                    time.sleep(3)
                    with master.forgetting(), line.stalled():
                        time.sleep(1)  # what the master says now, the replica never hears
                        master.kill()
                        line.reset()
                        _promote(replica)
                        own, front.upstream = front.upstream, valkey_socket(server.url)
                        front.reset()
                    time.sleep(3)
                away.expect_the_bell_to_work(site.rig)
                site.finish()
                front.upstream = own
            finally:
                replica.stop()
    finally:
        master.start()
        front.reset()
        shutil.rmtree(folder, ignore_errors=True)
    return "nothing depends on what was lost"


@CATALOGUE.add("F36", "the disk of Redis is full", "a small tmpfs, filled, under load")
def f36(site: Site) -> str:
    if not site.servers.disks.small:
        raise CannotBePlayed("this machine lets us mount no tmpfs")
    with site.load():
        with full_disk(site.servers.disks.valkey):
            _write_until_refused(site)
            sent = site.rig.sender.send(site.rig.hook.url, 20)
            site.rig.sender.settle()
            assert all(one.accepted for one in sent), "refused for want of Redis"
            took = once(lambda: _succeeded(site, sent[-1].id), 15, "an execution without a bell")
        site.servers.valkey.restart_if_dead()
    away.expect_the_bell_to_work(site.rig)
    return f"executions went on, the slowest of twenty within {took:.1f} s"


def _write_until_refused(site: Site) -> None:
    """Until Redis notices that it cannot write, and refuses what changes anything."""

    def refused() -> bool:
        try:
            with site.redis() as client:
                client.set("chaos:filler", b"x" * 4096, ex=60)
        except redis.RedisError:
            return True
        return False

    wait_until(refused, 20, "a Redis that refuses to write")


def _follow(replica: OwnValkey, line: Proxy) -> None:
    with redis.Redis.from_url(replica.url) as client:
        client.replicaof("127.0.0.1", str(line.port))
        wait_until(
            lambda: client.info("replication")["master_link_status"] == "up", 20, "a replica"
        )


def _promote(replica: OwnValkey) -> None:
    with redis.Redis.from_url(queue_url(replica.url)) as client:
        client.replicaof("NO", "ONE")


def _succeeded(site: Site, sender_id: str) -> bool:
    rows = site.fetch(
        "SELECT x.state FROM execution x JOIN event e ON e.id = x.event_id WHERE e.sender_id = $1",
        sender_id,
    )
    return [row["state"] for row in rows] == ["succeeded"]
