"""What the pages show of events and of the decisions about them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.clock import utc_now
from domain.rules.list_filters import EventFilters
from domain.store.database import fetch, fetch_one
from domain.store.event_lists import EventListed, list_events
from domain.store.pages import PAGE_SIZE, Page, Position, id_range

MOST_DECISIONS = 100


async def page_of_events(
    team_id: UUID, trigger_id: UUID | None, position: Position, *, size: int = PAGE_SIZE
) -> Page[EventListed]:
    """The team's events, newest first, of one trigger unless that is None."""
    return await list_events(
        team_id, EventFilters(trigger_id=trigger_id), position, utc_now(), size=size
    )


@dataclass(frozen=True, slots=True)
class VerdictListed:
    """What became of an event so far, in a word, and the state of the execution that it started."""

    event_id: UUID
    verdict: str
    execution_id: UUID | None
    execution_state: str | None


# The newest decision says how an event stands, unless it waits: it may have gone from one lane to
# another since. An execution of a batch has another event's id, so no bounds.
_VERDICTS = """
SELECT n.event_id, CASE WHEN w.why IS NULL THEN n.verdict WHEN w.why = 'pause' THEN 'paused'
    ELSE 'deferred' END AS verdict, n.execution_id, x.state AS execution_state
FROM (
    SELECT DISTINCT ON (d.event_id, d.trigger_id) d.id, d.event_id, d.verdict, d.execution_id
    FROM decision d
    WHERE d.team_id = $1 AND d.event_id = ANY ($2) AND d.id >= $3 AND d.id < $4
    ORDER BY d.event_id, d.trigger_id, d.decided_at DESC
) n
LEFT JOIN waiting_event w ON w.team_id = $1 AND w.event_id = n.event_id
LEFT JOIN LATERAL (SELECT state FROM execution
    WHERE team_id = $1 AND id = n.execution_id LIMIT 1) x ON true
ORDER BY n.id
"""


async def verdicts_of(team_id: UUID, event_ids: Sequence[UUID]) -> dict[UUID, list[VerdictListed]]:
    """The verdicts about each of the events, one by each trigger, all in one query."""
    found: dict[UUID, list[VerdictListed]] = defaultdict(list)
    if not event_ids:
        return found
    rows = await fetch(_VERDICTS, team_id, list(event_ids), *id_range(event_ids))
    for row in rows:
        found[row["event_id"]].append(VerdictListed(**row))
    return found


@dataclass(frozen=True, slots=True)
class EventShown:
    """An event with its beginning: `body` holds at most as many octets as were asked for."""

    id: UUID
    trigger_id: UUID
    trigger_name: str
    kind: str
    received_at: datetime
    headers: str
    query: str
    content_type: str
    title: str
    sender_id: str | None
    caused_by: UUID | None
    replay_of: UUID | None
    size: int
    body: bytes


async def event_shown(team_id: UUID, event_id: UUID, most_octets: int) -> EventShown | None:
    """The event, or None if the team has none of this id."""
    row = await fetch_one(
        "SELECT e.id, e.trigger_id, t.name AS trigger_name, e.kind, e.received_at, e.headers, "
        "e.query, e.content_type, e.title, e.sender_id, e.caused_by, e.replay_of, "
        "octet_length(e.body) AS size, substring(e.body FROM 1 FOR $3) AS body "
        "FROM event e JOIN trigger t ON t.team_id = e.team_id AND t.id = e.trigger_id "
        "WHERE e.team_id = $1 AND e.id = $2",
        team_id,
        event_id,
        most_octets,
    )
    return EventShown(**row) if row else None


@dataclass(frozen=True, slots=True)
class EventBody:
    """A body as it came."""

    body: bytes
    content_type: str


async def event_body(team_id: UUID, event_id: UUID) -> EventBody | None:
    """The whole body, or None if the team has no event of this id."""
    row = await fetch_one(
        "SELECT body, content_type FROM event WHERE team_id = $1 AND id = $2", team_id, event_id
    )
    return EventBody(**row) if row else None


@dataclass(frozen=True, slots=True)
class Repeats:
    """How often the sender's id came again, whether ever with another body, and how often the body
    came again under other ids."""

    repeats: int
    body_differed: bool
    under_other_ids: int


# The body's key is `domain.rules.dedupe.body_key`, without an instant. (Where the generic scheme
# signs one, the instant is in the key, and repeats of the body are not told here.)
_REPEATS = """
SELECT coalesce(sum(s.repeats) FILTER (WHERE s.key_hash = $3), 0)::int AS repeats,
    coalesce(bool_or(s.body_differed) FILTER (WHERE s.key_hash = $3), false) AS body_differed,
    coalesce(sum(s.repeats) FILTER (WHERE s.key_hash IS DISTINCT FROM $3), 0)::int
        AS under_other_ids
FROM event e
CROSS JOIN LATERAL (SELECT uuid_send(e.trigger_id) || '\\x000000'::bytea
    || sha256(e.body) AS of_body) k
JOIN sender_id s ON s.key_hash IN ($3, sha256(k.of_body))
WHERE e.team_id = $1 AND e.id = $2 AND s.team_id = $1 AND s.event_id = $2
"""


async def repeats_of(team_id: UUID, event_id: UUID, key_hash: bytes | None) -> Repeats | None:
    """What is remembered of a sender's id and of the body, as long as it is."""
    row = await fetch_one(_REPEATS, team_id, event_id, key_hash)
    return Repeats(**row) if row else None


@dataclass(frozen=True, slots=True)
class DecisionShown:
    """A decision with its trace (JSON text), and the execution that it started."""

    id: UUID
    trigger_id: UUID
    trigger_name: str
    trigger_version: int
    verdict: str
    reason: str | None
    trace: str
    decided_at: datetime
    execution_id: UUID | None
    execution_state: str | None
    workflow_id: UUID | None
    workflow_name: str | None


async def decisions_of(team_id: UUID, event_id: UUID) -> list[DecisionShown]:
    """The decisions about an event in their order, at most 100: who had to wait has two."""
    rows = await fetch(
        "SELECT d.id, d.trigger_id, t.name AS trigger_name, d.trigger_version, d.verdict, "
        "d.reason, d.trace, d.decided_at, d.execution_id, x.state AS execution_state, "
        "x.workflow_id, w.name AS workflow_name "
        "FROM decision d "
        "JOIN trigger t ON t.team_id = d.team_id AND t.id = d.trigger_id "
        "LEFT JOIN execution x ON x.team_id = d.team_id AND x.id = d.execution_id "
        "LEFT JOIN workflow w ON w.team_id = x.team_id AND w.id = x.workflow_id "
        "WHERE d.team_id = $1 AND d.event_id = $2 AND d.id >= $3 AND d.id < $4 "
        "ORDER BY d.decided_at, d.id LIMIT $5",
        team_id,
        event_id,
        *id_range([event_id]),
        MOST_DECISIONS,
    )
    return [DecisionShown(**row) for row in rows]
