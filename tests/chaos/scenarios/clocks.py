"""Wrong clocks: F39 to F41, and what is remembered for days: F51."""

import hashlib
import hmac
import time
from typing import Any
from uuid import UUID

import httpx

from tests.chaos.invariants import further_violations
from tests.chaos.scenario import CATALOGUE
from tests.chaos.site import Site
from tests.chaos.wrong_clock import wrong_clock
from tests.support.installation import wait_until

HOUR_S = 3_600
_DUPLICATES = 10_000
_AT_ONCE = 50
_AGE = """
UPDATE sender_id SET expires_at = expires_at - $2 * interval '1 day' WHERE event_id = $1::uuid
"""
_SECRET = "a sender's own secret, 32 bytes long."


@CATALOGUE.add(
    "F39", "the clock process's clock jumps", "its wall clock: an hour ahead, an hour behind, right"
)
def f39(site: Site) -> str:
    with wrong_clock() as clock:
        site.rig.kill("clock")
        site.rig.start("clock", **clock.env)
        told = site.said("clock", "clocks_disagree")
        with site.load(20):
            for ahead_s in (HOUR_S, -HOUR_S, 0):
                clock.jump_to(ahead_s)
                time.sleep(8)
        assert site.said("clock", "clocks_disagree") > told, "no jump was logged"
        found = [each for each in further_violations(site) if each.startswith("I3")]
        assert not found, found
        site.rig.kill("clock")
        site.rig.start("clock")
    return "each slot fired once, at the database's time; the jumps are in the log"


@CATALOGUE.add("F40", "the clock of one of two workers is ahead", "its wall clock 120 s ahead")
def f40(site: Site) -> str:
    with wrong_clock(120) as clock:
        site.rig.start("worker-2", **clock.env)
        with site.load(60):
            time.sleep(10)
        facts = site.finish()
        site.rig.kill("worker-2")
    repeated = sum(each["attempt"] > 1 for each in facts.executions if each["state"] != "dead")
    return f"leases are the database's: {repeated} executions of all so far took a second attempt"


@CATALOGUE.add(
    "F41", "the clock of web is ahead, and senders date what they sign",
    "its wall clock 10 min ahead, then right again", short=True,
)  # fmt: skip
def f41(site: Site) -> str:
    hook = site.team.hook(
        scheme="hmac", secret=_SECRET, signed="{timestamp}.{body}", timestamp_header="X-Timestamp"
    )
    with wrong_clock(600) as clock:
        site.installation.kill("web")
        site.rig.start("web", **clock.env)
        wait_until(lambda: site.said("web", "clock_skew"), 20, "a warning about the clock")
        assert site.metric("signalbox_clock_skew_seconds") > 500
        assert _deliver(hook.url) == 401
        wait_until(lambda: "our_clock_ahead" in _reasons(site, hook.id), 15, "the reason")
    site.installation.kill("web")
    site.rig.start("web")
    return "refused as `our_clock_ahead`; the skew is in the log and in the metrics"


_FORGET = """
DO $$ BEGIN
    PERFORM set_config('session_replication_role', 'replica', true);
    DELETE FROM decision WHERE event_id = '{event_id}';
    DELETE FROM event WHERE id = '{event_id}';
END $$
"""


@CATALOGUE.add(
    "F51", "ten thousand duplicates over seven days, and one after them",
    f"{_DUPLICATES:,} repeats of one id while its row ages in the database day by day",
)  # fmt: skip
def f51(site: Site) -> str:
    (first,) = site.rig.sender.send(site.rig.hook.url, 1)
    site.rig.sender.settle()
    event_id = first.answers[0].event_id
    with httpx.Client(timeout=30) as client:
        for day in range(7):
            for _ in range(_DUPLICATES // 7 // _AT_ONCE):
                site.rig.sender.send_again([first] * _AT_ONCE)
                site.rig.sender.settle()
            # Six days and 23 hours later it is still known.
            site.fetch(_AGE, event_id, 1 if day < 6 else 23 / 24)
        site.rig.sender.send_again([first])
        site.rig.sender.settle()
        repeats = [answer for answer in first.answers[1:] if answer.accepted]
        assert all(answer.duplicate and answer.event_id == event_id for answer in repeats)
        site.fetch(_AGE, event_id, 1 / 12)
        late = client.post(first.url, json={"id": "late", "wanted": False},
                           headers={"webhook-id": first.id}).json()  # fmt: skip
    assert late["duplicate"] is False, late
    _forget(site, late["event_id"])
    return f"{len(repeats):,} duplicates were told the first event, the one after day 7 is new"


def _forget(site: Site, event_id: str) -> None:
    """What came under a known id, as it should: the checker knows each id once."""
    wait_until(
        lambda: not site.fetch("SELECT FROM pending_event WHERE event_id = $1::uuid", event_id),
        what="a decision",
    )
    # Nobody else may: the rows are immutable.
    site.fetch(_FORGET.format(event_id=UUID(event_id)))


def _deliver(url: str) -> int:
    timestamp, body = str(int(time.time())), b'{"id": "signed", "wanted": false}'
    message = f"{timestamp}.".encode() + body
    signature = hmac.new(_SECRET.encode(), message, hashlib.sha256).hexdigest()
    headers = {"X-Timestamp": timestamp, "X-Signature": signature}
    return httpx.post(url, content=body, headers=headers, timeout=10).status_code


def _reasons(site: Site, trigger_id: str) -> set[Any]:
    rows = site.fetch("SELECT reason FROM refused_request WHERE trigger_id = $1::uuid", trigger_id)
    return {row["reason"] for row in rows}
