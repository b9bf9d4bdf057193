"""Trials of limits: started by people, claimed under a lease, and done in one go under a fence.

Every instant here is the database's: leases never meet a process's own clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.rules.limit_trials import MOST_EVENTS
from domain.store.database import Row, execute, fetch, fetch_one
from domain.store.jsonb import json_text
from domain.store.pages import PAGE_SIZE, Page, Position, read_page

LEASE_S = 30
MOST_KEPT = 20
_ENDED = "'done', 'canceled', 'failed'"
_UNFINISHED = "'queued', 'running'"


@dataclass(frozen=True, slots=True)
class NewLimitTrial:
    """A trial about to be stored; `limits` and `conditions` are JSON texts."""

    id: UUID
    team_id: UUID
    trigger_id: UUID
    limits: str
    conditions: str | None
    live_version: int
    days: int
    from_id: UUID
    created_by: str


async def add_limit_trial(new: NewLimitTrial) -> None:
    """Store it, and let go of the oldest of its trigger that have ended, beyond 20. What arrives
    from now on has a higher id than the trial, and is left out."""
    await execute(
        "INSERT INTO limit_trial (id, team_id, trigger_id, limits, conditions, live_version, days, "
        "from_id, below_id, created_by) "
        "VALUES ($1, $2, $3, $4::jsonb, $5::jsonb, $6, $7, $8, $1, $9)",
        new.id, new.team_id, new.trigger_id, new.limits, new.conditions, new.live_version, new.days,
        new.from_id, new.created_by,
    )  # fmt: skip
    await execute(
        "DELETE FROM limit_trial WHERE team_id = $1 AND id IN (SELECT id FROM limit_trial "
        "WHERE team_id = $1 AND trigger_id = $2 "
        f"ORDER BY (state IN ({_UNFINISHED})) DESC, id DESC OFFSET $3) AND state IN ({_ENDED})",
        new.team_id,
        new.trigger_id,
        MOST_KEPT,
    )


async def count_unfinished(team_id: UUID) -> int:
    """How many of the team's have not ended."""
    row = await fetch_one(
        "SELECT count(*) AS amount FROM limit_trial "
        f"WHERE team_id = $1 AND state IN ({_UNFINISHED})",
        team_id,
    )
    return int(row["amount"]) if row else 0


async def cancel(team_id: UUID, trial_id: UUID) -> int:
    """End it if it has not ended; 0 when it has. The fence rises, so that nothing of its worker's
    is written any more."""
    return await execute(
        "UPDATE limit_trial SET state = 'canceled', reason = NULL, fence = fence + 1, "
        "lease_until = NULL, finished_at = now() "
        f"WHERE team_id = $1 AND id = $2 AND state IN ({_UNFINISHED})",
        team_id,
        trial_id,
    )


# --- What people see ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LimitTrialShown:
    """A trial; `limits` and `found` (once it is done) are JSON texts."""

    id: UUID
    trigger_id: UUID
    limits: str
    live_version: int
    days: int
    capped: bool
    state: str
    reason: str | None
    total: int | None
    seen: int
    found: str | None
    created_by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


_FIELDS = ", ".join(LimitTrialShown.__dataclass_fields__)
_SHOWN = f"SELECT {_FIELDS} FROM limit_trial WHERE team_id = $1 AND trigger_id = $2"


def _shown(row: Row) -> LimitTrialShown:
    return LimitTrialShown(**row)


async def page_of_limit_trials(
    team_id: UUID, trigger_id: UUID, position: Position, *, size: int = PAGE_SIZE
) -> Page[LimitTrialShown]:
    """The trigger's trials, newest first."""
    return await read_page(_SHOWN, "id", (team_id, trigger_id), position, _shown, size=size)


async def find_limit_trial(
    team_id: UUID, trigger_id: UUID, trial_id: UUID
) -> LimitTrialShown | None:
    """The trial, or None if the trigger has none of this id."""
    row = await fetch_one(f"{_SHOWN} AND id = $3", team_id, trigger_id, trial_id)
    return _shown(row) if row else None


# --- What workers do ---------------------------------------------------------------------------

_CLAIM = f"""
WITH ready AS (
    SELECT id FROM limit_trial
    WHERE id = $1 AND (state = 'queued' OR state = 'running' AND lease_until < now())
    FOR UPDATE SKIP LOCKED
)
UPDATE limit_trial l
SET state = 'running', fence = l.fence + 1, lease_until = now() + interval '{LEASE_S} s', seen = 0,
    lost_leases = l.lost_leases + (l.state = 'running')::int,
    started_at = coalesce(l.started_at, now())
FROM ready WHERE l.id = ready.id
RETURNING l.id, l.team_id, l.trigger_id, l.limits, l.conditions, l.live_version, l.from_id,
    l.below_id, l.fence, l.lost_leases
"""


async def claim(trial_id: UUID) -> Row | None:
    """Take a lease of 30 seconds on it; what doing it needs, or None when it is not to be had."""
    return await fetch_one(_CLAIM, trial_id)


