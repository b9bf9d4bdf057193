"""Lanes, and how events come to wait in them (how they are taken out again: `due_lanes.py`).

Whoever puts events into a lane writes its row, and whoever takes them out has locked it: so a lane
is gone only when nobody waits in it. Rows are locked in the order of `domain.rules.lanes.LANES`, of
one kind in the order of their ids, and the passes that release skip what others hold: nobody waits
in a circle. All of it is for within the transaction of the decisions.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from domain.rules.lanes import LANES, Lane, LaneState, Why
from domain.store.database import execute, fetch

# What is locked here is written in the same transaction, by `place` or `join`.
_OPEN = """
INSERT INTO lane AS l (id, team_id, trigger_id, why, key, since, due_at)
SELECT id, team_id, trigger_id, why, key, clock_timestamp(), 'infinity'
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[])
    AS n (id, team_id, trigger_id, why, key)
ORDER BY id
ON CONFLICT (id) DO UPDATE SET waiting = l.waiting
RETURNING id, waiting, extract(epoch FROM clock_timestamp() - since)::float8 AS age_s,
    due_at <= clock_timestamp() AS is_due, xmax = 0 AS is_new, taken
"""


async def open_lanes(lanes: Iterable[Lane]) -> dict[UUID, LaneState]:
    """Lock the lanes, and make those that are not there; how each was found."""
    asked = _columns(lanes)
    if not asked[0]:
        return {}
    fields = LaneState.__dataclass_fields__
    return {
        row["id"]: LaneState(**{name: row[name] for name in fields})
        for row in await fetch(_OPEN, *asked)
    }


def _columns(lanes: Iterable[Lane]) -> list[list[object]]:
    once = {lane.id: lane for lane in lanes}
    return [
        list(once),
        [lane.team_id for lane in once.values()],
        [lane.trigger_id for lane in once.values()],
        [lane.why for lane in once.values()],
        [lane.key for lane in once.values()],
    ]


class Busy(NamedTuple):
    """Lanes that events wait in already: how many by lane, and the triggers of which some wait for
    a window that all their events share."""

    waiting: Mapping[UUID, int]
    shared: frozenset[UUID]


async def busy(lane_ids: Sequence[UUID], trigger_ids: Sequence[UUID]) -> Busy:
    """Which of the lanes, and which of the triggers. Nothing is locked."""
    rows = await fetch(
        "SELECT id, waiting, NULL::uuid AS trigger_id FROM lane "
        "WHERE id = ANY ($1) AND waiting > 0 "
        "UNION ALL SELECT NULL, 0, trigger_id FROM unnest($2::uuid[]) AS t (trigger_id) "
        "WHERE EXISTS (SELECT FROM lane l WHERE l.trigger_id = t.trigger_id AND l.shared)",
        list(lane_ids),
        list(trigger_ids),
    )
    return Busy(
        {row["id"]: row["waiting"] for row in rows if row["id"]},
        frozenset(row["trigger_id"] for row in rows if row["trigger_id"]),
    )


@dataclass(frozen=True, slots=True)
class Waits:
    """An event that is to wait in a lane, `expires_in_s` seconds at most (None: for ever)."""

    event_id: UUID
    lane: Lane
    size: int
    expires_in_s: float | None = None


_PUT = """
INSERT INTO waiting_event (event_id, team_id, trigger_id, lane_id, why, size, expires_at)
SELECT event_id, team_id, trigger_id, lane_id, why, size,
    clock_timestamp() + expires_in_s * interval '1 second'
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::int[], $7::float8[])
    AS w (event_id, team_id, trigger_id, lane_id, why, size, expires_in_s)
ON CONFLICT (event_id) DO UPDATE SET lane_id = excluded.lane_id, why = excluded.why,
    since = clock_timestamp(), expires_at = excluded.expires_at
