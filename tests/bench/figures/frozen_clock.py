"""Three clocks, one of them frozen by SIGSTOP and continued: no slot twice, and none missing.

Twenty schedules with an instant a second each, from before the freeze until after it. The frozen
clock may hold a transaction: its locks must not outlive it for long. Measured once a run.
"""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from tests.bench.report import Row
from tests.bench.session import Session
from tests.bench.team import make_schedule, make_team, make_workflow

ROWS = (
    Row("frozen.twice", "three clocks, one frozen and continued: slots fired twice", "", 0),
    Row("frozen.missing", "  slots without a row, or not fired", "", 0),
    Row("frozen.latest", "  latest start after its instant", " s", 30, digits=1),
)
TEAM = "frozen"
_SCHEDULES = 20
_LEAD_S = 10
_AFTER_S = 15
_FIRED = """
SELECT count(*) AS slots, count(DISTINCT (s.trigger_id, s.scheduled_for)) AS instants,
    count(DISTINCT e.id) AS events, count(DISTINCT x.id) AS executions,
    max(extract(epoch FROM x.started_at - s.due_at))::float8 AS latest
FROM slot s JOIN team m ON m.id = s.team_id AND m.slug = $1
LEFT JOIN event e ON e.id = s.event_id LEFT JOIN execution x ON x.event_id = e.id
WHERE s.state IN ('fired', 'late')
"""
_IDS = "SELECT s.id FROM slot s JOIN team m ON m.id = s.team_id AND m.slug = $1"
_EVENTS = """
SELECT count(*) FROM event e JOIN team m ON m.id = e.team_id AND m.slug = $1
"""


def measure(session: Session) -> Mapping[str, float]:
    """The first round's; later rounds measure nothing."""
    if "frozen" in session.details:
        return {}
    client = make_team(session, TEAM)
    session.installation.command(f"python -m cli teams quota --team {TEAM} --interval 1")
    workflow_id = make_workflow(client, session)
    seconds = _LEAD_S + int(session.sizes.frozen_s) + _AFTER_S
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=_LEAD_S)
    instants = [(start + timedelta(seconds=n)).isoformat() for n in range(seconds)]
    for number in range(_SCHEDULES):
        make_schedule(client, workflow_id, f"Each second {number}", form="instants",
                      instants=instants)  # fmt: skip
    with session.installation.more_clocks(2) as clocks:
        time.sleep(max(0.0, (start - datetime.now(UTC)).total_seconds()) + _LEAD_S)
        session.say(f"one clock of three is frozen for {session.sizes.frozen_s:g} s")
        clocks[0].suspend()
        try:
            time.sleep(session.sizes.frozen_s)
        finally:
            clocks[0].resume()
        time.sleep(_AFTER_S + 5)
    session.drain()
    found = session.database.fetch(_FIRED, TEAM)[0]
    events = int(session.database.fetch(_EVENTS, TEAM)[0][0])
    expected = seconds * _SCHEDULES
    twice = max(events, found["slots"], found["executions"]) - found["instants"]
    if twice or found["instants"] != expected:
        session.failures.append(f"{expected} slots were due: {dict(found)}, {events} events")
    slots = session.database.fetch(_IDS, TEAM)
    session.fail_unless_clean("of frozen", session.audit_slots([str(row["id"]) for row in slots]))
    session.details["frozen"] = [f"{expected} slots were due, {found['instants']} fired"]
    return {
        "frozen.twice": twice,
        "frozen.missing": expected - found["instants"],
        "frozen.latest": found["latest"],
    }
