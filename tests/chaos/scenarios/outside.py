"""What the outside does: names that nobody answers for (F44), targets that hang or lie (F45), that
ask for patience (F46), and that come and go (F47, F48)."""

import time
from functools import partial
from typing import Any

from tests.chaos.invariants import of_breakers
from tests.chaos.name_server import name_server
from tests.chaos.scenario import CATALOGUE
from tests.chaos.site import Site, once
from tests.faults.sender import Fate
from tests.support.installation import Around, Hook, wait_until
from tests.support.target_behaviours import raw

_DAY_S = 86_400
_HOSTILE: dict[str, Fate] = {
    "hang": "dead", "drip/5": "dead", "reset": "dead", "early-close/": "dead",
    "stall/SFRUUC8xLjEgMjAwIE9LDQo=": "dead", "endless": "succeeded", "huge/100000000": "succeeded",
    "gzip-bomb/20000000": "succeeded",
}  # fmt: skip
_EXECUTION = """
SELECT x.id, x.state, x.attempt, extract(epoch FROM x.due_at - now())::float8 AS due_in
FROM execution x JOIN event e ON e.id = x.event_id WHERE e.sender_id = $1
"""


def _hook(site: Site, path: str, retry: dict[str, Any] | None = None, **step: Any) -> Hook:
    workflow_id = site.team.workflow(site.team.step(path, **step))
    return site.team.trigger(workflow_id, retry=retry or {"attempts": 1})


def _execution(site: Site, sender_id: str) -> Any:
    rows = site.fetch(_EXECUTION, sender_id)
    return rows[0] if rows else None


@CATALOGUE.add(
    "F44", "names that cannot be looked up",
    "a resolv.conf of the worker's own, and a name server that denies, fails, and says nothing",
)  # fmt: skip
def f44(site: Site) -> str:
    with name_server() as resolv_conf:
        shown = f"unshare -m sh -c 'mount --bind {resolv_conf} /etc/resolv.conf && exec \"$@\"' sh"
        site.rig.kill("worker")
        site.installation.start("worker", Around(shown))
        took = {}
        for name in ("nxdomain", "servfail", "silent"):
            url = f"http://{name}.chaos.test:{site.installation.target_port}/x"
            hook = _hook(site, "/x", timeout_s=10, url=url)
            sent = site.rig.sender.send(hook.url, 3, "unreached")
            with site.load(20):
                ids = [one.id for one in sent]
                took[name] = once(partial(_all_ended, site, ids), 15, f"an end: {name}")
        site.rig.kill("worker")
    site.rig.start("worker")
    assert took["silent"] < 10, took
    return ", ".join(f"{name} after {seconds:.1f} s" for name, seconds in took.items())


@CATALOGUE.add(
    "F45", "targets that hang, drip, stream without end, or bomb",
    f"{len(_HOSTILE)} kinds of hostile answer, each of 10 executions, beside the usual load",
)  # fmt: skip
def f45(site: Site) -> str:
    begun = time.monotonic()
    hostile = []
    for behaviour, fate in _HOSTILE.items():
        path = f"/hostile/{behaviour.partition('/')[0]}"
        site.installation.tell_target(path, behaviour)
        hook = _hook(site, path, timeout_s=3)
        hostile += site.rig.sender.send(hook.url, 10, fate)
    with site.load(30):
        since = len(site.rig.sender.ledger)
        time.sleep(6)
        usual = list(site.rig.sender.ledger.values())[since:]
        took = once(lambda: _all_ended(site, [one.id for one in usual]), 15, "the usual work")
    wait_until(lambda: _all_ended(site, [one.id for one in hostile]), 60, "the hostile ones' ends")
    return (
        f"the usual work was done {took:.1f} s after it was sent, the hostile "
        f"{time.monotonic() - begun:.0f} s"
    )


