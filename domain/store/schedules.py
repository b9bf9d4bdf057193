"""Schedules: their epochs, and the queue that the clocks claim from.

What people do names the team; the clocks act for all of them. Every instant that something is due
by is the database's: two clocks whose machines disagree about the time agree here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domain.store.database import execute, fetch, fetch_one

# A clock that freezes inside its transaction is thrown out of it, so that others go on with what it
# had claimed; and one that waits for a lock gives up while the next pass is still in time.
_BOUNDS = (
    "SELECT set_config('idle_in_transaction_session_timeout', $1, true), "
    "set_config('lock_timeout', '2s', true)"
)
FROZEN_AFTER_S = 5.0


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """One epoch of a schedule. `config` is that of its trigger version, as JSON text; `enabled` and
    `deleted` say how its trigger is now. `since`: up to here its slots are on record."""

    trigger_id: UUID
    epoch: int
    team_id: UUID
    since: datetime
    until_at: datetime | None
    config: str
    enabled: bool
    deleted: bool


class Key(NamedTuple):
    """What an epoch is known by."""

    trigger_id: UUID
    epoch: int


async def now() -> datetime:
    """The database's clock as it is, also within a transaction that began long ago."""
    row = await fetch_one("SELECT clock_timestamp() AS now")
    assert row is not None
    instant: datetime = row["now"]
    return instant


class NextDue(NamedTuple):
    """In how many seconds the next slot is due, of whichever schedule (below 0: it was already;
    None: nothing ever is), and what the database's clock says."""

    in_s: float | None
    now: datetime


async def next_due() -> NextDue:
    """When the clocks have to be back."""
    row = await fetch_one(
        "SELECT extract(epoch FROM min(next_due_at) - clock_timestamp())::float8 AS in_s, "
        "clock_timestamp() AS now FROM schedule WHERE next_due_at IS NOT NULL"
    )
    assert row is not None
    return NextDue(**row)


async def bound_transaction() -> None:
    """Let the present transaction hold its locks for a few seconds only, whatever happens to us."""
    await execute(_BOUNDS, f"{FROZEN_AFTER_S * 1000:.0f}ms")


# `now()`, not `clock_timestamp()`: an index is asked for what stands still within a statement only.
_LOCK_DUE = """
SELECT trigger_id, epoch FROM schedule WHERE next_due_at <= now()
ORDER BY next_due_at {order} LIMIT $1 FOR UPDATE SKIP LOCKED
"""
_LOCK_OLDEST = _LOCK_DUE.format(order="")
_LOCK_NEWEST = _LOCK_DUE.format(order="DESC")


async def lock_due(most: int, *, newest: bool = False) -> list[Key]:
    """Lock epochs that have a slot due, until the transaction ends; other clocks skip them."""
    rows = await fetch(_LOCK_NEWEST if newest else _LOCK_OLDEST, most)
    return [Key(**row) for row in rows]


async def lock_due_of(team_id: UUID, trigger_id: UUID) -> list[Key]:
    """Lock the epochs of a trigger that have a slot due; waits for a clock that is at it."""
    rows = await fetch(
        "SELECT trigger_id, epoch FROM schedule WHERE team_id = $1 AND trigger_id = $2 "
        "AND next_due_at <= clock_timestamp() ORDER BY epoch FOR UPDATE",
        team_id,
        trigger_id,
    )
    return [Key(**row) for row in rows]


_ROWS = """
SELECT s.trigger_id, s.epoch, s.team_id, coalesce(s.last_slot, s.from_at) AS since, s.until_at,
    v.config, t.enabled, t.deleted_at IS NOT NULL AS deleted
FROM unnest($1::uuid[], $2::int[]) AS k (trigger_id, epoch)
JOIN schedule s ON s.trigger_id = k.trigger_id AND s.epoch = k.epoch
JOIN trigger t ON t.team_id = s.team_id AND t.id = s.trigger_id
JOIN trigger_version v ON v.team_id = s.team_id AND v.id = s.trigger_version_id
ORDER BY s.next_due_at, s.trigger_id, s.epoch
"""


