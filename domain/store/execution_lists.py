"""Lists of executions, for pages and API alike: narrowed by anything, paged by key."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.rules.list_filters import ExecutionFilters
from domain.store.database import Row, fetch
from domain.store.event_lists import MARKS
from domain.store.pages import PAGE_SIZE, Page, Position, id_range
from domain.store.scans import Scan, Source, read_scan

# With more triggers of a kind than this, each execution is asked for its kind instead.
MOST_TRIGGERS_OF_A_KIND = 50
_COLUMNS = """r.id, r.event_id, r.state, r.reason, r.trigger_id, r.workflow_id, r.workflow_version,
    r.created_at, r.started_at, r.finished_at, r.attempt, r.replay_of, r.bulk_id"""
# The event is found by its id, whose instant names its partition, so the join reads one row of
# one partition for each execution shown.
_SHOWING = f"""
SELECT page.*, t.kind, t.name AS trigger_name, w.name AS workflow_name,
    coalesce(e.received_at, page.created_at) AS received_at,
    coalesce(e.is_test, false) AS is_test, coalesce(e.is_unlimited, false) AS is_unlimited
FROM page
JOIN trigger t ON t.team_id = $1 AND t.id = page.trigger_id
JOIN workflow w ON w.team_id = $1 AND w.id = page.workflow_id
LEFT JOIN LATERAL (SELECT received_at, {MARKS.format(headers="headers")} FROM event
    WHERE team_id = $1 AND id = page.event_id LIMIT 1) e ON true
"""


@dataclass(frozen=True, slots=True)
class ExecutionListed:
    """An execution as lists show it."""

    id: UUID
    state: str
    reason: str | None
    kind: str
    trigger_id: UUID
    trigger_name: str
    workflow_id: UUID
    workflow_name: str
    workflow_version: int
    event_id: UUID
    created_at: datetime
    received_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    attempt: int
    replay_of: UUID | None
    bulk_id: UUID | None
    is_test: bool
    is_unlimited: bool


_FIELDS = tuple(ExecutionListed.__dataclass_fields__)


def _listed(row: Row) -> ExecutionListed:
    return ExecutionListed(**{name: row[name] for name in _FIELDS})


async def list_executions(
    team_id: UUID,
    filters: ExecutionFilters,
    position: Position,
    now: datetime,
    *,
    size: int = PAGE_SIZE,
) -> Page[ExecutionListed]:
    """The team's executions, newest first."""
    scan = await scan_of_executions(team_id, filters, now)
    return await read_scan(scan, position, _listed, size=size)


async def scan_of_executions(team_id: UUID, filters: ExecutionFilters, now: datetime) -> Scan:
    """How the list is read."""
    triggers = await _triggers_of_kind(team_id, filters.kind) if filters.kind else None
    return execution_scan(team_id, filters, triggers, now)


async def _triggers_of_kind(team_id: UUID, kind: str) -> list[UUID]:
    rows = await fetch("SELECT id FROM trigger WHERE team_id = $1 AND kind = $2", team_id, kind)
    return [row["id"] for row in rows]


def execution_scan(
    team_id: UUID, filters: ExecutionFilters, triggers: Sequence[UUID] | None, now: datetime
) -> Scan:
    """How the list is read. `triggers` are those of the kind that is asked for."""
    scan = Scan("SELECT c.* FROM ({candidates}) c", _SHOWING, [team_id])
    scan.narrow(filters.span, now)
    by = _index_for(filters, triggers)
    if triggers == []:
        return scan
    scan.sources.append(_source(scan, by, filters, triggers))
    scan.ask("c.bulk_id = {}", None if by == "bulk_id" else filters.bulk_id)
    scan.ask("c.trigger_id = {}", None if by == "trigger_id" else filters.trigger_id)
    scan.ask("c.workflow_id = {}", None if by == "workflow_id" else filters.workflow_id)
    scan.ask("c.state = ANY ({})", None if by == "state" else filters.states or None)
    scan.ask("c.trigger_id = ANY ({})", None if by == "kind" else triggers)
    return scan


def _index_for(filters: ExecutionFilters, triggers: Sequence[UUID] | None) -> str:
    """The filter that chooses the candidates."""
    narrow = {
        "id": filters.id or filters.event_id,
        "bulk_id": filters.bulk_id,
        "trigger_id": filters.trigger_id,
    }
    if chosen := next((name for name, value in narrow.items() if value), None):
        return chosen
    # What succeeded is nearly everything; the other states are few, so they go first.
    if filters.states and "succeeded" not in filters.states:
        return "state"
    if filters.workflow_id:
        return "workflow_id"
    if filters.states:
        return "state"
    return "kind" if triggers and len(triggers) <= MOST_TRIGGERS_OF_A_KIND else "team"


def _source(
    scan: Scan, by: str, filters: ExecutionFilters, triggers: Sequence[UUID] | None
) -> Source:
    if by == "id":
        return Source("execution", "id", _COLUMNS, where=_of_ids(scan, filters))
    values: dict[str, tuple[str, Sequence[object], str]] = {
        "bulk_id": ("bulk_id", [filters.bulk_id], "uuid[]"),
        "trigger_id": ("trigger_id", [filters.trigger_id], "uuid[]"),
        "workflow_id": ("workflow_id", [filters.workflow_id], "uuid[]"),
        "state": ("state", filters.states, "text[]"),
        "kind": ("trigger_id", list(triggers or ()), "uuid[]"),
    }
    if by not in values:
        return Source("execution", "id", _COLUMNS)
    column, chosen, type_ = values[by]
    placeholder = f"{scan.given(list(chosen))}::{type_}"
    return Source("execution", "id", _COLUMNS, column, placeholder)


def _of_ids(scan: Scan, filters: ExecutionFilters) -> str:
    """An execution's id begins with its event's instant: that is a range of very few rows."""
    where = ""
    for column, id_ in (("(r.id = {0} OR r.event_id = {0})", filters.id),
                        ("r.event_id = {0}", filters.event_id)):  # fmt: skip
        if id_ is not None:
            low, high = id_range([id_])
            where += (
                f" AND {column.format(scan.given(id_))}"
                f" AND r.id >= {scan.given(low)} AND r.id < {scan.given(high)}"
            )
    return where
