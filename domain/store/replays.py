"""Replays: executions that repeat others because a person asked for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.rules.ids import derived_id
from domain.store.database import Row, execute, fetch, fetch_one
from domain.store.pages import id_range

# Locked in the order of their ids: of two who replay the same execution one waits, and then sees
# what the other has counted; of two who replay many, none holds what the other needs. The event
# comes with the names that judging has, since the gates ask it for their keys.
_LOCK = """
SELECT x.id AS execution_id, x.state, x.replays, x.event_id AS id, x.team_id, x.trigger_id,
    x.trigger_version_id, t.version_id AS live_version_id, t.version AS trigger_version,
    x.workflow_id, w.name AS workflow_name, w.deleted_at IS NOT NULL AS workflow_deleted,
    CASE WHEN $3 THEN w.published_version ELSE x.workflow_version END AS workflow_version,
    CASE WHEN $3 THEN w.published_version_id ELSE x.workflow_version_id END
        AS workflow_version_id, w.published_version_id, e.size
FROM execution x
JOIN trigger t ON t.team_id = x.team_id AND t.id = x.trigger_id
JOIN workflow w ON w.team_id = x.team_id AND w.id = x.workflow_id
LEFT JOIN LATERAL (SELECT octet_length(body) AS size FROM event
    WHERE team_id = $1 AND id = x.event_id LIMIT 1) e ON true
WHERE x.team_id = $1 AND x.id = ANY ($2)
ORDER BY x.id FOR UPDATE OF x
"""


async def lock_originals(team_id: UUID, ids: Sequence[UUID], *, newest: bool) -> Sequence[Row]:
    """The team's executions of these ids, locked until the transaction ends, with what a replay
    would run: the version that they ran, or the `newest` published. `size` is that of the event's
    body, None when the event is gone."""
    return await fetch(_LOCK, team_id, list(ids), newest)


async def events_to_judge(team_id: UUID, event_ids: Sequence[UUID]) -> dict[UUID, Row]:
    """The raw events, as judging reads them."""
    rows = await fetch(
        "SELECT id, team_id, trigger_id, kind, received_at, headers, query, content_type, title, "
        "sender_id, body, chain_depth FROM event WHERE team_id = $1 AND id = ANY ($2)",
        team_id,
        list(event_ids),
    )
    return {row["id"]: row for row in rows}


async def done_steps(team_id: UUID, ids: Sequence[UUID]) -> Sequence[Row]:
    """The steps that these executions carried out, in order; `cut`: of what one answered, only a
    part is on record."""
    low, high = id_range(ids)
    return await fetch(
        "SELECT DISTINCT ON (execution_id, position) id, execution_id, position, key, "
        "coalesce((response ->> 'size')::bigint > octet_length(response ->> 'body'), false) AS cut "
        "FROM step_run WHERE team_id = $1 AND execution_id = ANY ($2) AND id >= $3 AND id < $4 "
        "AND state = 'succeeded' ORDER BY execution_id, position, attempt DESC",
        team_id,
        list(ids),
        low,
        high,
    )


@dataclass(frozen=True, slots=True)
class NewReplay:
    """A replay about to be stored. `number` counts those of the original; `taken_over` are the step
    runs that it begins with."""

    id: UUID
    original_id: UUID
    number: int
    event_id: UUID
    workflow_version_id: UUID
    workflow_version: int
    gates: tuple[UUID, ...] = ()
    deadline_s: float | None = None
    bulk_id: UUID | None = None
    taken_over: tuple[Row, ...] = ()


# One statement, so one commit. The originals are counted up only from the number before: whoever
# comes second with the same number counts nothing, and so makes nothing.
_ADD = """
WITH given AS (
    SELECT * FROM unnest($2::uuid[], $3::uuid[], $4::smallint[], $5::uuid[], $6::uuid[],
        $7::integer[], $8::text[], $9::float8[], $10::uuid[])
    AS g (id, original_id, number, event_id, version_id, version, gates, deadline_s, bulk_id)
), counted AS (
    UPDATE execution x SET replays = g.number FROM given g
    WHERE x.team_id = $1 AND x.id = g.original_id AND x.id = ANY ($3)
        AND x.replays = g.number - 1
    RETURNING x.id, x.trigger_id, x.trigger_version_id, x.workflow_id
)
INSERT INTO execution (id, team_id, event_id, trigger_id, trigger_version_id, workflow_id,
    workflow_version_id, workflow_version, gates, deadline_at, state, replay_of, bulk_id)
SELECT g.id, $1, g.event_id, c.trigger_id, c.trigger_version_id, c.workflow_id, g.version_id,
    g.version, g.gates::uuid[], now() + g.deadline_s * interval '1 second', 'queued',
    g.original_id, g.bulk_id
FROM given g JOIN counted c ON c.id = g.original_id
ON CONFLICT (id) DO NOTHING
RETURNING id
"""

# Attempt 0 is what was taken over: it is no attempt of the replay's own.
_TAKE_OVER = """
INSERT INTO step_run (id, team_id, execution_id, attempt, position, key, kind, state, reason,
    message, request, response, started_at, finished_at)
SELECT n.id, s.team_id, n.execution_id, 0, s.position, s.key, s.kind, s.state, s.reason,
    s.message, s.request, s.response, s.started_at, s.finished_at