async def rows_of(keys: Sequence[Key]) -> list[ScheduleRow]:
    """The epochs with these keys. A statement of its own, after the lock: the one that waited for
    it would have seen the trigger as it was before."""
    if not keys:
        return []
    rows = await fetch(_ROWS, [key.trigger_id for key in keys], [key.epoch for key in keys])
    return [ScheduleRow(**row) for row in rows]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an epoch is on record, and when it is due next (both None: never again)."""

    key: Key
    last_slot: datetime
    next_slot: datetime | None
    next_due_at: datetime | None


async def save_progress(progress: Sequence[Progress], tzdata: str) -> None:
    """Write it down, for epochs that this transaction has locked. What could not be worked out for
    a while can, now."""
    await execute(
        "UPDATE schedule s SET last_slot = p.last_slot, next_slot = p.next_slot, "
        "next_due_at = p.next_due_at, tzdata = $6, fault = NULL "
        "FROM unnest($1::uuid[], $2::int[], $3::timestamptz[], $4::timestamptz[], "
        "$5::timestamptz[]) AS p (trigger_id, epoch, last_slot, next_slot, next_due_at) "
        "WHERE s.trigger_id = p.trigger_id AND s.epoch = p.epoch",
        [each.key.trigger_id for each in progress],
        [each.key.epoch for each in progress],
        [each.last_slot for each in progress],
        [each.next_slot for each in progress],
        [each.next_due_at for each in progress],
        tzdata,
    )


async def put_off(keys: Sequence[Key], fault: str, for_s: float) -> None:
    """Try those of these that are due again later only, and say why: something about them is not as
    it must be, and what others have due shall not wait for it. One that another clock has fired
    meanwhile is due no more, and stays as it is."""
    if not keys:
        return
    await execute(
        "UPDATE schedule s SET fault = $3, "
        "next_due_at = clock_timestamp() + $4 * interval '1 second' "
        "FROM unnest($1::uuid[], $2::int[]) AS k (trigger_id, epoch) "
        "WHERE s.trigger_id = k.trigger_id AND s.epoch = k.epoch "
        "AND s.next_due_at <= clock_timestamp()",
        [key.trigger_id for key in keys],
        [key.epoch for key in keys],
        fault,
        for_s,
    )


async def lock_other_zone_data(tzdata: str, after: Key | None, most: int) -> list[Key]:
    """Lock epochs still to come due whose next slot was worked out with other zone data, in the
    order of their keys, from after `after`; those that a clock is at are left out."""
    key = after or Key(UUID(int=0), 0)
    rows = await fetch(
        "SELECT trigger_id, epoch FROM schedule WHERE tzdata <> $1 "
        "AND (until_at IS NULL OR next_slot IS NOT NULL) AND (trigger_id, epoch) > ($2, $3) "
        "ORDER BY trigger_id, epoch LIMIT $4 FOR UPDATE SKIP LOCKED",
        tzdata,
        key.trigger_id,
        key.epoch,
        most,
    )
    return [Key(**row) for row in rows]


# --- Epochs ------------------------------------------------------------------------------------


class Quotas(NamedTuple):
    """How many schedules a team may have, and how close their slots may lie."""

    most_schedules: int
    shortest_interval_s: int
    schedules: int


async def lock_quotas(team_id: UUID) -> Quotas:
    """A team's quotas, and how many schedules it has; until the transaction ends it gets no more
    but by us."""
    await execute("SELECT id FROM team WHERE id = $1 FOR NO KEY UPDATE", team_id)
    row = await fetch_one(
        "SELECT most_schedules, shortest_interval_s, (SELECT count(*) FROM schedule "
        "WHERE team_id = $1 AND until_at IS NULL) AS schedules FROM team WHERE id = $1",
        team_id,
    )
    assert row is not None
    return Quotas(**row)


class ToCome(NamedTuple):
    """The instants of an epoch that the clocks have yet to come to: from the one to the other."""

    since: datetime
    until: datetime | None


async def to_come(team_id: UUID, trigger_id: UUID) -> list[ToCome]:
    """What of the trigger's epochs is not on record yet, and will be: also what was due already,
    and waits for its jitter or for a clock."""
    rows = await fetch(
        "SELECT next_slot AS since, until_at AS until FROM schedule "
        "WHERE team_id = $1 AND trigger_id = $2 AND next_slot IS NOT NULL",
        team_id,
        trigger_id,
    )
    return [ToCome(**row) for row in rows]


class PresentEpoch(NamedTuple):
    """The epoch in force."""

    epoch: int
    next_slot: datetime | None


async def lock_present(team_id: UUID, trigger_id: UUID) -> PresentEpoch | None:
    """The trigger's epoch in force, which no clock works on until the transaction ends."""
    row = await fetch_one(
        "SELECT epoch, next_slot FROM schedule "
        "WHERE team_id = $1 AND trigger_id = $2 AND until_at IS NULL FOR UPDATE",
        team_id,
        trigger_id,
    )
    return PresentEpoch(**row) if row else None


# Later than all that is on record: a clock may have been here since the transaction began.
_END = """
UPDATE schedule SET until_at = greatest(clock_timestamp(), from_at, last_slot)
WHERE team_id = $1 AND trigger_id = $2 AND until_at IS NULL
RETURNING epoch, until_at, next_slot
"""


async def end_epoch(team_id: UUID, trigger_id: UUID) -> datetime | None:
    """End the epoch in force, which is locked; when it ended. What was due before is put on record
    yet, what would have come later is not due any more."""
    row = await fetch_one(_END, team_id, trigger_id)
    if row is None:
        return None
    await execute(
        "UPDATE schedule SET next_slot = NULL, next_due_at = NULL "
        "WHERE team_id = $1 AND trigger_id = $2 AND epoch = $3 AND next_slot > until_at",
        team_id,
        trigger_id,
        row["epoch"],
    )
    until: datetime = row["until_at"]
    return until


async def begin_epoch(
    team_id: UUID, trigger_id: UUID, version_id: UUID, from_at: datetime, tzdata: str
) -> Key:
    """Begin the next epoch of a trigger, which has none in force: it is never due yet."""
    row = await fetch_one(
        "INSERT INTO schedule (trigger_id, epoch, team_id, trigger_version_id, from_at, last_slot, "
        "tzdata, audited_until) SELECT $2, coalesce(max(epoch), 0) + 1, $1, $3, $4, $4, $5, $4 "
        "FROM schedule WHERE team_id = $1 AND trigger_id = $2 RETURNING epoch",
        team_id,
        trigger_id,
        version_id,
        from_at,
        tzdata,
    )
    assert row is not None
    return Key(trigger_id, row["epoch"])
