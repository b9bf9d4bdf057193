"""What ended and is waited for: the outbox between an execution's end and the events that tell of
it, and the edges that workflow triggers make between workflows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.rules.chains import MOST_OCTETS
from domain.rules.execution_states import TERMINAL
from domain.store.database import Row, execute, fetch
from domain.store.pages import id_range

_TERMINAL = ", ".join(f"'{state}'" for state in sorted(TERMINAL))

# A part of the statements that end executions; `{ended}` has id, team_id, workflow_id and state.
# Where nobody watches the workflow it costs a look into a small index (4 µs an end). A trigger that
# is switched off is told, too: its event is then on record as Paused.
NOTE_ENDS = f"""
    INSERT INTO pending_chain (execution_id, trigger_id, team_id, state)
    SELECT x.id, t.id, x.team_id, x.state
    FROM {{ended}} x JOIN trigger t ON t.watched_workflow_id = x.workflow_id
        AND t.team_id = x.team_id AND t.deleted_at IS NULL
    WHERE x.state IN ({_TERMINAL}) AND t.watched_end IN ('any', x.state)
    ON CONFLICT (execution_id, trigger_id) DO NOTHING
    RETURNING execution_id"""

_NOTE_THESE = NOTE_ENDS.format(ended="(SELECT * FROM execution WHERE id = ANY ($1))")


async def note_ends(execution_ids: Sequence[UUID]) -> None:
    """Put those of the executions that have ended into the outbox, where triggers wait for them.
    Within the transaction that ended them, so that none is left out."""
    if execution_ids:
        await execute(_NOTE_THESE, list(execution_ids))


@dataclass(frozen=True, slots=True)
class Told:
    """An end, and the trigger that is told of it."""

    execution_id: UUID
    trigger_id: UUID


async def take(older_than_s: float, most: int) -> list[Told]:
    """Lock up to `most` ends that wait longer than `older_than_s` seconds; other passes skip them.
    Inside a transaction only."""
    rows = await fetch(
        "SELECT execution_id, trigger_id FROM pending_chain "
        "WHERE queued_at <= now() - $1 * interval '1 second' "
        "ORDER BY execution_id, trigger_id LIMIT $2 FOR UPDATE SKIP LOCKED",
        older_than_s,
        most,
    )
    return [Told(**row) for row in rows]


# An execution's event is found by its id, whose instant names its partition.
_ENDED = """
SELECT x.id, x.team_id, x.state, x.reason, x.workflow_id, w.name AS workflow_name,
    x.workflow_version, x.trigger_id, x.event_id, x.attempt, x.started_at, x.finished_at,
    coalesce(e.chain_depth, 0) AS chain_depth, e.content_type, e.body
FROM execution x
JOIN workflow w ON w.team_id = x.team_id AND w.id = x.workflow_id
LEFT JOIN LATERAL (
    SELECT chain_depth, content_type, CASE WHEN octet_length(body) <= $2 THEN body END AS body
    FROM event WHERE team_id = x.team_id AND id = x.event_id LIMIT 1
) e ON true
WHERE x.id = ANY ($1)
"""
_LAST_ATTEMPTS = """
SELECT DISTINCT ON (execution_id) execution_id, reason, message FROM attempt
WHERE execution_id = ANY ($1) AND id >= $2 AND id < $3
ORDER BY execution_id, number DESC
"""
# Of a step that was tried several times the last try. More of a body than can be told is not read.
_LAST_STEPS = """
SELECT DISTINCT ON (execution_id, position) execution_id, key,
    (response ->> 'status')::int AS status, response ->> 'content_type' AS content_type,
    left(response ->> 'body', $4 + 1) AS body
