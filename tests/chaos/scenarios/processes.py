"""Processes that are killed, told to end, and of two versions: F1 to F9, F14 to F19."""

import json
import os
import signal
import subprocess
import time
import uuid
from functools import partial

from redis import Redis

from domain.coordination.redis_urls import queue_url
from tasks.bell import EVENTS, EXECUTIONS
from tasks.broker import NAMESPACE
from tests.chaos.scenario import CATALOGUE
from tests.chaos.site import Site, gently, once
from tests.faults import test_kill_9_at_commit_points as points
from tests.faults import test_processes_end_gently as endings
from tests.faults.trap import trap_at
from tests.support.installation import wait_until

# Dramatiq waits for its actors besides.
_STALLED_ENDS_WITHIN_S = 30

_POINTS = {
    "F4": {
        "decide.after_commit": (points.ONCE, points.ONCE),
        "settle.after_commit": (points.ONCE, points.ANY),
    },
    "F5": {
        "decide.before_commit": (points.ONCE, points.ONCE),
        "claim.before": (points.ONCE, points.ANY),
    },
    "F6": {
        "claim.after": (points.TRIED_TWICE, points.ONCE | points.TRIED_TWICE),
        "step.before_call": (points.TRIED_TWICE, points.ONCE | points.TRIED_TWICE),
    },
    "F8": {
        "step.after_call": (points.CALLED_TWICE, points.ANY),
        "settle.before_commit": (points.CALLED_TWICE, points.ANY),
    },
}


def _killed_at(row: str, site: Site) -> str:
    for point, (shows, others) in _POINTS[row].items():
        site.wait_between_slots()
        points.test_a_worker_killed_there_loses_nothing_and_starts_nothing_twice(
            site.rig, point, shows, others
        )
    return f"killed at {', '.join(_POINTS[row])}"


@CATALOGUE.add(
    "F1", "web killed before the commit", "kill -9 at the pause point `ingest.before_commit`"
)
def f1(site: Site) -> None:
    points.test_f1_killed_before_the_commit_nothing_was_promised_and_a_retry_is_accepted(site.rig)


@CATALOGUE.add("F2", "web killed between commit and answer", "kill -9 at `ingest.after_commit`")
def f2(site: Site) -> None:
    points.test_f2_killed_between_commit_and_answer_a_retry_is_told_the_first_event(site.rig)


@CATALOGUE.add("F3", "web killed between answer and ring", "kill -9 at `bell.before_ring`")
def f3(site: Site) -> None:
    points.test_f3_killed_before_it_rings_the_sweep_rings_instead(site.rig)


@CATALOGUE.add("F4", "worker killed, and its message comes twice", "kill -9 at two pause points")
def f4(site: Site) -> str:
    return _killed_at("F4", site)


@CATALOGUE.add("F5", "worker killed before decision or claim", "kill -9 at two pause points")
def f5(site: Site) -> str:
    site.send_burst()  # of which some may be counted, and not decided yet
    return _killed_at("F5", site)


@CATALOGUE.add("F6", "worker killed between claim and call", "kill -9 at two pause points")
def f6(site: Site) -> str:
    return _killed_at("F6", site)


@CATALOGUE.add("F7", "worker killed during the call", "kill -9 while the target holds its answer")
def f7(site: Site) -> None:
    points.test_f7_killed_during_the_call_the_attempt_is_unknown_and_repeated_with_the_same_key(
        site.rig
    )


@CATALOGUE.add("F8", "worker killed between answer and record", "kill -9 at two pause points")
def f8(site: Site) -> str:
    return _killed_at("F8", site)


@CATALOGUE.add("F9", "worker killed between two steps", "kill -9 at `step.after_record`")
def f9(site: Site) -> None:
    points.test_f9_killed_between_two_steps_the_first_is_not_carried_out_again(site.rig)


@CATALOGUE.add("F14", "SIGTERM to a worker whose job takes a while", "kill -TERM during a call")
def f14(site: Site) -> None:
    endings.test_f14_a_worker_waits_for_the_answer_to_its_call(site.rig)


@CATALOGUE.add(
    "F14-stalled", "SIGTERM while the database does not answer",
    "the proxy stands still under load; kill -TERM to every process", short=True,
)  # fmt: skip
def f14_stalled(site: Site) -> str:
    site.rig.sender.send(site.rig.hook.url, 300)
    site.rig.wait_for_calls("POST /notify", 1)
    running = site.installation.processes
    told = {name: running.pop(name) for name in ("web", "worker", "clock")}
    with site.servers.postgres_proxy.stalled():
        begun = time.monotonic()
        for process in told.values():
            process.terminate()
        for process in told.values():
            try:
                process.wait(_STALLED_ENDS_WITHIN_S)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                raise
        took = time.monotonic() - begun
    for name in told:
        site.rig.start(name)
    return f"all had ended by themselves {took:.0f} s later"


@CATALOGUE.add(
    "F15", "SIGTERM to a worker whose job takes too long", "kill -TERM during a held call"
)
def f15(site: Site) -> None:
    endings.test_f15_a_worker_puts_back_what_takes_too_long_and_the_next_repeats_it_with_the_same_key(
        site.rig
    )


@CATALOGUE.add("F16", "SIGTERM to web with 50 requests in flight", "kill -TERM, bodies half sent")
def f16(site: Site) -> None:
    endings.test_f16_web_answers_the_requests_in_flight_and_takes_no_new_ones(site.rig)


