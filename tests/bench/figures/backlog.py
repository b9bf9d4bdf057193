"""A hundred thousand executions of one team are queued: how fast others are claimed, over how fast
while nothing is; and when another team's only execution starts, with worker and clock at work.

Claims are measured in a process of its own (`tests/bench/claims.py`), with worker and clock away.
The backlog is put straight into the table, and removed when all is measured. Once a run.
"""

import time
from collections.abc import Mapping
from contextlib import closing
from statistics import median

from cli.processes import CannotStart
from tests.bench import load
from tests.bench.claims import COPY
from tests.bench.flow import door_of, paid_orders
from tests.bench.generator import Plan
from tests.bench.report import Row
from tests.bench.session import Session
from tests.bench.team import answer_of, make_team, make_workflow

ROWS = (
    Row(
        "backlog.ratio",
        "claims/s, 100,000 executions queued ÷ none",
        must=0.8,
        higher_is_better=True,
        digits=2,
    ),
    Row("backlog.with", "  with", "/s"),
    Row("backlog.without", "  without", "/s"),
    Row("backlog.start", "  another team's only execution then starts after", " s", 1, digits=2),
)
_QUEUED = 100_000
_CLAIMED = 3_000
_SAMPLES = 3
_STARTS_WITHIN_S = 30.0
_SECRET = "the team whose executions are copied signs with this one"
_STARTED = """
SELECT extract(epoch FROM x.started_at - x.created_at)::float8 AS after FROM execution x
JOIN event e ON e.id = x.event_id WHERE e.sender_id LIKE $1 AND x.started_at IS NOT NULL
"""


def measure(session: Session) -> Mapping[str, float]:
    """The first round's; later rounds measure nothing."""
    if "backlog" in session.details:
        return {}
    model = _model(session)
    session.installation.stop("worker", "clock")
    try:
        without = [_claims(session, model) for _ in range(_SAMPLES)]
        session.say(f"queueing {_QUEUED:,} executions")
        queued = [row["id"] for row in session.database.fetch(COPY, model, _QUEUED)]
        claimed = [_claims(session, model) for _ in range(_SAMPLES)]
    finally:
        session.installation.start("worker", "clock")
    start_s = _start_of_another(session)
    session.installation.stop("worker", "clock")
    try:
        for sql in ("step_run WHERE execution_id", "attempt WHERE execution_id",
                    "execution WHERE id"):  # fmt: skip
            session.database.fetch(f"DELETE FROM {sql} = ANY ($1)", queued)
    finally:
        session.installation.start("worker", "clock")
    session.drain()
    told = ", ".join(f"{each:,.0f}" for each in (*without, *claimed))
    session.details["backlog"] = [f"claims/s: {told}"]
    return {
        "backlog.ratio": median(claimed) / median(without),
        "backlog.with": median(claimed),
        "backlog.without": median(without),
        "backlog.start": start_s,
    }


def _claims(session: Session, model: str) -> float:
    command = f"python -m tests.bench.claims {model} {_CLAIMED}"
    return float(session.installation.command(command))


def _model(session: Session) -> str:
    """An execution of a team of its own, to make copies of."""
    with closing(make_team(session, session.label("backlog"))) as client:
        workflow_id = make_workflow(client, session, named_by="id")
        asked = paid_orders(workflow_id, _SECRET)
        trigger = answer_of(client.post("/api/v1/triggers", json=asked))
        # Not of the ledger: its copies call the target again and again under the same id.
        label = session.label("model")
        load.send(Plan(door_of(session.installation, trigger, _SECRET), label, 1, 1))
        session.drain()
        (execution,) = answer_of(client.get("/api/v1/executions"))["items"]
        return str(execution["id"])


def _start_of_another(session: Session) -> float:
    sent = session.send("single", count=1, seconds=1)
    until = time.monotonic() + _STARTS_WITHIN_S
    while time.monotonic() < until:
        if rows := session.database.fetch(_STARTED, f"{sent.label}-%"):
            return float(rows[0]["after"])
        time.sleep(0.05)
    raise CannotStart(f"Another team's execution has not started in {_STARTS_WITHIN_S:g} s.")
