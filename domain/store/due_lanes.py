"""Lanes whose time has come, and the events that leave them: for passes that release.

A lane is locked by whoever releases from it (`lanes.py` says in which order); others leave it out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.rules.lanes import LANES, Why
from domain.store.database import Row, execute, fetch
from domain.store.events import TO_JUDGE


async def kinds_due() -> list[Why]:
    """Of which kinds lanes are due now."""
    rows = await fetch(
        "SELECT why FROM unnest($1::text[]) AS k (why) "
        "WHERE EXISTS (SELECT FROM lane l WHERE l.why = k.why AND l.due_at <= now())",
        list(LANES),
    )
    return [row["why"] for row in rows]


_LOCK = """
SELECT l.id, l.team_id, l.trigger_id, l.why, l.key, l.waiting,
    t.enabled AND t.deleted_at IS NULL AS enabled, t.holds AND t.deleted_at IS NULL AS holds,
    t.deleted_at IS NOT NULL AS deleted, t.version_id
FROM {due} due JOIN lane l ON l.id = due.id
JOIN trigger t ON t.team_id = l.team_id AND t.id = l.trigger_id
WHERE l.due_at <= now() ORDER BY due.turn FOR UPDATE OF l SKIP LOCKED
"""
# Team by team, so that a thousand lanes of one are not all before a single one of another: of each
# those that are due for longest, then one of each in turn.
_DUE = """
WITH RECURSIVE teams AS (
    (SELECT team_id FROM lane WHERE why = $1 ORDER BY team_id LIMIT 1)
    UNION ALL
    SELECT n.team_id FROM teams t CROSS JOIN LATERAL (SELECT team_id FROM lane
        WHERE why = $1 AND team_id > t.team_id ORDER BY team_id LIMIT 1) n
), due_by_turn AS (
    SELECT d.id, d.turn FROM teams t CROSS JOIN LATERAL (
        SELECT id, due_at, row_number() OVER (ORDER BY due_at) AS turn FROM (
            SELECT id, due_at FROM lane
            WHERE why = $1 AND team_id = t.team_id AND due_at <= now()
            ORDER BY due_at LIMIT $2) f) d
    ORDER BY d.turn, d.due_at LIMIT $2
)"""


async def ids_due(why: Why, most: int) -> list[UUID]:
    """The lanes that `take_due` would take."""
    return [row["id"] for row in await fetch(f"{_DUE} SELECT id FROM due_by_turn", why, most)]


async def take_due(why: Why, most: int) -> Sequence[Row]:
    """Lock lanes of one kind that are due; those that others hold are left out. With each how its
    trigger is now."""
    return await fetch(_DUE + _LOCK.format(due="due_by_turn"), why, most)


async def take_one(lane_id: UUID) -> Sequence[Row]:
    """The same of one lane."""
    return await fetch(_LOCK.format(due="(SELECT $1::uuid AS id, 1 AS turn)"), lane_id)


async def first_of(lane_ids: Sequence[UUID], most_each: int) -> Sequence[Row]:
    """The first events of each of the lanes, in order, with the size of their bodies; with each the
    newest of its lane. Whoever asks has locked the lanes: what came before that is seen."""
    return await fetch(
        "SELECT w.event_id, w.lane_id, w.size, w.expires_at <= clock_timestamp() AS expired, "
        "extract(epoch FROM w.expires_at - clock_timestamp())::float8 AS expires_in_s, "
        "extract(epoch FROM clock_timestamp() - w.since)::float8 AS waited_s, "
        "coalesce(w.since <= b.drops_before, false) AS dropped, n.newest "
        "FROM unnest($1::uuid[]) WITH ORDINALITY AS l (id, place) "
        "JOIN lane b ON b.id = l.id CROSS JOIN LATERAL ("
        "SELECT * FROM waiting_event w WHERE w.lane_id = l.id ORDER BY w.event_id LIMIT $2) w "
        "LEFT JOIN LATERAL (SELECT event_id AS newest FROM waiting_event WHERE lane_id = l.id "
        "ORDER BY event_id DESC LIMIT 1) n ON true "
        "ORDER BY l.place, w.event_id",
        list(lane_ids),
        most_each,
    )


_WAITING = TO_JUDGE.format(
    events="unnest($1::uuid[]) AS chosen (event_id)",
    body="CASE WHEN e.id = ANY ($2) THEN e.body END",
)


async def events_to_judge(ids: Sequence[UUID], with_body: Sequence[UUID]) -> dict[UUID, Row]:
    """What judging the events needs, by id; the bodies of those that are asked for. One that is
    not there was deleted with its day."""
    rows = await fetch(_WAITING, list(ids), list(with_body))
    return {row["id"]: row for row in rows}


async def leave(event_ids: Sequence[UUID]) -> None:
    """Forget that the events wait: they are gone."""
    if event_ids:
        await execute("DELETE FROM waiting_event WHERE event_id = ANY ($1)", list(event_ids))


@dataclass(frozen=True, slots=True)
class Next:
    """When to look at a lane again that so many events `left` (None: when somebody says so), if any
    is still in it. `shared` as above; `anew`: its time begins with the first one there is."""

    lane_id: UUID
    left: int
    due_in_s: float | None
    shared: bool = False
    anew: bool = False


_GIVEN = """
WITH given AS (
    SELECT n.*, f.since AS first_since FROM
        unnest($1::uuid[], $2::int[], $3::float8[], $4::boolean[], $5::boolean[])
            AS n (id, gone, due_in_s, shared, anew)
    LEFT JOIN LATERAL (SELECT since FROM waiting_event w WHERE w.lane_id = n.id
        ORDER BY w.event_id LIMIT 1) f ON true
), emptied AS (
    DELETE FROM lane l USING given g WHERE l.id = g.id AND g.first_since IS NULL
)
UPDATE lane l SET waiting = greatest(l.waiting - g.gone, 1),
    since = CASE WHEN g.anew THEN g.first_since ELSE l.since END,
    due_at = coalesce(clock_timestamp() + g.due_in_s * interval '1 second', 'infinity'),
    shared = g.shared
FROM given g WHERE l.id = g.id AND g.first_since IS NOT NULL
"""


async def go_on(lanes: Sequence[Next]) -> None:
    """Say when to look again at lanes that `take_due` locked, after their events have left; those
    that are empty are gone."""
    if not lanes:
        return
    columns = zip(*((n.lane_id, n.left, n.due_in_s, n.shared, n.anew) for n in lanes),
                  strict=True)  # fmt: skip
    await execute(_GIVEN, *(list(column) for column in columns))


async def wake_forgotten() -> int:
    """Have the clock look at lanes that wait for somebody to switch on a trigger that is on, or is
    deleted: whoever did that came between. How many there were."""
    return await execute(
        "UPDATE lane l SET due_at = now() WHERE l.id IN (SELECT l.id FROM lane l "
        "JOIN trigger t ON t.team_id = l.team_id AND t.id = l.trigger_id "
        "WHERE l.why = ANY ($1) AND l.due_at = 'infinity' "
        "AND (t.enabled OR NOT t.holds OR t.deleted_at IS NOT NULL) "
        "FOR UPDATE OF l SKIP LOCKED)",
        list(LANES),
    )