@CATALOGUE.add(
    "F17", "rolling deploy of two versions",
    "messages of another version (unknown fields, actors, arguments) among ours, while each process"
    " is replaced in turn"
)  # fmt: skip
def f17(site: Site) -> str:
    unreadable = site.metric("signalbox_bell_unreadable_total")
    with site.load():
        for process in ("web", "worker", "clock"):
            _put(site, _newer_messages(site))
            assert gently(site, process) in endings.GENTLE
            site.rig.start(process)
        _put(site, _newer_messages(site))
        counted = once(
            lambda: site.metric("signalbox_bell_unreadable_total") - unreadable >= 6,
            20,
            "the count",
        )
    _nothing_is_left_in_the_queues(site)
    dead = [key for key in _queues(site).keys(f"{NAMESPACE}:*.XQ") if _queues(site).zcard(key)]
    assert not dead, f"dead letters among messages: {dead}"
    return f"foreign messages were counted within {counted:.1f} s, none became a dead letter"


@CATALOGUE.add(
    "F18", "an execution that takes its worker down, three times",
    "kill -9 at `step.after_call`, three times during the same one",
)  # fmt: skip
def f18(site: Site) -> str:
    hook = site.team.hook()
    sent = None
    for _ in range(3):
        site.wait_between_slots(6)
        site.rig.kill("worker")
        with trap_at("step.after_call") as trap:
            site.installation.start("worker", **trap.env)
            if sent is None:
                (sent,) = site.rig.sender.send(hook.url, 1, "dead")
                site.rig.sender.settle()
            site.rig.end_leases(of_before=site.rig.now())
            trap.wait()
            site.rig.kill("worker")
        site.installation.start("worker")
    site.rig.end_leases(of_before=site.rig.now())
    assert sent is not None
    lost = sent.id, "dead", "worker_lost"
    with site.load():
        wait_until(lambda: (lost[0], *_ended_as(site, lost[0])) == lost, 20, "its end")
    return "dead after three lost leases, its neighbours ran"


@CATALOGUE.add(
    "F19", "poison messages in Redis", "bad JSON, an unknown actor and wrong arguments, by hand, "
    "before and behind our own", short=True,
)  # fmt: skip
def f19(site: Site) -> str:
    unreadable = site.metric("signalbox_bell_unreadable_total")
    with site.rig.frozen("worker"):
        _put(site, _poison())
        sent = site.rig.sender.send(site.rig.hook.url, 30)
        site.rig.sender.settle()
        _put(site, _poison())
    begun = time.monotonic()
    facts = site.finish(15)
    took = time.monotonic() - begun
    assert all(facts.execution_of(one)["state"] == "succeeded" for one in sent)
    wait_until(
        lambda: site.metric("signalbox_bell_unreadable_total") - unreadable >= 6, 60, "the count"
    )
    _nothing_is_left_in_the_queues(site)
    return f"its neighbours were done within {took:.1f} s"


def _queues(site: Site) -> "Redis":
    return Redis.from_url(queue_url(site.servers.valkey.url))


def _put(site: Site, messages: list[tuple[str, bytes]]) -> None:
    with _queues(site) as queues:
        for queue, text in messages:
            id_ = str(uuid.uuid4())
            queues.hset(f"{NAMESPACE}:{queue}.msgs", id_, text.replace(b"<id>", id_.encode()))
            queues.rpush(f"{NAMESPACE}:{queue}", id_)


def _message(**changes: object) -> bytes:
    usual = {
        "queue_name": EVENTS, "actor_name": "decide", "args": [[str(uuid.uuid4())]], "kwargs": {},
        "options": {"redis_message_id": "<id>"}, "message_id": str(uuid.uuid4()),
        "message_timestamp": 1,
    }  # fmt: skip
    return json.dumps({**usual, **changes}).encode()


def _newer_messages(_site: Site) -> list[tuple[str, bytes]]:
    return [
        (EVENTS, _message(trace_parent="00-1")),
        (EVENTS, _message(actor_name="decide_in_version_9")),
        (EXECUTIONS, _message(queue_name=EXECUTIONS, actor_name="run", kwargs={"shard": 3})),
    ]


def _poison() -> list[tuple[str, bytes]]:
    return [
        (EVENTS, b'{"queue_name": "events", '),
        (EVENTS, _message(actor_name="nobody")),
        (EVENTS, _message(args=[["no id at all"]])),
        (EXECUTIONS, b"\xff\xfe"),
    ]


def _nothing_is_left_in_the_queues(site: Site) -> None:
    """No message lies about, whether waiting or taken and never done with."""
    with _queues(site) as queues:
        for queue in (EVENTS, EXECUTIONS):
            wait_until(partial(_is_gone, queues, queue), 30, f"an empty queue of {queue}")


def _is_gone(queues: "Redis", queue: str) -> bool:
    return not queues.exists(f"{NAMESPACE}:{queue}.msgs")


def _ended_as(site: Site, sender_id: str) -> tuple[str, str]:
    (row,) = site.fetch(
        "SELECT x.state, x.reason FROM execution x JOIN event e ON e.id = x.event_id "
        "WHERE e.sender_id = $1", sender_id,
    )  # fmt: skip
    return row["state"], row["reason"]
