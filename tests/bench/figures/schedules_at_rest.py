"""A hundred thousand schedules, none of which is due for hours: what the clock costs meanwhile.

They are put straight into the tables, due over the coming year. A tick is what the clock does to
find out that nothing is due, measured in a process of its own (`tests/bench/ticks.py`); the CPU is
that of the clock itself, with all its other jobs. Measured once a run.
"""

import json
import time
from collections.abc import Mapping

from tests.bench.load import percentile
from tests.bench.report import Row
from tests.bench.session import Session
from tests.bench.team import make_schedule, make_team, make_workflow
from tests.bench.usage import CpuMeter

ROWS = (
    Row("rest.tick_p99", "100,000 schedules at rest: the clock's tick, p99", " ms", 50, digits=1),
    Row("rest.tick_p50", "  p50", " ms", digits=1),
    Row("rest.cpu", "  the clock's share of a core", " %", 3, digits=1),
)
TEAM = "rest"
_SETTLED_S = 15.0
# Copies of one trigger, as if as many people had made it: versions, triggers, and their epochs,
# due some day of the coming year and audited a moment ago, as the auditor leaves them.
_FILL = """
WITH made AS MATERIALIZED (
    SELECT gen_random_uuid() AS trigger_id, gen_random_uuid() AS version_id, n
    FROM generate_series(1, $2::int) n
), model AS (
    SELECT t.*, v.config, v.created_by, s.tzdata FROM trigger t
    JOIN trigger_version v ON v.id = t.version_id JOIN schedule s ON s.trigger_id = t.id
    WHERE t.id = $1
), triggers AS (
    INSERT INTO trigger (id, team_id, name, kind, workflow_id, version, version_id)
    SELECT trigger_id, team_id, 'Yearly ' || n, kind, workflow_id, 1, m.version_id
    FROM model, made m RETURNING id
), versions AS (
    INSERT INTO trigger_version (id, team_id, trigger_id, number, workflow_id, config, limits,
        retry, created_by)
    SELECT m.version_id, team_id, trigger_id, 1, workflow_id, config, '{}', '{}', created_by
    FROM model, made m
)
INSERT INTO schedule (trigger_id, epoch, team_id, trigger_version_id, next_slot, next_due_at,
    tzdata, last_slot, audit_at)
SELECT trigger_id, 1, team_id, m.version_id, due, due, tzdata, now(), now() + interval '1 day'
FROM model, made m, LATERAL (SELECT now() + interval '1 day' + n * interval '5 minutes') AS d (due)
"""


def measure(session: Session) -> Mapping[str, float]:
    """The first round's; later rounds measure nothing."""
    if "rest" in session.details:
        return {}
    amount = session.sizes.schedules_at_rest
    client = make_team(session, TEAM)
    workflow_id = make_workflow(client, session)
    model = make_schedule(client, workflow_id, "Yearly", form="cron", cron="0 9 1 1 *")
    session.say(f"filling {amount:,} schedules")
    session.database.fetch(_FILL, model, amount)
    session.database.run("ANALYZE trigger, trigger_version, schedule")
    time.sleep(_SETTLED_S)
    meter, began = CpuMeter(), time.monotonic()
    meter.start({"clock": session.installation.process("clock")})
    time.sleep(session.sizes.rest_s)
    cpu = meter.used()["clock"] / (time.monotonic() - began)
    ticks = json.loads(session.installation.command("python -m tests.bench.ticks"))
    session.details["rest"] = [f"ticks: {len(ticks)}, {min(ticks):.2f} to {max(ticks):.2f} ms"]
    session.database.run(
        "UPDATE schedule SET next_slot = NULL, next_due_at = NULL, audit_at = NULL "
        f"FROM team WHERE team.id = schedule.team_id AND team.slug = '{TEAM}'"
    )
    return {
        "rest.tick_p99": percentile(ticks, 0.99),
        "rest.tick_p50": percentile(ticks, 0.5),
        "rest.cpu": cpu * 100,
    }