FROM unnest($2::uuid[], $3::uuid[], $4::uuid[]) AS n (id, execution_id, source_id)
JOIN step_run s ON s.team_id = $1 AND s.id = n.source_id AND s.id = ANY ($4)
ON CONFLICT (id) DO NOTHING
"""


async def add_replays(team_id: UUID, new: Sequence[NewReplay]) -> set[UUID]:
    """Queue the replays, with the steps that they take over; the ids of those that are new."""
    if not new:
        return set()
    columns = zip(*((n.id, n.original_id, n.number, n.event_id, n.workflow_version_id,
                     n.workflow_version, _array(n.gates), n.deadline_s, n.bulk_id)
                    for n in new), strict=True)  # fmt: skip
    rows = await fetch(_ADD, team_id, *(list(column) for column in columns))
    made = {row["id"] for row in rows}
    steps = [
        (derived_id(n.id, "step", 0, step["position"]), n.id, step["id"])
        for n in new if n.id in made for step in n.taken_over
    ]  # fmt: skip
    if steps:
        await execute(_TAKE_OVER, team_id, *map(list, zip(*steps, strict=True)))
    return made


def _array(gates: Sequence[UUID]) -> str | None:
    """As the text of an array: SQL's unnest would take an array of arrays apart."""
    return f"{{{','.join(map(str, gates))}}}" if gates else None


# --- With an edited payload ----------------------------------------------------------------------

_ADD_EVENT = """
INSERT INTO event (id, team_id, trigger_id, kind, headers, query, content_type, title, sender_id,
    body, caused_by, chain_depth, replay_of)
SELECT $3, team_id, trigger_id, kind, headers, query, 'application/json', title, NULL, $4,
    caused_by, chain_depth, id
FROM event WHERE team_id = $1 AND id = $2
"""


async def add_edited_event(team_id: UUID, event_id: UUID, new_id: UUID, body: bytes) -> int:
    """Store an event that is like another one but for its body; 0 when that is gone. It is decided
    already: it waits in no queue."""
    return await execute(_ADD_EVENT, team_id, event_id, new_id, body)


async def add_decision(
    original: Row, event_id: UUID, decision_id: UUID, execution_id: UUID, trace: str
) -> None:
    """Put on record that a person had the edited event run. No draft in shadow is asked about it:
    the live conditions were not, either."""
    await execute(
        "INSERT INTO decision (id, team_id, event_id, trigger_id, trigger_version_id, "
        "trigger_version, verdict, reason, trace, execution_id) "
        "VALUES ($1, $2, $3, $4, $5, $6, 'fired', 'replayed', $7::jsonb, $8)",
        decision_id,
        original["team_id"],
        event_id,
        original["trigger_id"],
        original["live_version_id"],
        original["trigger_version"],
        trace,
        execution_id,
    )


# --- What pages show ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReplayListed:
    """A replay as its original's page lists it."""

    id: UUID
    state: str
    workflow_version: int
    edited: bool
    created_at: datetime


async def replays_of(team_id: UUID, execution_id: UUID, most: int = 50) -> list[ReplayListed]:
    """The newest replays of an execution."""
    rows = await fetch(
        "SELECT r.id, r.state, r.workflow_version, r.created_at, "
        "r.event_id <> x.event_id AS edited "
        "FROM execution r JOIN execution x ON x.team_id = $1 AND x.id = $2 "
        "WHERE r.team_id = $1 AND r.replay_of = $2 ORDER BY r.created_at DESC, r.id DESC LIMIT $3",
        team_id,
        execution_id,
        most,
    )
    return [ReplayListed(**row) for row in rows]


@dataclass(frozen=True, slots=True)
class ReplayFacts:
    """How an execution stands to others: which one it repeats, how often it was repeated itself,
    and which bulk action it came from."""

    replay_of: UUID | None
    replays: int
    edited: bool
    bulk_id: UUID | None
    bulk_name: str | None


async def replay_facts(team_id: UUID, execution_id: UUID) -> ReplayFacts | None:
    """The same, or None if the team has no execution of this id."""
    row = await fetch_one(
        "SELECT x.replay_of, x.replays, coalesce(o.event_id <> x.event_id, false) AS edited, "
        "x.bulk_id, b.name AS bulk_name FROM execution x "
        "LEFT JOIN execution o ON o.team_id = $1 AND o.id = x.replay_of "
        "LEFT JOIN bulk_action b ON b.team_id = $1 AND b.id = x.bulk_id "
        "WHERE x.team_id = $1 AND x.id = $2",
        team_id,
        execution_id,
    )
    return ReplayFacts(**row) if row else None


@dataclass(frozen=True, slots=True)
class Replayable:
    """What the form of a replay has to know of the execution."""

    id: UUID
    state: str
    replays: int
    event_id: UUID
    workflow_id: UUID
    workflow_name: str
    workflow_deleted: bool
    workflow_version: int
    newest_version: int | None
    trigger_id: UUID
    trigger_name: str
    has_event: bool


_REPLAYABLE = """
SELECT x.id, x.state, x.replays, x.event_id, x.workflow_id, w.name AS workflow_name,
    w.deleted_at IS NOT NULL AS workflow_deleted, x.workflow_version,
    w.published_version AS newest_version, x.trigger_id, t.name AS trigger_name,
    EXISTS (SELECT FROM event WHERE team_id = $1 AND id = x.event_id) AS has_event
FROM execution x
JOIN trigger t ON t.team_id = x.team_id AND t.id = x.trigger_id
JOIN workflow w ON w.team_id = x.team_id AND w.id = x.workflow_id
WHERE x.team_id = $1 AND x.id = $2
"""


async def find_replayable(team_id: UUID, execution_id: UUID) -> Replayable | None:
    """The execution, or None if the team has none of this id."""
    row = await fetch_one(_REPLAYABLE, team_id, execution_id)
    return Replayable(**row) if row else None
