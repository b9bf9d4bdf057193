"""Backtests: started by people, claimed under a lease, carried on chunk by chunk under a fence.

Every instant here is the database's: leases never meet a process's own clock.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.rules.backtest_states import ENDED, UNFINISHED
from domain.rules.backtests import MOST_EVENTS, MOST_KEPT, OUTCOMES, Chunk
from domain.store.database import Row, execute, fetch, fetch_one
from domain.store.jsonb import json_text

LEASE_S = 30


def _listed(states: Iterable[str]) -> str:
    return ", ".join(f"'{state}'" for state in sorted(states))


_ENDED, _UNFINISHED = _listed(ENDED), _listed(UNFINISHED)


@dataclass(frozen=True, slots=True)
class NewBacktest:
    """A backtest about to be stored; `conditions` and `live_conditions` are JSON texts. Its events
    are those with ids from `from_id` up to, and without, `below_id`."""

    id: UUID
    team_id: UUID
    trigger_id: UUID
    conditions: str | None
    live_conditions: str | None
    live_version: int
    asked_last: int | None
    asked_from: datetime | None
    asked_to: datetime | None
    from_id: UUID
    below_id: UUID
    created_by: str


async def add_backtest(new: NewBacktest) -> None:
    """Store it, and let go of the oldest of its trigger that have ended, beyond 20."""
    await execute(
        "INSERT INTO backtest (id, team_id, trigger_id, conditions, live_conditions, live_version, "
        "asked_last, asked_from, asked_to, from_id, below_id, cursor_id, created_by) "
        "VALUES ($1, $2, $3, $4::jsonb, $5::jsonb, $6, $7, $8, $9, $10, $11, $11, $12)",
        new.id, new.team_id, new.trigger_id, new.conditions, new.live_conditions, new.live_version,
        new.asked_last, new.asked_from, new.asked_to, new.from_id, new.below_id, new.created_by,
    )  # fmt: skip
    await execute(
        "DELETE FROM backtest WHERE team_id = $1 AND id IN (SELECT id FROM backtest "
        "WHERE team_id = $1 AND trigger_id = $2 "
        f"ORDER BY (state IN ({_UNFINISHED})) DESC, id DESC OFFSET $3) AND state IN ({_ENDED})",
        new.team_id,
        new.trigger_id,
        MOST_KEPT,
    )


async def count_unfinished(team_id: UUID) -> int:
    """How many of the team's have not ended."""
    row = await fetch_one(
        f"SELECT count(*) AS amount FROM backtest WHERE team_id = $1 AND state IN ({_UNFINISHED})",
        team_id,
    )
    return int(row["amount"]) if row else 0


async def cancel(team_id: UUID, backtest_id: UUID) -> int:
    """End it if it has not ended; 0 when it has. The fence rises, so that the chunk that its
    worker is at is not written any more."""
    return await execute(
        "UPDATE backtest SET state = 'canceled', reason = NULL, fence = fence + 1, "
        "lease_until = NULL, finished_at = now() "
        f"WHERE team_id = $1 AND id = $2 AND state IN ({_UNFINISHED})",
        team_id,
        backtest_id,
    )


async def delete(team_id: UUID, backtest_id: UUID) -> int:
    """Delete it with its chunks, whatever its state; 0 when it is gone already."""
    return await execute(
        "DELETE FROM backtest WHERE team_id = $1 AND id = $2", team_id, backtest_id
    )


# --- What workers do ---------------------------------------------------------------------------

# The state and the lease are part of the WHERE and the row is locked first: of two workers that
# claim the same backtest one gets nothing. The fence rises with every claim, so that whoever held
# an older one can write no chunk.
_CLAIM = f"""
WITH ready AS (
    SELECT id FROM backtest
    WHERE id = $1 AND (state = 'queued' OR state = 'running' AND lease_until < now())
    FOR UPDATE SKIP LOCKED
)
UPDATE backtest b
SET state = 'running', fence = b.fence + 1, lease_until = now() + interval '{LEASE_S} s',
    lost_leases = b.lost_leases + (b.state = 'running')::int,
    started_at = coalesce(b.started_at, now())
FROM ready WHERE b.id = ready.id
RETURNING b.id, b.team_id, b.trigger_id, b.conditions, b.live_conditions, b.live_version,
    b.asked_last, b.from_id, b.below_id, b.cursor_id, b.total, b.chunks, b.judged, b.fence,
    b.lost_leases
"""


async def claim(backtest_id: UUID) -> Row | None:
    """Take a lease of 30 seconds on it; what going on needs, or None when it is not to be had."""
    return await fetch_one(_CLAIM, backtest_id)


# BETWEEN, and the trigger in the order, so that the planner has no other index: see `scans.py`.
_OF_TRIGGER = """
FROM event WHERE team_id = $1 AND trigger_id BETWEEN $2 AND $2 AND id >= $3 AND id < $4
ORDER BY trigger_id DESC, id DESC
"""
_MEASURE = f"""
WITH found AS (
    SELECT id, row_number() OVER (ORDER BY id DESC) AS place
    FROM (SELECT id {_OF_TRIGGER} LIMIT $5 + 1) AS newest
)
UPDATE backtest b
SET total = m.total, capped = m.more AND b.asked_last IS NULL, from_id = coalesce(m.oldest, $3)
FROM (
    SELECT least(count(*), $5)::int AS total, count(*) > $5 AS more,
        (min(id::text) FILTER (WHERE place <= $5))::uuid AS oldest
    FROM found
) AS m
WHERE b.team_id = $1 AND b.id = $6 AND b.fence = $7 AND b.state = 'running'
RETURNING b.total, b.from_id
"""


