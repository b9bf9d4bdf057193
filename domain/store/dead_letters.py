"""Dead letters: executions that ended without success, narrowed by anything, and those alike."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.rules.list_filters import DeadLetterFilters
from domain.store.database import Row, fetch
from domain.store.pages import PAGE_SIZE, Page, Position
from domain.store.scans import Scan, Source, read_scan

MOST_GROUPED = 10_000
"""The newest that are looked at for groups."""
MOST_GROUPS = 20
DEAD = ("dead",)

_COLUMNS = """r.id, r.event_id, r.state, r.reason, r.trigger_id, r.workflow_id, r.workflow_version,
    r.created_at, r.finished_at, r.attempt, r.replays, r.replay_of, r.fingerprint, r.first_error,
    r.last_error"""
_SHOWING = """
SELECT page.*, t.name AS trigger_name, w.name AS workflow_name
FROM page
JOIN trigger t ON t.team_id = $1 AND t.id = page.trigger_id
JOIN workflow w ON w.team_id = $1 AND w.id = page.workflow_id
"""
_SAYING = "strpos(lower(concat_ws(' ', c.first_error, c.last_error)), lower({})) > 0"


@dataclass(frozen=True, slots=True)
class DeadLetterListed:
    """An execution that ended without success, with its first and its last error."""

    id: UUID
    state: str
    reason: str | None
    first_error: str | None
    last_error: str | None
    fingerprint: str | None
    trigger_id: UUID
    trigger_name: str
    workflow_id: UUID
    workflow_name: str
    workflow_version: int
    event_id: UUID
    attempt: int
    replays: int
    replay_of: UUID | None
    created_at: datetime
    finished_at: datetime | None


_FIELDS = tuple(DeadLetterListed.__dataclass_fields__)


async def list_dead_letters(
    team_id: UUID,
    filters: DeadLetterFilters,
    position: Position,
    now: datetime,
    *,
    size: int = PAGE_SIZE,
) -> Page[DeadLetterListed]:
    """The team's dead letters, those of the newest events first."""
    scan = dead_letter_scan(team_id, filters, now)
    return await read_scan(scan, position, _listed, size=size)


def _listed(row: Row) -> DeadLetterListed:
    return DeadLetterListed(**{name: row[name] for name in _FIELDS})


def dead_letter_scan(team_id: UUID, filters: DeadLetterFilters, now: datetime) -> Scan:
    """How the list is read: those alike by their fingerprint, all others by their state."""
    scan = Scan("SELECT c.* FROM ({candidates}) c", _SHOWING, [team_id])
    scan.narrow(filters.span, now)
    states = list(filters.states or DEAD)
    if filters.fingerprint is not None:
        values = f"{scan.given([filters.fingerprint])}::text[]"
        scan.sources.append(Source("execution", "id", _COLUMNS, "fingerprint", values))
        scan.ask("c.state = ANY ({})", states)
    else:
        values = f"{scan.given(states)}::text[]"
        scan.sources.append(Source("execution", "id", _COLUMNS, "state", values))
    scan.ask("c.trigger_id = {}", filters.trigger_id)
    scan.ask("c.workflow_id = {}", filters.workflow_id)
    scan.ask("c.reason = {}", filters.reason)
    scan.ask(_SAYING, filters.error)
    return scan


@dataclass(frozen=True, slots=True)
class Alike:
    """Dead letters that failed in the same way. Those without a fingerprint are told apart by their
    reason. `error` is the last of the newest one, `execution_id` its id."""

    fingerprint: str | None
    reason: str | None
    amount: int
    first_at: datetime | None
    last_at: datetime | None
    error: str | None
    execution_id: UUID
    workflow_id: UUID
    workflow_name: str


@dataclass(frozen=True, slots=True)
class Groups:
    """The largest groups, and among how many they were looked for; `more`: there are others, older
    ones."""

    groups: tuple[Alike, ...]
    looked_at: int
    more: bool


_GROUPED = """
WITH c AS MATERIALIZED ({candidates})
SELECT g.*, w.name AS workflow_name, (SELECT count(*) FROM c) AS looked_at FROM (
    SELECT c.fingerprint, CASE WHEN c.fingerprint IS NULL THEN c.reason END AS kind,
        (array_agg(c.reason ORDER BY c.key DESC))[1] AS reason, count(*) AS amount,
        min(c.finished_at) AS first_at, max(c.finished_at) AS last_at,
        (array_agg(c.last_error ORDER BY c.key DESC))[1] AS error,
        (array_agg(c.id ORDER BY c.key DESC))[1] AS execution_id,
        (array_agg(c.workflow_id ORDER BY c.key DESC))[1] AS workflow_id
    FROM c WHERE {asked} GROUP BY c.fingerprint, kind
) g JOIN workflow w ON w.team_id = $1 AND w.id = g.workflow_id
ORDER BY g.amount DESC, g.last_at DESC
"""


async def groups_of(team_id: UUID, filters: DeadLetterFilters, now: datetime) -> Groups:
    """Which ways of failing stand behind the newest 10,000 dead letters of these filters."""
    scan = dead_letter_scan(team_id, filters, now)
    candidates, arguments = scan.candidates(Position(), MOST_GROUPED + 1)
    asked = scan.conditions(arguments)
    rows = await fetch(_GROUPED.format(candidates=candidates, asked=asked), *arguments)
    looked_at = rows[0]["looked_at"] if rows else 0
    fields = tuple(Alike.__dataclass_fields__)
    groups = tuple(Alike(**{name: row[name] for name in fields}) for row in rows[:MOST_GROUPS])
    return Groups(groups, min(looked_at, MOST_GROUPED), looked_at > MOST_GROUPED)