# BETWEEN, and the trigger in the order, so that the planner has no other index: see `scans.py`.
_OF_TRIGGER = "FROM event WHERE team_id = $1 AND trigger_id BETWEEN $2 AND $2 AND id >= $3"
_MEASURE = f"""
WITH found AS (
    SELECT id, row_number() OVER (ORDER BY id DESC) AS place
    FROM (SELECT id {_OF_TRIGGER} AND id < $4 ORDER BY trigger_id DESC, id DESC
          LIMIT $5 + 1) AS newest
)
UPDATE limit_trial l
SET total = m.total, capped = m.more, from_id = coalesce(m.oldest, $3)
FROM (
    SELECT least(count(*), $5)::int AS total, count(*) > $5 AS more,
        (min(id::text) FILTER (WHERE place <= $5))::uuid AS oldest
    FROM found
) AS m
WHERE l.team_id = $1 AND l.id = $6 AND l.fence = $7 AND l.state = 'running'
RETURNING l.total, l.from_id
"""


async def measure(claimed: Row, most: int = MOST_EVENTS) -> Row | None:
    """Count the events of a claimed trial, and fix the oldest of them; None: it is not ours."""
    return await fetch_one(
        _MEASURE,
        claimed["team_id"], claimed["trigger_id"], claimed["from_id"], claimed["below_id"], most,
        claimed["id"], claimed["fence"],
    )  # fmt: skip


_EVENTS = f"""
SELECT id, trigger_id, kind, received_at, headers, query, content_type, title, sender_id, body
FROM (
    SELECT *, sum(octet_length(body)) OVER (ORDER BY id) - octet_length(body) AS bytes_before
    FROM (
        SELECT id, trigger_id, kind, received_at, headers, query, content_type, title, sender_id,
            body {_OF_TRIGGER} AND id < $4 ORDER BY trigger_id, id LIMIT $5
    ) AS oldest
) AS sized WHERE bytes_before < $6 ORDER BY id
"""


async def next_events(claimed: Row, from_id: UUID, most: int, most_bytes: int) -> Sequence[Row]:
    """The oldest events of the trial with ids from `from_id` on: at most `most`, and with bodies of
    at most `most_bytes` together, but one at least."""
    team_id, trigger_id, below_id = (claimed[k] for k in ("team_id", "trigger_id", "below_id"))
    return await fetch(_EVENTS, team_id, trigger_id, from_id, below_id, most, most_bytes)


async def note_seen(claimed: Row, seen: int) -> int:
    """Write how far it is, and prolong the lease; 0 when it is not ours any more, or its trigger
    was deleted."""
    return await execute(
        f"UPDATE limit_trial l SET seen = $4, lease_until = now() + interval '{LEASE_S} s' "
        "WHERE l.team_id = $1 AND l.id = $2 AND l.fence = $3 AND l.state = 'running' "
        "AND EXISTS (SELECT FROM trigger t WHERE t.team_id = l.team_id AND t.id = l.trigger_id "
        "AND t.deleted_at IS NULL)",
        claimed["team_id"],
        claimed["id"],
        claimed["fence"],
        seen,
    )


async def finish(claimed: Row, found: dict[str, Any]) -> int:
    """Write what came of it; 0 when it is not ours any more."""
    return await execute(
        "UPDATE limit_trial SET state = 'done', found = $4::jsonb, lease_until = NULL, "
        "finished_at = now() WHERE team_id = $1 AND id = $2 AND fence = $3 AND state = 'running'",
        claimed["team_id"],
        claimed["id"],
        claimed["fence"],
        json_text(found),
    )


async def put_back(claimed: Row) -> int:
    """Give up the lease of a trial that another worker is to do; 0 when it is not ours any more."""
    return await execute(
        "UPDATE limit_trial SET state = 'queued', lease_until = NULL, queued_at = now() "
        "WHERE team_id = $1 AND id = $2 AND fence = $3 AND state = 'running'",
        claimed["team_id"],
        claimed["id"],
        claimed["fence"],
    )


async def end(claimed: Row, state: str, reason: str) -> int:
    """End a claimed trial that cannot go on; 0 when it is not ours any more."""
    return await execute(
        "UPDATE limit_trial SET state = $4, reason = $5, lease_until = NULL, finished_at = now() "
        "WHERE team_id = $1 AND id = $2 AND fence = $3 AND state = 'running'",
        claimed["team_id"],
        claimed["id"],
        claimed["fence"],
        state,
        reason,
    )


async def waiting(queued_for_s: float, most: int) -> list[UUID]:
    """Trials to ring for: queued ones that nobody has claimed for `queued_for_s` seconds, and those
    whose worker is gone; who waits longest first."""
    rows = await fetch(
        f"SELECT id FROM limit_trial WHERE state IN ({_UNFINISHED}) AND ("
        "state = 'queued' AND queued_at <= now() - $1 * interval '1 second' "
        "OR lease_until < now()) ORDER BY queued_at LIMIT $2",
        queued_for_s,
        most,
    )
    return [row["id"] for row in rows]


async def forget_those_of_deleted_triggers(most: int) -> int:
    """Delete what nobody can look at any more, at most `most`; how many went."""
    return await execute(
        "DELETE FROM limit_trial WHERE id IN (SELECT l.id FROM limit_trial l JOIN trigger t "
        "ON t.team_id = l.team_id AND t.id = l.trigger_id "
        f"WHERE t.deleted_at IS NOT NULL AND l.state IN ({_ENDED}) LIMIT $1)",
        most,
    )