FROM step_run
WHERE execution_id = ANY ($1) AND id >= $2 AND id < $3
ORDER BY execution_id, position, attempt DESC
"""


@dataclass(frozen=True, slots=True)
class Results:
    """What is on record of executions that have ended, each by its id."""

    ended: dict[UUID, Row]
    attempts: dict[UUID, Row]
    steps: dict[UUID, list[Row]]


async def results_of(execution_ids: Iterable[UUID]) -> Results:
    """All of it, in three statements however many they are."""
    ids = sorted(set(execution_ids))
    bounds = id_range(ids)
    steps: dict[UUID, list[Row]] = {each: [] for each in ids}
    for row in await fetch(_LAST_STEPS, ids, *bounds, MOST_OCTETS):
        steps[row["execution_id"]].append(row)
    attempts = await fetch(_LAST_ATTEMPTS, ids, *bounds)
    ended = await fetch(_ENDED, ids, MOST_OCTETS)
    return Results(
        {row["id"]: row for row in ended},
        {row["execution_id"]: row for row in attempts},
        steps,
    )


@dataclass(frozen=True, slots=True)
class ChainEvent:
    """The event that tells a trigger of an end."""

    id: UUID
    team_id: UUID
    trigger_id: UUID
    title: str
    body: bytes
    caused_by: UUID
    chain_depth: int


# One statement: an end leaves the outbox as its event comes into being and is queued. The event's
# id derives from execution and trigger, so a second one of the same pair is no row at all. A
# trigger that was deleted meanwhile is told nothing.
_TELL = """
WITH told AS (
    DELETE FROM pending_chain p
    USING unnest($1::uuid[], $2::uuid[]) AS d (execution_id, trigger_id)
    WHERE p.execution_id = d.execution_id AND p.trigger_id = d.trigger_id
), stored AS (
    INSERT INTO event (id, team_id, trigger_id, kind, headers, query, content_type, title, body,
        caused_by, chain_depth)
    SELECT n.id, n.team_id, n.trigger_id, 'workflow', '[]', '', 'application/json', n.title, n.body,
        n.caused_by, n.chain_depth
    FROM unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::bytea[], $8::uuid[],
        $9::smallint[]) AS n (id, team_id, trigger_id, title, body, caused_by, chain_depth)
    JOIN trigger t ON t.team_id = n.team_id AND t.id = n.trigger_id AND t.deleted_at IS NULL
    ON CONFLICT (id) DO NOTHING
    RETURNING id, team_id, trigger_id, octet_length(body) AS size
), queued AS (
    INSERT INTO pending_event (event_id, team_id, trigger_id, size)
    SELECT id, team_id, trigger_id, size FROM stored
)
SELECT id, team_id, trigger_id FROM stored
"""


async def tell(told: Sequence[Told], events: Sequence[ChainEvent]) -> Sequence[Row]:
    """Store the events and queue them, and take what they tell of out of the outbox; id, team and
    trigger of those that are new."""
    columns = zip(*((e.id, e.team_id, e.trigger_id, e.title, e.body, e.caused_by, e.chain_depth)
                    for e in events), strict=True)  # fmt: skip
    return await fetch(
        _TELL,
        [one.execution_id for one in told],
        [one.trigger_id for one in told],
        *([list(column) for column in columns] or [[] for _ in range(7)]),
    )


async def lock_chains_of(team_id: UUID) -> None:
    """Let nobody else of the team change what starts what until this transaction ends."""
    await execute("SELECT pg_advisory_xact_lock(hashtext($1))", f"chains of {team_id}")


async def edges_of(team_id: UUID, *, besides: UUID | None) -> list[tuple[UUID, UUID]]:
    """Each workflow that is watched, with the one that its ends start, by any of the team's
    triggers (on or off) but the one of id `besides`."""
    rows = await fetch(
        "SELECT DISTINCT watched_workflow_id, workflow_id FROM trigger "
        "WHERE team_id = $1 AND watched_workflow_id IS NOT NULL AND deleted_at IS NULL "
        "AND ($2::uuid IS NULL OR id <> $2)",
        team_id,
        besides,
    )
    return [(row["watched_workflow_id"], row["workflow_id"]) for row in rows]


async def names_of_workflows(team_id: UUID, ids: Sequence[UUID]) -> dict[UUID, str]:
    """The names of the team's workflows of these ids."""
    rows = await fetch(
        "SELECT id, name FROM workflow WHERE team_id = $1 AND id = ANY ($2)", team_id, list(ids)
    )
    return {row["id"]: row["name"] for row in rows}
