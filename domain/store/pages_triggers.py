"""What the pages show of triggers: the list with its health, counts by hour, choices."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from domain.clock import utc_now
from domain.rules.ids import first_id_at
from domain.rules.list_filters import TriggerFilters
from domain.store.database import Row, fetch, fetch_one
from domain.store.pages import PAGE_SIZE, Page, Position, read_page


@dataclass(frozen=True, slots=True)
class TriggerListed:
    """A trigger as the list shows it. `next_slot` is the next instant of its schedule, which is due
    at `next_due_at`; `late_since` is set while an event is overdue."""

    id: UUID
    name: str
    kind: str
    scheme: str | None
    enabled: bool
    revision: int
    workflow_id: UUID
    workflow_name: str
    pinned_version: int | None
    next_slot: datetime | None
    next_due_at: datetime | None
    late_since: datetime | None
    last_event_at: datetime | None
    last_fired_at: datetime | None
    last_verdict: str | None
    last_finished: str | None
    holds: bool
    switched_off_because: str | None


# Each "last" is the first row of an index by trigger and id, read from its end. BETWEEN and the
# order by both columns leave the planner no other index: with "=" it takes the primary key, hoping
# to meet the trigger soon, and reads every event of a trigger that nothing came for lately.
# An index of each partition would have to be opened for each trigger, so the last days ($2 to $3)
# are asked first, and all of them only for what those do not tell.
# Of the executions the last 20 are looked at for one that is finished: bounded in a backlog.
_OF_TRIGGER = "team_id = t.team_id AND trigger_id BETWEEN t.id AND t.id AND id < $3"
_NEWEST = "ORDER BY trigger_id DESC, id DESC LIMIT"
_RUNS = f"""
SELECT max(created_at) AS created_at, (array_agg(state ORDER BY id DESC)
    FILTER (WHERE state IN ('succeeded', 'failed', 'dead')))[1] AS state
FROM (SELECT id, state, created_at FROM execution
    WHERE {_OF_TRIGGER} AND {{narrow}} {_NEWEST} 20) newest"""
_LISTED = f"""
SELECT t.id, t.name, t.kind, v.config ->> 'scheme' AS scheme, t.enabled, t.revision,
    t.workflow_id, w.name AS workflow_name, t.pinned_version, s.next_slot, s.next_due_at,
    o.late_since, coalesce(e.received_at, f.received_at) AS last_event_at,
    coalesce(x.created_at, y.created_at) AS last_fired_at,
    coalesce(d.verdict, c.verdict) AS last_verdict, coalesce(x.state, y.state) AS last_finished,
    t.holds, t.switched_off_because
FROM trigger t
JOIN trigger_version v ON v.team_id = t.team_id AND v.id = t.version_id
JOIN workflow w ON w.team_id = t.team_id AND w.id = t.workflow_id
LEFT JOIN schedule s ON s.team_id = t.team_id AND s.trigger_id = t.id AND s.until_at IS NULL
LEFT JOIN expectation o ON o.team_id = t.team_id AND o.trigger_id = t.id
LEFT JOIN LATERAL (SELECT received_at FROM event
    WHERE {_OF_TRIGGER} AND id >= $2 {_NEWEST} 1) e ON true
LEFT JOIN LATERAL (SELECT received_at FROM event
    WHERE {_OF_TRIGGER} AND e.received_at IS NULL {_NEWEST} 1) f ON true
LEFT JOIN LATERAL (SELECT verdict FROM decision
    WHERE {_OF_TRIGGER} AND id >= $2 {_NEWEST} 1) d ON true
LEFT JOIN LATERAL (SELECT verdict FROM decision
    WHERE {_OF_TRIGGER} AND d.verdict IS NULL {_NEWEST} 1) c ON true
LEFT JOIN LATERAL ({_RUNS.format(narrow="id >= $2")}) x ON true
LEFT JOIN LATERAL ({_RUNS.format(narrow="x.state IS NULL")}) y ON true
WHERE t.team_id = $1 AND t.deleted_at IS NULL
"""
_LAST_DAYS = timedelta(days=2)
_CLOCKS_DIFFER_BY = timedelta(days=1)


def _arguments(team_id: UUID) -> list[object]:
    """What `_LISTED` takes."""
    now = utc_now()
    return [team_id, first_id_at(now - _LAST_DAYS), first_id_at(now + _CLOCKS_DIFFER_BY)]


def _listed(row: Row) -> TriggerListed:
    return TriggerListed(**row)


async def page_of_triggers(
    team_id: UUID, workflow_id: UUID | None, position: Position
) -> Page[TriggerListed]:
    """The team's triggers, newest first, of one workflow unless that is None."""
    return await list_triggers(team_id, TriggerFilters(workflow_id=workflow_id), position)