async def measure(claimed: Row) -> Row | None:
    """Count the events of a claimed backtest, and fix the oldest of them; None: it is not ours."""
    return await fetch_one(
        _MEASURE,
        claimed["team_id"], claimed["trigger_id"], claimed["from_id"], claimed["below_id"],
        claimed["asked_last"] or MOST_EVENTS, claimed["id"], claimed["fence"],
    )  # fmt: skip


_EVENTS = f"""
SELECT id, trigger_id, kind, received_at, headers, query, content_type, title, sender_id, body
FROM (
    SELECT *, sum(octet_length(body)) OVER (ORDER BY id DESC) - octet_length(body) AS bytes_before
    FROM (
        SELECT id, trigger_id, kind, received_at, headers, query, content_type, title, sender_id,
            body {_OF_TRIGGER} LIMIT $5
    ) AS newest
) AS sized WHERE bytes_before < $6 ORDER BY id DESC
"""


async def next_events(
    claimed: Row, from_id: UUID, below_id: UUID, most: int, most_bytes: int
) -> Sequence[Row]:
    """The newest events of the trigger with ids from `from_id` up to below `below_id`: at most
    `most`, and with bodies of at most `most_bytes` together, but one at least."""
    return await fetch(
        _EVENTS, claimed["team_id"], claimed["trigger_id"], from_id, below_id, most, most_bytes
    )


# One statement, so one commit: the chunk is there and counted, or neither. A late worker, whose
# fence is old, or whose backtest was canceled or deleted, writes nothing at all; nor does one whose
# trigger was deleted.
_RECORD = f"""
WITH ours AS (
    UPDATE backtest b
    SET chunks = b.chunks + 1, judged = b.judged + cardinality($5::uuid[]), cursor_id = $6,
        {", ".join(f"{name} = b.{name} + ${10 + place}" for place, name in enumerate(OUTCOMES))},
        lost_leases = 0, state = CASE WHEN $15 THEN 'done' ELSE b.state END,
        lease_until = CASE WHEN $15 THEN NULL ELSE now() + interval '{LEASE_S} s' END,
        finished_at = CASE WHEN $15 THEN now() END
    WHERE b.team_id = $1 AND b.id = $2 AND b.fence = $3 AND b.state = 'running'
        AND b.chunks = $4 - 1
        AND EXISTS (SELECT FROM trigger t
                    WHERE t.team_id = b.team_id AND t.id = b.trigger_id AND t.deleted_at IS NULL)
    RETURNING b.id
)
INSERT INTO backtest_chunk (backtest_id, number, team_id, event_ids, outcomes, days, fields)
SELECT id, $4, $1, $5, $7, $8::jsonb, $9::jsonb FROM ours
RETURNING number
"""


async def record(claimed: Row, number: int, chunk: Chunk, *, last: bool) -> bool:
    """Write a chunk of a claimed backtest, and prolong the lease; with `last` the backtest is done.
    False: it is not ours any more, and nothing was written."""
    row = await fetch_one(
        _RECORD,
        claimed["team_id"],
        claimed["id"],
        claimed["fence"],
        number,
        chunk.event_ids,
        chunk.event_ids[-1],
        chunk.outcomes,
        json_text(chunk.days),
        json_text(chunk.counted),
        *(chunk.count(name) for name in OUTCOMES),
        last,
    )
    return row is not None


async def put_back(claimed: Row) -> int:
    """Give up the lease of a backtest that is to go on later; 0 when it is not ours any more."""
    return await execute(
        "UPDATE backtest SET state = 'queued', lease_until = NULL, queued_at = now() "
        "WHERE team_id = $1 AND id = $2 AND fence = $3 AND state = 'running'",
        claimed["team_id"],
        claimed["id"],
        claimed["fence"],
    )


async def end(claimed: Row, state: str, reason: str | None) -> int:
    """End a claimed backtest; 0 when it is not ours any more."""
    return await execute(
        "UPDATE backtest SET state = $4, reason = $5, lease_until = NULL, finished_at = now() "
        "WHERE team_id = $1 AND id = $2 AND fence = $3 AND state = 'running'",
        claimed["team_id"],
        claimed["id"],
        claimed["fence"],
        state,
        reason,
    )


async def trigger_is_deleted(claimed: Row) -> bool:
    """Whether a backtest's trigger is gone."""
    row = await fetch_one(
        "SELECT deleted_at IS NOT NULL AS deleted FROM trigger WHERE team_id = $1 AND id = $2",
        claimed["team_id"],
        claimed["trigger_id"],
    )
    return row is None or bool(row["deleted"])


async def waiting(queued_for_s: float, most: int) -> list[UUID]:
    """Backtests to ring for: queued ones that nobody has claimed for `queued_for_s` seconds, and
    those whose worker is gone; who waits longest first."""
    rows = await fetch(
        f"SELECT id FROM backtest WHERE state IN ({_UNFINISHED}) AND ("
        "state = 'queued' AND queued_at <= now() - $1 * interval '1 second' "
        "OR lease_until < now()) ORDER BY queued_at LIMIT $2",
        queued_for_s,
        most,
    )
    return [row["id"] for row in rows]


async def forget_those_of_deleted_triggers(most: int) -> int:
    """Delete what nobody can look at any more, at most `most`; how many went."""
    return await execute(
        "DELETE FROM backtest WHERE id IN (SELECT b.id FROM backtest b JOIN trigger t "
        "ON t.team_id = b.team_id AND t.id = b.trigger_id "
        f"WHERE t.deleted_at IS NOT NULL AND b.state IN ({_ENDED}) LIMIT $1)",
        most,
    )