@CATALOGUE.add("F46", "429 with a Retry-After", "one of a day, one in the past, one that is none")
def f46(site: Site) -> str:
    told = {
        "day": b"86400", "past": b"Thu, 01 Jan 2015 00:00:00 GMT", "garbage": b"soon, I hope",
    }  # fmt: skip
    due = {}
    for name, value in told.items():
        path = f"/later/{name}"
        text = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: %b\r\nContent-Length: 0\r\n\r\n"
        site.installation.tell_target(path, f"raw/{raw(text % value)}", "ok")
        hook = _hook(site, path, {"attempts": 3, "base_s": 2})
        (sent,) = site.rig.sender.send(hook.url, 1)
        row = wait_until(partial(_retrying, site, sent.id), 15, f"a retry: {name}")
        due[name] = row["due_in"]
        site.fetch("UPDATE execution SET due_at = now() WHERE id = $1", row["id"])
    assert 0.98 * _DAY_S <= due["day"] <= 1.25 * _DAY_S, due
    assert all(-5 <= due[name] <= 60 for name in ("past", "garbage")), due
    return ", ".join(f"{name}: due in {seconds:,.0f} s" for name, seconds in due.items())


@CATALOGUE.add(
    "F47", "a destination that comes and goes",
    "500 and 200 in turns of 2 s, for 24 s, two workers",
    within_s=120,
)  # fmt: skip
def f47(site: Site) -> str:
    path = "/own/flapping"
    hook = _hook(
        site, path, {"attempts": 50, "base_s": 1, "cap_s": 2}, url=site.own_breaker_url(path)
    )
    site.rig.start("worker-2")
    with site.load(20, hook):
        for _ in range(6):
            site.installation.tell_target(path, "status/500")
            time.sleep(2)
            site.installation.tell_target(path, "ok")
            time.sleep(2)
    facts = site.finish(120)
    site.rig.kill("worker-2")
    found = list(of_breakers(site))
    assert not found, found
    changes = site.fetch("SELECT count(*) AS n FROM breaker_change")[0]["n"]
    return f"{changes} changes of its breaker; {len(facts.calls)} calls in all so far"


@CATALOGUE.add(
    "F48", "the process that probes a destination dies", "kill -9 at `breaker.probe`", within_s=120
)
def f48(site: Site) -> str:
    path = "/own/probed"
    site.installation.tell_target(path, "status/500")
    hook = _hook(
        site, path, {"attempts": 50, "base_s": 1, "cap_s": 2}, url=site.own_breaker_url(path)
    )
    with site.rig.trapped("worker", "breaker.probe") as trap:
        (first,) = site.rig.sender.send(hook.url, 1)
        wait_until(lambda: _retrying(site, first.id), 15, "a first failure")
        site.set_breaker("localhost", cool_down_s=2, longest_s=4)
        site.rig.sender.send(hook.url, 29)
        trap.wait()
        site.installation.tell_target(path, "ok")
    site.rig.start("worker")
    took = once(lambda: not _unfinished(site), 120, "everything done after the prober's death")
    return f"the next probe closed it; all was done {took:.0f} s later"


def _unfinished(site: Site) -> int:
    (row,) = site.fetch(
        "SELECT count(*) AS n FROM execution WHERE team_id = $1 AND state NOT IN "
        "('succeeded', 'failed', 'dead', 'canceled')", site.team_id,
    )  # fmt: skip
    return int(row["n"])


def _all_ended(site: Site, sender_ids: list[str]) -> bool:
    (row,) = site.fetch(
        "SELECT count(*) AS n FROM event e LEFT JOIN execution x ON x.event_id = e.id "
        "LEFT JOIN pending_event p ON p.event_id = e.id "
        "WHERE e.sender_id = ANY ($1) AND (p.event_id IS NOT NULL "
        "OR x.state IN ('queued', 'running', 'retrying'))", sender_ids,
    )  # fmt: skip
    return not row["n"]


def _retrying(site: Site, sender_id: str) -> Any:
    row = _execution(site, sender_id)
    return row if row and row["state"] == "retrying" else None