async def list_triggers(
    team_id: UUID, filters: TriggerFilters, position: Position, *, size: int = PAGE_SIZE
) -> Page[TriggerListed]:
    """The team's triggers, newest first. `filters.health` is not looked at here: it is told from
    what a row shows (`web/presenters/health.py`)."""
    sql = _LISTED
    arguments = _arguments(team_id)
    for condition, value in (
        ("t.enabled = {}", filters.enabled),
        ("t.kind = {}", filters.kind),
        ("t.workflow_id = {}", filters.workflow_id),
        ("strpos(lower(t.name), lower({})) > 0", filters.name),
    ):
        if value is not None:
            arguments.append(value)
            sql += f" AND {condition.format(f'${len(arguments)}')}"
    return await read_page(sql, "t.id", arguments, position, _listed, size=size)


async def listed_trigger(team_id: UUID, trigger_id: UUID) -> TriggerListed | None:
    """One trigger as the list shows it."""
    row = await fetch_one(f"{_LISTED} AND t.id = $4", *_arguments(team_id), trigger_id)
    return _listed(row) if row else None


@dataclass(frozen=True, slots=True)
class HourCount:
    """What happened within one hour."""

    hour: datetime
    fired: int
    filtered: int
    failed: int


# Counts that are not folded yet lie in `tally`. One statement sees both sides of a fold.
_COUNTS = """
SELECT {columns} hour,
    (sum(amount) FILTER (WHERE outcome = 'fired'))::bigint AS fired,
    (sum(amount) FILTER (WHERE outcome = 'filtered'))::bigint AS filtered,
    (sum(amount) FILTER (WHERE outcome IN ('failed', 'error', 'loop')))::bigint AS failed
FROM (
    SELECT trigger_id, hour, outcome, amount FROM trigger_hour
    WHERE team_id = $1 AND hour >= $2 {narrow}
    UNION ALL
    SELECT trigger_id, hour, outcome, amount FROM tally
    WHERE team_id = $1 AND hour >= $2 {narrow}
) counted
GROUP BY {columns} hour
"""
_COUNTS_BY_TRIGGER = _COUNTS.format(columns="trigger_id,", narrow="AND trigger_id = ANY ($3)")
_COUNTS_OF_TEAM = _COUNTS.format(columns="", narrow="")


def _count(row: Row) -> HourCount:
    return HourCount(row["hour"], row["fired"] or 0, row["filtered"] or 0, row["failed"] or 0)


async def hours_of_triggers(
    team_id: UUID, trigger_ids: Sequence[UUID], since: datetime
) -> dict[UUID, list[HourCount]]:
    """Counts by hour since `since` for each of the triggers."""
    rows = await fetch(_COUNTS_BY_TRIGGER, team_id, since, list(trigger_ids))
    counts: dict[UUID, list[HourCount]] = {each: [] for each in trigger_ids}
    for row in rows:
        counts[row["trigger_id"]].append(_count(row))
    return counts


async def hours_of_team(team_id: UUID, since: datetime) -> list[HourCount]:
    """Counts by hour since `since` for all of the team's triggers together."""
    return [_count(row) for row in await fetch(_COUNTS_OF_TEAM, team_id, since)]


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose from in a form or a filter."""

    id: UUID
    name: str


MOST_CHOICES = 500
MOST_VERSIONS = 50


async def trigger_choices(team_id: UUID) -> list[Choice]:
    """The team's triggers by name."""
    rows = await fetch(
        "SELECT id, name FROM trigger WHERE team_id = $1 AND deleted_at IS NULL "
        "ORDER BY lower(name), id LIMIT $2",
        team_id,
        MOST_CHOICES,
    )
    return [Choice(**row) for row in rows]


async def version_choices(team_id: UUID, workflow_id: UUID) -> list[int]:
    """The numbers of a workflow's newest versions, newest first."""
    rows = await fetch(
        "SELECT number FROM workflow_version WHERE team_id = $1 AND workflow_id = $2 "
        "ORDER BY number DESC LIMIT $3",
        team_id,
        workflow_id,
        MOST_VERSIONS,
    )
    return [row["number"] for row in rows]


async def workflow_choices(team_id: UUID) -> list[Choice]:
    """The team's workflows by name."""
    rows = await fetch(
        "SELECT id, name FROM workflow WHERE team_id = $1 AND deleted_at IS NULL "
        "ORDER BY lower(name), id LIMIT $2",
        team_id,
        MOST_CHOICES,
    )
    return [Choice(**row) for row in rows]
