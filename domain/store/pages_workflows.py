"""What the pages show of workflows and their versions."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.store.database import Row, fetch
from domain.store.pages import Page, Position, read_page

MOST_VERSIONS = 50


@dataclass(frozen=True, slots=True)
class WorkflowListed:
    """A workflow as the list shows it. `version` is the one that runs, None before the first."""

    id: UUID
    name: str
    version: int | None
    has_draft: bool
    triggers: int
    updated_at: datetime


_LISTED = """
SELECT w.id, w.name, w.published_version AS version, w.draft_steps IS NOT NULL AS has_draft,
    (SELECT count(*) FROM trigger t WHERE t.team_id = w.team_id AND t.workflow_id = w.id
        AND t.deleted_at IS NULL) AS triggers, w.updated_at
FROM workflow w WHERE w.team_id = $1 AND w.deleted_at IS NULL
"""


def _listed(row: Row) -> WorkflowListed:
    return WorkflowListed(**row)


async def page_of_workflows(team_id: UUID, position: Position) -> Page[WorkflowListed]:
    """The team's workflows, newest first."""
    return await read_page(_LISTED, "w.id", (team_id,), position, _listed)


@dataclass(frozen=True, slots=True)
class VersionListed:
    """An immutable version. `steps` is JSON text."""

    id: UUID
    number: int
    steps: str
    created_by: str
    created_at: datetime


async def versions_of(team_id: UUID, workflow_id: UUID) -> list[VersionListed]:
    """The newest 50 versions of a workflow, newest first."""
    rows = await fetch(
        "SELECT id, number, steps, created_by, created_at FROM workflow_version "
        "WHERE team_id = $1 AND workflow_id = $2 ORDER BY number DESC LIMIT $3",
        team_id,
        workflow_id,
        MOST_VERSIONS,
    )
    return [VersionListed(**row) for row in rows]
