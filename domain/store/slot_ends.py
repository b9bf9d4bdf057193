"""When slots started and ended: what the passes that measure them read and write."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.rules.execution_states import TERMINAL
from domain.store.database import execute, fetch
from domain.store.decisions import decision_id_for, later_decision_id_for
from domain.store.slots import COLUMNS, SlotRow, slot_row


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was decided about an event, and how far what it started has come."""

    decided_at: datetime
    execution_id: UUID | None
    state: str | None
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def is_over(self) -> bool:
        """Whether nothing of it runs, or will."""
        return self.execution_id is None or self.state in TERMINAL


# What waits is not decided yet, whatever was said at first. That of a batch is another event's
# execution: each is looked up by its id, which names its day.
_OUTCOMES = """
SELECT DISTINCT ON (d.event_id) d.event_id, d.decided_at, x.id AS execution_id, x.state,
    x.started_at, x.finished_at, d.verdict = 'deferred' OR d.reason = 'held' IS TRUE AS waits
FROM decision d LEFT JOIN LATERAL (SELECT id, state, started_at, finished_at FROM execution
    WHERE id = d.execution_id LIMIT 1) x ON true
WHERE d.id = ANY ($1)
ORDER BY d.event_id, d.decided_at DESC
"""


async def outcomes_of(events: Mapping[UUID, UUID]) -> dict[UUID, Outcome]:
    """By event, what became of it, for events given with their triggers; one that is not decided
    yet, or waits, is left out."""
    if not events:
        return {}
    ids = [
        id_for(event_id, trigger_id)
        for event_id, trigger_id in events.items()
        for id_for in (decision_id_for, later_decision_id_for)
    ]
    rows = await fetch(_OUTCOMES, ids)
    fields = Outcome.__dataclass_fields__
    return {
        row["event_id"]: Outcome(**{name: row[name] for name in fields})
        for row in rows
        if not row["waits"]
    }


async def take_to_check(since: UUID, below: UUID, most: int) -> list[SlotRow]:
    """Lock slots (with ids from `since` and below `below`) of which it is time to look how far they
    are, until the transaction ends; other passes skip them."""
    rows = await fetch(
        f"SELECT {COLUMNS} FROM slot s WHERE s.check_at <= now() AND s.id >= $1 AND s.id < $2 "
        "ORDER BY s.check_at LIMIT $3 FOR UPDATE SKIP LOCKED",
        since,
        below,
        most,
    )
    return [slot_row(row) for row in rows]


@dataclass(frozen=True, slots=True)
class Measured:
    """What is known of a slot now. `skew` is the bucket that it is counted in, once it started;
    `check_in_s` says when to look again (None: it is over)."""

    id: UUID
    state: str
    execution_id: UUID | None
    started_at: datetime | None
    finished_at: datetime | None
    check_in_s: float | None
    outcome: str | None = None
    skew: str | None = None


# The rows are locked, and were not started when they were read; so each is counted once.
_SAVE = """
WITH given AS (
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::timestamptz[], $5::timestamptz[],
        $6::float8[], $7::text[], $8::text[])
    AS g (id, state, execution_id, started_at, finished_at, check_in_s, outcome, skew)
), saved AS (
    UPDATE slot s SET state = g.state, execution_id = g.execution_id, started_at = g.started_at,
        finished_at = g.finished_at, check_at = now() + g.check_in_s * interval '1 second'
    FROM given g WHERE s.id = g.id AND s.id = ANY ($1)
    RETURNING s.id, s.team_id, s.trigger_id, date_trunc('hour', s.scheduled_for) AS hour,
        g.outcome, g.skew
)
INSERT INTO tally (id, team_id, trigger_id, hour, outcome, amount)
SELECT gen_random_uuid(), team_id, trigger_id, hour, told, count(*)
FROM saved CROSS JOIN LATERAL unnest(ARRAY[outcome, skew]) AS told
WHERE told IS NOT NULL GROUP BY team_id, trigger_id, hour, told
"""


async def save_measured(measured: Sequence[Measured]) -> None:
    """Write down what was found out about slots that this transaction has locked, and count those
    that have started."""
    if not measured:
        return
    columns = zip(*((m.id, m.state, m.execution_id, m.started_at, m.finished_at, m.check_in_s,
                     m.outcome, m.skew) for m in measured), strict=True)  # fmt: skip
    await execute(_SAVE, *(list(column) for column in columns))


async def check_again(ids: Sequence[UUID], in_s: float) -> None:
    """Look at these slots again in so many seconds."""
    if not ids:
        return
    await execute(
        "UPDATE slot SET check_at = now() + $2 * interval '1 second' WHERE id = ANY ($1)",
        list(ids),
        in_s,
    )
