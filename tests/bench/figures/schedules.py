"""Many schedules due in the same second, beside a usual load of webhooks; and the preview.

Skew is from the instant that was due until the slot's execution started, both by the database's
clock. The webhooks come at the same rate before and during that second; theirs counts from when
each was due to be sent. Measured once a run.
"""

import json
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import available_timezones

import httpx

from cli.processes import CannotStart
from tests.bench.load import answer_times_ms, percentile
from tests.bench.report import Row
from tests.bench.session import Session
from tests.bench.team import make_schedule, make_team, make_workflow

ROWS = (
    Row("burst.fired", "schedules due in the same second, fired once each", "", digits=0),
    Row("burst.skew_p99", "  until their executions started, p99", " s", 2, digits=2),
    Row("burst.skew_p50", "  p50", " s", digits=2),
    Row("burst.ingest", "  webhooks in that second ÷ usually, p99", " x", 2, digits=2),
    Row("preview.p95", "the preview of a schedule, all zones, p95", " ms", 150, digits=1),
    Row("preview.max", "  slowest", " ms", digits=1),
)  # fmt: skip
TEAM = "schedules"
RATE = 100.0
_USUAL_S = 10.0
_AROUND_S = 3.0
_STARTED_WITHIN_S = 60.0
_CRONS = ("* * * * *", "*/5 2 * * *", "30 2 * * *", "0 9 * * mon-fri", "0 0 29 2 *", "0 0 L * *")
_SKEWS = """
SELECT s.id, s.trigger_id, extract(epoch FROM x.started_at - s.due_at)::float8 AS skew
FROM slot s JOIN trigger t ON t.id = s.trigger_id JOIN team m ON m.id = t.team_id AND m.slug = $1
JOIN event e ON e.id = s.event_id JOIN execution x ON x.event_id = e.id
WHERE s.scheduled_for = $2 AND x.started_at IS NOT NULL
"""


def measure(session: Session) -> Mapping[str, float]:
    """The first round's; later rounds measure nothing."""
    if "schedules" in session.details:
        return {}
    client = make_team(session, TEAM)
    session.installation.command(f"python -m cli teams quota --team {TEAM} --schedules 5000")
    workflow_id = make_workflow(client, session)
    burst = _burst(session, client, workflow_id)
    previews = _previews(session, client)
    session.details["schedules"] = [
        f"preview: {len(previews)} answers, {min(previews):.1f} to {max(previews):.1f} ms"
    ]
    return {
        **burst,
        "preview.p95": percentile(previews, 0.95),
        "preview.max": max(previews),
    }


def _burst(session: Session, client: httpx.Client, workflow_id: str) -> dict[str, float]:
    amount = session.sizes.schedules_at_once
    usual = answer_times_ms(session.send_at("usual", RATE, _USUAL_S))
    began = time.monotonic()
    for number in range(3):
        make_schedule(client, workflow_id, f"Try {number}", form="once", at="2099-01-01T00:00")
    each_s = (time.monotonic() - began) / 3
    due = datetime.now(UTC) + timedelta(seconds=each_s * amount * 2 + 3 * _AROUND_S)
    due = due.replace(microsecond=0)
    session.say(f"{amount:,} schedules are due at {due:%H:%M:%S}")
    for number in range(amount):
        make_schedule(client, workflow_id, f"Once {number}", form="once", at=due.isoformat())
    ahead = (due - datetime.now(UTC)).total_seconds() - _AROUND_S
    if ahead < 0:
        raise CannotStart("making the schedules took longer than they were to wait")
    time.sleep(ahead)
    sent = session.send_at("burst", RATE, 2 * _AROUND_S)
    offset_ns = time.time_ns() - time.monotonic_ns()
    times = zip(sent.due_ns, sent.answered_ns, strict=True)
    within = [(answered - at) / 1e6 for at, answered in times
              if 0 <= (at + offset_ns) / 1e9 - due.timestamp() < 1]  # fmt: skip
    skews = _skews(session, due, amount)
    usually, then = percentile(usual, 0.99), percentile(within, 0.99)
    session.details["burst"] = [
        f"webhooks at {RATE:g}/s, p99: usually {usually:.1f} ms, in that second {then:.1f} ms"
    ]
    return {
        "burst.fired": len(skews),
        "burst.skew_p99": percentile(skews, 0.99),
        "burst.skew_p50": percentile(skews, 0.5),
        "burst.ingest": then / usually,
    }


def _skews(session: Session, due: datetime, amount: int) -> Sequence[float]:
    limit = time.monotonic() + _STARTED_WITHIN_S
    rows = session.database.fetch(_SKEWS, TEAM, due)
    while len(rows) < amount and time.monotonic() < limit:
        time.sleep(0.5)
        rows = session.database.fetch(_SKEWS, TEAM, due)
    session.drain()
    rows = session.database.fetch(_SKEWS, TEAM, due)
    triggers = {row["trigger_id"] for row in rows}
    if len(triggers) < amount or len(rows) > amount:
        session.failures.append(
            f"{amount} slots were due, {len(triggers)} fired, {len(rows)} times"
        )
    session.fail_unless_clean("of a burst", session.audit_slots([str(row["id"]) for row in rows]))
    return [row["skew"] for row in rows]


def _previews(session: Session, client: httpx.Client) -> list[float]:
    zones = sorted(available_timezones())[: session.sizes.zones]
    times = []
    for number, zone in enumerate(zones):
        config = {"form": "cron", "cron": _CRONS[number % len(_CRONS)], "zone": zone}
        began = time.perf_counter()
        answer = client.post("/api/v1/schedules/preview", json={"config": config})
        times.append((time.perf_counter() - began) * 1000)
        if answer.status_code == httpx.codes.BAD_REQUEST:  # a name that is no zone of the list
            times.pop()
        elif not answer.is_success or not json.loads(answer.text)["next"]:
            raise CannotStart(f"the preview of {config} says {answer.text[:300]}")
    return times
