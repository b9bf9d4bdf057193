"""What the pages show of workflows, their versions, and what runs them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.store.database import Row, fetch, fetch_one
from domain.store.pages import Page, Position, read_page

MOST_TRIGGERS = 50
MOST_RUNS = 8
MOST_SAMPLE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class WorkflowListed:
    """A workflow as the list shows it. `version` is the one that runs, None before the first;
    `trigger_name` is one of the `triggers` that run it; the last run is the newest execution."""

    id: UUID
    name: str
    version: int | None
    has_draft: bool
    triggers: int
    trigger_id: UUID | None
    trigger_name: str | None
    run_id: UUID | None
    run_state: str | None
    run_at: datetime | None
    updated_at: datetime


# The newest of one workflow is the end of the index `execution_by_workflow`. BETWEEN and the order
# by both columns leave the planner no other one (see `pages_triggers`).
_RUNS = """execution WHERE team_id = w.team_id AND workflow_id BETWEEN w.id AND w.id
        ORDER BY workflow_id DESC, id DESC"""
_LISTED = f"""
SELECT w.id, w.name, w.published_version AS version, w.draft_steps IS NOT NULL AS has_draft,
    coalesce(t.amount, 0) AS triggers, t.id AS trigger_id, t.name AS trigger_name,
    x.id AS run_id, x.state AS run_state, x.created_at AS run_at, w.updated_at
FROM workflow w
LEFT JOIN LATERAL (SELECT id, name, count(*) OVER () AS amount FROM trigger
    WHERE team_id = w.team_id AND workflow_id = w.id AND deleted_at IS NULL
    ORDER BY id LIMIT 1) t ON true
LEFT JOIN LATERAL (SELECT id, state, created_at FROM {_RUNS} LIMIT 1) x ON true
WHERE w.team_id = $1 AND w.deleted_at IS NULL AND ($2 = '' OR strpos(lower(w.name), lower($2)) > 0)
"""


def _listed(row: Row) -> WorkflowListed:
    return WorkflowListed(**row)


async def page_of_workflows(
    team_id: UUID, position: Position, search: str = ""
) -> Page[WorkflowListed]:
    """The team's workflows, newest first, of those whose name holds `search` in any case."""
    return await read_page(_LISTED, "w.id", (team_id, search), position, _listed)


@dataclass(frozen=True, slots=True)
class WorkflowCounts:
    """What the triggers of a workflow did: how often it was started, how often that failed."""

    fired: int
    failed: int


# Counts that are not folded yet lie in `tally`. One statement sees both sides of a fold.
_COUNTS = """
WITH used AS (
    SELECT id, workflow_id FROM trigger WHERE team_id = $1 AND workflow_id = ANY ($3)
)
SELECT used.workflow_id,
    coalesce(sum(amount) FILTER (WHERE outcome = 'fired'), 0)::bigint AS fired,
    coalesce(sum(amount) FILTER (WHERE outcome = 'failed'), 0)::bigint AS failed
FROM used JOIN (
    SELECT trigger_id, outcome, amount FROM trigger_hour
    WHERE team_id = $1 AND hour >= $2 AND trigger_id IN (SELECT id FROM used)
    UNION ALL
    SELECT trigger_id, outcome, amount FROM tally
    WHERE team_id = $1 AND hour >= $2 AND trigger_id IN (SELECT id FROM used)
) counted ON counted.trigger_id = used.id
GROUP BY used.workflow_id
"""


async def counts_of_workflows(
    team_id: UUID, workflow_ids: Sequence[UUID], since: datetime
) -> dict[UUID, WorkflowCounts]:
    """What the triggers that run these workflows now did since `since`; none for the idle ones."""
    rows = await fetch(_COUNTS, team_id, since, list(workflow_ids))
    return {row["workflow_id"]: WorkflowCounts(row["fired"], row["failed"]) for row in rows}


@dataclass(frozen=True, slots=True)
class VersionListed:
    """An immutable version. `steps`, `input_schema` and `policy` are JSON texts."""

    id: UUID
    number: int
    steps: str
    input_schema: str | None
    policy: str
    created_by: str
    created_at: datetime


_VERSIONS = """
SELECT id, number, steps, input_schema, policy, created_by, created_at FROM workflow_version
WHERE team_id = $1 AND workflow_id = $2
"""


def _version(row: Row) -> VersionListed:
    return VersionListed(**row)


async def page_of_versions(
    team_id: UUID, workflow_id: UUID, position: Position
) -> Page[VersionListed]:
    """A workflow's versions, newest first."""
    return await read_page(_VERSIONS, "id", (team_id, workflow_id), position, _version)


async def find_version(team_id: UUID, workflow_id: UUID, number: int) -> VersionListed | None:
    """One version by its number."""
    row = await fetch_one(f"{_VERSIONS} AND number = $3", team_id, workflow_id, number)
    return _version(row) if row else None


@dataclass(frozen=True, slots=True)
class TriggerOfWorkflow:
    """A trigger that runs the workflow: the version it is pinned to, or the newest."""

    id: UUID
    name: str
    kind: str
    enabled: bool
    pinned_version: int | None


async def triggers_of_workflow(team_id: UUID, workflow_id: UUID) -> list[TriggerOfWorkflow]:
    """The first 50 triggers that run it, those that are switched on first, by name."""
    rows = await fetch(
        "SELECT id, name, kind, enabled, pinned_version FROM trigger "
        "WHERE team_id = $1 AND workflow_id = $2 AND deleted_at IS NULL "
        "ORDER BY enabled DESC, lower(name), id LIMIT $3",
        team_id,
        workflow_id,
        MOST_TRIGGERS,
    )
    return [TriggerOfWorkflow(**row) for row in rows]


@dataclass(frozen=True, slots=True)
class RunOfWorkflow:
    """An execution as the workflow's page shows it."""

    id: UUID
    state: str
    version: int
    trigger_id: UUID
    trigger_name: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


_RECENT = """
SELECT x.id, x.state, x.workflow_version AS version, x.trigger_id, t.name AS trigger_name,
    x.created_at, x.started_at, x.finished_at
FROM execution x JOIN trigger t ON t.team_id = x.team_id AND t.id = x.trigger_id
WHERE x.team_id = $1 AND x.workflow_id BETWEEN $2 AND $2
ORDER BY x.workflow_id DESC, x.id DESC LIMIT $3
"""


async def recent_runs(team_id: UUID, workflow_id: UUID) -> list[RunOfWorkflow]:
    """Its newest executions."""
    rows = await fetch(_RECENT, team_id, workflow_id, MOST_RUNS)
    return [RunOfWorkflow(**row) for row in rows]


_NEWEST_BODY = """
SELECT CASE WHEN octet_length(e.body) <= $3 THEN e.body END AS body FROM trigger t
CROSS JOIN LATERAL (SELECT id, body FROM event
    WHERE team_id = t.team_id AND trigger_id BETWEEN t.id AND t.id
    ORDER BY trigger_id DESC, id DESC LIMIT 1) e
WHERE t.team_id = $1 AND t.workflow_id = $2 AND t.deleted_at IS NULL
ORDER BY e.id DESC LIMIT 1
"""


async def newest_body(team_id: UUID, workflow_id: UUID) -> bytes | None:
    """The body of the newest event of the triggers that run this workflow; None when none came,
    or when it has more than 64 KiB."""
    row = await fetch_one(_NEWEST_BODY, team_id, workflow_id, MOST_SAMPLE_BYTES)
    return row["body"] if row else None
