"""Decisions: written once, together with what they start, never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.rules.ids import derived_id
from domain.store.database import fetch


def decision_id_for(event_id: UUID, trigger_id: UUID) -> UUID:
    """The id of the only decision that this trigger can come to about this event."""
    return derived_id(event_id, "decision", trigger_id)


def later_decision_id_for(event_id: UUID, trigger_id: UUID) -> UUID:
    """The id of the decision that ends the wait of an event which this trigger held back."""
    return derived_id(event_id, "later decision", trigger_id)


@dataclass(frozen=True, slots=True)
class NewDecision:
    """One event judged by one trigger version. `trace` is JSON text."""

    id: UUID
    team_id: UUID
    event_id: UUID
    trigger_id: UUID
    trigger_version_id: UUID
    trigger_version: int
    verdict: str
    reason: str | None
    trace: str
    execution_id: UUID | None


@dataclass(frozen=True, slots=True)
class NewExecution:
    """What a decision asks to be run."""

    id: UUID
    team_id: UUID
    event_id: UUID
    trigger_id: UUID
    trigger_version_id: UUID
    workflow_id: UUID
    workflow_version_id: UUID
    workflow_version: int
    gates: tuple[UUID, ...] = ()
    """What it has to pass to be claimed."""
    deadline_s: float | None = None
    """After so many seconds from now it is given up."""


# One statement for the whole commit point: decisions, executions, counts, and the events leave the
# queue. A decision's id derives from event and trigger, an execution's from event and workflow: a
# second one of the same pair is no row at all, and is not counted. Where a draft runs in shadow,
# the event waits for it from here on: what was held back or limited had matched.
_DECIDE = """
WITH decided AS (
    INSERT INTO decision (id, team_id, event_id, trigger_id, trigger_version_id, trigger_version,
        verdict, reason, trace, execution_id, decided_at)
    SELECT d.*, {decided_at} FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[],
        $6::int[], $7::text[], $8::text[], $9::jsonb[], $10::uuid[]) AS d
    ON CONFLICT (id) DO NOTHING
    RETURNING event_id, team_id, trigger_id, trigger_version, verdict, reason
), counted AS (
    INSERT INTO tally (id, team_id, trigger_id, hour, outcome, amount)
    SELECT gen_random_uuid(), team_id, trigger_id, date_trunc('hour', now()), verdict, count(*)
    FROM decided GROUP BY team_id, trigger_id, verdict
), {also}, started AS (
    INSERT INTO execution (id, team_id, event_id, trigger_id, trigger_version_id, workflow_id,
        workflow_version_id, workflow_version, gates, deadline_at, state)
    SELECT id, team_id, event_id, trigger_id, trigger_version_id, workflow_id, workflow_version_id,
        workflow_version, gates::uuid[], now() + deadline_s * interval '1 second', 'queued'
    FROM unnest($11::uuid[], $12::uuid[], $13::uuid[], $14::uuid[],
        $15::uuid[], $16::uuid[], $17::uuid[], $18::int[], $19::text[], $20::float8[])
        AS a (id, team_id, event_id, trigger_id, trigger_version_id, workflow_id,
            workflow_version_id, workflow_version, gates, deadline_s)
    ON CONFLICT (id) DO NOTHING
    RETURNING id
)
SELECT id FROM started
"""
_FIRST = _DECIDE.format(
    decided_at="now()",
    also="""shadowed AS (
    INSERT INTO pending_shadow (shadow_id, event_id, team_id, verdict, trigger_version)
    SELECT s.id, d.event_id, d.team_id, CASE WHEN d.verdict IN ('filtered', 'error') THEN d.verdict
        ELSE 'fired' END, d.trigger_version
    FROM decided d JOIN shadow s
        ON s.team_id = d.team_id AND s.trigger_id = d.trigger_id AND s.state = 'running'
    WHERE d.verdict IN ('fired', 'filtered', 'error', 'deferred', 'rate_limited')
        OR d.reason = 'held'
    ON CONFLICT DO NOTHING
), taken_out AS (
    DELETE FROM pending_event WHERE event_id = ANY ($3)
)""",
)
# What waited was shown to the shadow when it came. The instant is later than that of the decision
# that it follows, whenever this transaction began.
_LATER = _DECIDE.format(
    decided_at="clock_timestamp()",
    also="""left_lane AS (
    DELETE FROM waiting_event WHERE event_id = ANY ($3)
)""",
)


async def record(
    decisions: Sequence[NewDecision], asked: Sequence[NewExecution], *, later: bool = False
) -> list[UUID]:
    """Write the decisions and queue the executions that do not exist yet, and take the events out
    of the queue (with `later` out of their lanes); the ids of the executions that are new."""
    decided = zip(*((d.id, d.team_id, d.event_id, d.trigger_id, d.trigger_version_id,
                     d.trigger_version, d.verdict, d.reason, d.trace, d.execution_id)
                    for d in decisions), strict=True)  # fmt: skip
    started = zip(*((e.id, e.team_id, e.event_id, e.trigger_id, e.trigger_version_id,
                     e.workflow_id, e.workflow_version_id, e.workflow_version, _gates(e),
                     e.deadline_s) for e in asked), strict=True)  # fmt: skip
    rows = await fetch(
        _LATER if later else _FIRST,
        *(list(column) for column in decided),
        *([list(column) for column in started] or [[] for _ in range(10)]),
    )
    return [row["id"] for row in rows]


def _gates(asked: NewExecution) -> str | None:
    """As the text of an array: SQL's unnest would take an array of arrays apart."""
    return f"{{{','.join(map(str, asked.gates))}}}" if asked.gates else None
