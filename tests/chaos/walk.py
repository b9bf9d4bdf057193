"""The random walk, which is also the soak: faults at random, by a seed, while thousands of events
come in; then a minute's quiet, and the checker."""

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.chaos.invariants import further_violations
from tests.chaos.site import Site

MINUTES = 10.0
PER_S = 55.0
SOAK = 30_000
"""Without a failure among so many, fewer than 1 in 10,000 fail (95 %). A walk of full length goes
on until they are sent, where the machine is slow for up to twice as long."""
PAUSE_S = (5.0, 20.0)
QUIET_S = 60.0
_WITHIN_S = 120.0

Strike = Callable[[Site, random.Random], None]


@dataclass(slots=True)
class Walk:
    """What became of a walk."""

    seed: int
    minutes: float
    struck: Counter[str] = field(default_factory=Counter)
    sent: int = 0
    refused: int = 0
    repeats: int = 0
    executions: int = 0
    broken: str = ""

    @property
    def holds(self) -> bool:
        """Whether nothing was lost or doubled."""
        return not self.broken


def _kill(process: str) -> Strike:
    def strike(site: Site, luck: random.Random) -> None:
        site.rig.installation.kill(process)
        time.sleep(luck.uniform(0, 1))
        site.rig.start(process)

    return strike


def _freeze(process: str) -> Strike:
    def strike(site: Site, luck: random.Random) -> None:
        with site.rig.frozen(process):
            time.sleep(luck.uniform(0.5, 4))

    return strike


def _kill_postgres(site: Site, _luck: random.Random) -> None:
    site.servers.postgres.kill()
    site.servers.postgres.start()


def _kill_valkey(site: Site, luck: random.Random) -> None:
    site.servers.valkey.kill()
    if luck.random() < 0.5:
        site.servers.valkey.lose_its_file()
    time.sleep(luck.uniform(0, 3))
    site.servers.valkey.start()


def _freeze_valkey(site: Site, luck: random.Random) -> None:
    with site.servers.valkey.frozen():
        time.sleep(luck.uniform(1, 5))


def _flush_valkey(site: Site, _luck: random.Random) -> None:
    site.servers.valkey.flush()


def _lose_redis_answers(site: Site, luck: random.Random) -> None:
    with site.servers.valkey_proxy.losing_answers(lambda request: b"EVALSHA" in request, 0.2):
        time.sleep(luck.uniform(2, 5))


def _lose_postgres_answers(site: Site, luck: random.Random) -> None:
    with site.servers.postgres_proxy.losing_answers(lambda request: len(request) > 200, 0.05):
        time.sleep(luck.uniform(2, 5))


def _slow_postgres(site: Site, luck: random.Random) -> None:
    with site.servers.postgres_proxy.slow(luck.uniform(0.05, 0.5)):
        time.sleep(luck.uniform(2, 5))


def _stall_postgres(site: Site, luck: random.Random) -> None:
    with site.servers.postgres_proxy.stalled():
        time.sleep(luck.uniform(1, 4))


def _reset_postgres(site: Site, _luck: random.Random) -> None:
    site.servers.postgres_proxy.reset()


def _cut_redis(site: Site, luck: random.Random) -> None:
    with site.servers.valkey_proxy.away():
        time.sleep(luck.uniform(0.5, 4))


STRIKES: dict[str, Strike] = {
    "web killed": _kill("web"),
    "worker killed": _kill("worker"),
    "clock killed": _kill("clock"),
    "web frozen": _freeze("web"),
    "worker frozen": _freeze("worker"),
    "clock frozen": _freeze("clock"),
    "PostgreSQL killed": _kill_postgres,
    "PostgreSQL slow": _slow_postgres,
    "PostgreSQL stalled": _stall_postgres,
    "its connections reset": _reset_postgres,
    "its answers lost": _lose_postgres_answers,
    "Redis killed": _kill_valkey,
    "Redis frozen": _freeze_valkey,
    "Redis emptied": _flush_valkey,
    "Redis cut off": _cut_redis,
    "Redis' answers lost": _lose_redis_answers,
}


def _goes_on(site: Site, walked_s: float, asked_s: float, since: int) -> bool:
    if walked_s < asked_s:
        return True
    few = len(site.rig.sender.ledger) - since < SOAK
    return few and asked_s >= 60 * MINUTES and walked_s < 2 * asked_s


def walk(site: Site, seed: int, minutes: float) -> Walk:
    """Walk for so many minutes; what was struck depends on the seed alone."""
    luck, walked = random.Random(seed), Walk(seed, minutes)
    site.mend()
    since = len(site.rig.sender.ledger)
    try:
        with site.load(PER_S):
            began = time.monotonic()
            while _goes_on(site, time.monotonic() - began, 60 * minutes, since):
                name = luck.choice(list(STRIKES))
                print(f"           {name}", flush=True)
                STRIKES[name](site, luck)
                walked.struck[name] += 1
                time.sleep(luck.uniform(*PAUSE_S))
            walked.minutes = round((time.monotonic() - began) / 60, 1)
        time.sleep(min(QUIET_S, 6 * minutes))
        site.mend()
        facts = site.finish(_WITHIN_S)
        found = list(further_violations(site))
        assert not found, "; ".join(found)
        walked.executions = len(facts.executions)
        walked.repeats = len(facts.calls) - len({(line.id, line.request) for line in facts.calls})
    except Exception as failure:  # noqa: BLE001 - it is told with the seed
        walked.broken = f"{type(failure).__name__}: {failure}"
    sent = list(site.rig.sender.ledger.values())[since:]
    walked.sent = len(sent)
    walked.refused = sum(not answer.accepted for one in sent for answer in one.answers)
    return walked
