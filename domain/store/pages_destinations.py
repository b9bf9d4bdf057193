"""What the pages of destinations show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from domain.rules.breakers import BreakerSettings, Reason, State, parse_settings
from domain.rules.called_hosts import hosts_in
from domain.store.database import Row, fetch
from domain.store.destinations import open_destinations
from domain.store.pages import Page, Position, read_page

LATEST_CHANGES = 50
MOST_COUNTED = 1_000
MOST_TRIGGERS = 2_000

# Counted to one more than is told: who waits may be many.
_LISTED = f"""
SELECT d.id, d.host, d.settings, d.state, d.reason, d.state_since, d.probe_at, x.waiting
FROM destination d
LEFT JOIN LATERAL (SELECT count(*) AS waiting FROM (SELECT FROM execution
    WHERE waits_on = d.id AND team_id = d.team_id AND state IN ('queued', 'retrying')
    LIMIT {MOST_COUNTED + 1}) w) x ON true
WHERE d.team_id = $1 AND ($2 = '' OR strpos(d.host, lower($2)) > 0)
"""


@dataclass(frozen=True, slots=True)
class DestinationListed:
    """A destination of a list; `waiting` executions wait for it, counted up to 1,001."""

    id: UUID
    host: str
    settings: BreakerSettings
    state: State
    reason: Reason | None
    state_since: datetime
    probe_at: datetime | None
    waiting: int


@dataclass(frozen=True, slots=True)
class ChangeListed:
    """A change of a breaker."""

    id: UUID
    state: State
    reason: Reason
    failures: int | None
    calls: int | None
    cool_down_s: int | None
    changed_by: str | None
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Caller:
    """A trigger whose executions call destinations; `hosts` as its workflow is now, in order."""

    id: UUID
    name: str
    enabled: bool
    workflow_id: UUID
    workflow_name: str
    hosts: tuple[str, ...]


def _listed(row: Row) -> DestinationListed:
    fields = dict(row)
    settings = parse_settings(msgspec.json.decode(fields.pop("settings")))
    return DestinationListed(settings=settings, **fields)


async def page_of_destinations(
    team_id: UUID, position: Position, search: str = "", *, size: int = 50
) -> Page[DestinationListed]:
    """The team's destinations, the newest first, of those whose host holds `search`."""
    return await read_page(_LISTED, "d.id", (team_id, search), position, _listed, size=size)


async def listed_destinations(team_id: UUID, ids: Sequence[UUID]) -> list[DestinationListed]:
    """The team's destinations of these ids, by host."""
    rows = await fetch(f"{_LISTED} AND d.id = ANY ($3) ORDER BY d.host", team_id, "", list(ids))
    return [_listed(row) for row in rows]


async def changes_of(team_id: UUID, destination_id: UUID) -> list[ChangeListed]:
    """The latest changes of a destination's breaker, the last one first."""
    rows = await fetch(
        "SELECT id, state, reason, failures, calls, cool_down_s, changed_by, changed_at "
        "FROM breaker_change WHERE team_id = $1 AND destination_id = $2 "
        f"ORDER BY id DESC LIMIT {LATEST_CHANGES}",
        team_id,
        destination_id,
    )
    return [ChangeListed(**row) for row in rows]


# Host and port of a step's URL are fixed, so what a trigger calls follows from its workflow.
_CALLERS = f"""
SELECT t.id, t.name, t.enabled, t.workflow_id, w.name AS workflow_name,
    jsonb_path_query_array(v.steps, '$[*].url') AS urls
FROM trigger t
JOIN workflow w ON w.team_id = t.team_id AND w.id = t.workflow_id
JOIN workflow_version v ON v.team_id = t.team_id
    AND v.id = coalesce(t.pinned_version_id, w.published_version_id)
WHERE t.team_id = $1 AND t.deleted_at IS NULL AND ($2::uuid[] IS NULL OR t.id = ANY ($2))
ORDER BY t.name, t.id LIMIT {MOST_TRIGGERS}
"""


async def callers(team_id: UUID, trigger_ids: Sequence[UUID] | None = None) -> list[Caller]:
    """The team's triggers, or these of them, with what they call; by name."""
    rows = await fetch(_CALLERS, team_id, None if trigger_ids is None else list(trigger_ids))
    return [_caller(row) for row in rows]


def _caller(row: Row) -> Caller:
    fields = dict(row)
    return Caller(hosts=tuple(hosts_in(msgspec.json.decode(fields.pop("urls")))), **fields)


async def with_open_breakers(team_id: UUID, trigger_ids: Sequence[UUID]) -> set[UUID]:
    """Those of the team's triggers that call where a breaker is not closed."""
    hosts = set((await open_destinations(team_id)).values())
    if not hosts:
        return set()
    found = await callers(team_id, trigger_ids)
    return {each.id for each in found if hosts.intersection(each.hosts)}