"""


async def _put(events: Sequence[Waits]) -> None:
    """Note where the events wait; one that comes from another lane leaves it."""
    if not events:
        return
    columns = zip(*((w.event_id, w.lane.team_id, w.lane.trigger_id, w.lane.id, w.lane.why, w.size,
                     w.expires_in_s) for w in events), strict=True)  # fmt: skip
    await execute(_PUT, *(list(column) for column in columns))


# At the end of a lane: when it is looked at does not change by those that join, nor does what it
# waits for. One that was emptied meanwhile is made anew, and due at once.
_JOIN = """
INSERT INTO lane AS l (id, team_id, trigger_id, why, key, waiting, since, due_at, shared)
SELECT id, team_id, trigger_id, why, key, joining, clock_timestamp(),
    coalesce(clock_timestamp() + due_in_s * interval '1 second', 'infinity'), shared
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::int[], $7::float8[],
    $8::boolean[]) AS n (id, team_id, trigger_id, why, key, joining, due_in_s, shared)
ORDER BY id
ON CONFLICT (id) DO UPDATE SET waiting = l.waiting + excluded.waiting,
    shared = l.shared OR excluded.shared
"""


@dataclass(frozen=True, slots=True)
class Joined:
    """A lane that events join: when to look at it (None: when somebody says so), unless it is there
    already; whether it waits for a window that all the trigger's events share."""

    lane: Lane
    due_in_s: float | None
    shared: bool = False


async def join(joined: Sequence[Joined], events: Sequence[Waits]) -> None:
    """Let the events wait at the ends of lanes of one kind, which need not be there yet."""
    if not events:
        return
    counts = _counted(events)
    once = {each.lane.id: each for each in joined}
    await execute(
        _JOIN,
        *_columns(each.lane for each in once.values()),
        [counts[lane_id] for lane_id in once],
        [each.due_in_s for each in once.values()],
        [each.shared for each in once.values()],
    )
    await _put(events)


def _counted(events: Sequence[Waits]) -> dict[UUID, int]:
    counts: dict[UUID, int] = {}
    for each in events:
        counts[each.lane.id] = counts.get(each.lane.id, 0) + 1
    return counts


@dataclass(frozen=True, slots=True)
class Placed:
    """A lane that this transaction has opened: when to look at it, whether its time begins now,
    and the event that was let through in place of all that follow."""

    lane: Lane
    due_in_s: float
    anew: bool
    taken: UUID | None = None


async def place(placed: Sequence[Placed], events: Sequence[Waits]) -> None:
    """Let the events wait in lanes that were opened, and say when to look at these."""
    if not placed:
        return
    counts = _counted(events)
    await execute(
        "UPDATE lane l SET waiting = l.waiting + n.joining, "
        "due_at = clock_timestamp() + n.due_in_s * interval '1 second', "
        "since = CASE WHEN n.anew THEN clock_timestamp() ELSE l.since END, "
        "taken = CASE WHEN n.anew THEN n.taken ELSE l.taken END "
        "FROM unnest($1::uuid[], $2::int[], $3::float8[], $4::boolean[], $5::uuid[]) "
        "AS n (id, joining, due_in_s, anew, taken) WHERE l.id = n.id",
        [each.lane.id for each in placed],
        [counts.get(each.lane.id, 0) for each in placed],
        [each.due_in_s for each in placed],
        [each.anew for each in placed],
        [each.taken for each in placed],
    )
    await _put(events)


# Its own statement for those who change a trigger: in the order in which everybody locks lanes.
_LOOK_AGAIN = """
WITH locked AS (
    SELECT id FROM lane WHERE team_id = $1 AND ($2::uuid[] IS NULL OR trigger_id = ANY ($2))
        AND ($3::text IS NULL OR why = $3)
    ORDER BY array_position($4::text[], why), id FOR UPDATE
)
UPDATE lane l SET due_at = least(l.due_at, clock_timestamp()),
    drops_before = CASE WHEN $5 THEN clock_timestamp() ELSE l.drops_before END
FROM locked WHERE l.id = locked.id
"""


async def look_again(
    team_id: UUID,
    triggers: UUID | Sequence[UUID] | None,
    why: Why | None = None,
    *,
    dropping: bool = False,
) -> int:
    """Have the clock look now at the lanes of a trigger, of several, or of the team; how many. With
    `dropping` what waits in them by now is not run any more."""
    ids = [triggers] if isinstance(triggers, UUID) else triggers
    return await execute(_LOOK_AGAIN, team_id, ids, why, list(LANES), dropping)
