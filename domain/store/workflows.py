"""Workflows, their drafts and their immutable versions. Every query names the team."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.rules.ids import new_id
from domain.store.database import Row, execute, fetch, fetch_one


@dataclass(frozen=True, slots=True)
class Contents:
    """What a version consists of. `steps`, `input_schema` and `policy` are JSON texts; no schema:
    anything may come in. `template_version` is the version of the workflow's template that is in
    it."""

    steps: str
    input_schema: str | None = None
    template_version: int | None = None
    policy: str = "{}"


@dataclass(frozen=True, slots=True)
class WorkflowRow:
    """A workflow as it stands. `template` is the id of a team's own template, or `library:` and the
    key of one that comes with the product. What is published and the draft: see `Contents`; there
    is a draft where there are `draft_steps`."""

    id: UUID
    team_id: UUID
    name: str
    version: int | None
    version_id: UUID | None
    steps: str | None
    draft_steps: str | None
    input_schema: str | None
    draft_input_schema: str | None
    template: str | None
    template_version: int | None
    draft_template_version: int | None
    policy: str | None
    draft_policy: str | None
    revision: int
    created_at: datetime
    updated_at: datetime

    @property
    def published(self) -> Contents | None:
        """What runs."""
        if self.steps is None:
            return None
        policy = self.policy or "{}"
        return Contents(self.steps, self.input_schema, self.template_version, policy)

    @property
    def draft(self) -> Contents | None:
        """What is not published yet."""
        if self.draft_steps is None:
            return None
        policy = self.draft_policy or "{}"
        return Contents(
            self.draft_steps, self.draft_input_schema, self.draft_template_version, policy
        )


_COLUMNS = """
SELECT w.id, w.team_id, w.name, w.published_version AS version,
    w.published_version_id AS version_id, v.steps, w.draft_steps, v.input_schema,
    w.draft_input_schema, w.template, v.template_version, w.draft_template_version, v.policy,
    w.draft_policy, w.revision, w.created_at, w.updated_at
FROM workflow w LEFT JOIN workflow_version v
    ON v.team_id = w.team_id AND v.id = w.published_version_id
"""


def _workflow(row: Row) -> WorkflowRow:
    return WorkflowRow(**row)


async def find_workflow(team_id: UUID, workflow_id: UUID) -> WorkflowRow | None:
    """The team's workflow of this id, unless it is deleted."""
    row = await fetch_one(
        f"{_COLUMNS} WHERE w.team_id = $1 AND w.id = $2 AND w.deleted_at IS NULL",
        team_id,
        workflow_id,
    )
    return _workflow(row) if row else None


async def lock_workflow(team_id: UUID, workflow_id: UUID) -> WorkflowRow | None:
    """Like `find_workflow`; nobody else changes or deletes it until the transaction ends."""
    # Locked first and read afterwards: a statement that waited for the lock would look for what was
    # published meanwhile among the rows that it saw before, and find no steps.
    await execute(
        "SELECT id FROM workflow WHERE team_id = $1 AND id = $2 FOR UPDATE", team_id, workflow_id
    )
    return await find_workflow(team_id, workflow_id)


async def list_workflows(
    team_id: UUID, *, name: str | None, before: UUID | None, limit: int
) -> list[WorkflowRow]:
    """The team's workflows, newest first, from before the one of id `before`."""
    rows = await fetch(
        f"{_COLUMNS} WHERE w.team_id = $1 AND w.deleted_at IS NULL "
        "AND ($2::text IS NULL OR w.name = $2) AND ($3::uuid IS NULL OR w.id < $3) "
        "ORDER BY w.id DESC LIMIT $4",
        team_id,
        name,
        before,
        limit,
    )
    return [_workflow(row) for row in rows]


async def add_workflow(
    team_id: UUID, name: str, draft: Contents | None, template: str | None = None
) -> UUID:
    """Store a workflow without a published version; its id."""
    workflow_id = new_id()
    await execute(
        "INSERT INTO workflow (id, team_id, name, template, draft_steps, draft_input_schema, "
        "draft_template_version, draft_policy) "
        "VALUES ($1, $2, $3, $4, $5::jsonb, $6::json, $7, $8::jsonb)",
        workflow_id,
        team_id,
        name,
        template,
        *_columns(draft),
    )
    return workflow_id


def _columns(contents: Contents | None) -> tuple[str | None, str | None, int | None, str | None]:
    if contents is None:
        return (None, None, None, None)
    return (contents.steps, contents.input_schema, contents.template_version, contents.policy)


async def add_version(
    team_id: UUID, workflow_id: UUID, number: int, contents: Contents, created_by: str
) -> UUID:
    """Store an immutable version; its id."""
    version_id = new_id()
    await execute(
        "INSERT INTO workflow_version (id, team_id, workflow_id, number, created_by, steps, "
        "input_schema, template_version, policy) "
        "VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7::json, $8, $9::jsonb)",
        version_id,
        team_id,
        workflow_id,
        number,
        created_by,
        *_columns(contents),
    )
    return version_id


async def newest_version_number(team_id: UUID, workflow_id: UUID) -> int:
    """The number of the newest version, 0 when there is none."""
    row = await fetch_one(
        "SELECT coalesce(max(number), 0) AS n FROM workflow_version "
        "WHERE team_id = $1 AND workflow_id = $2",
        team_id,
        workflow_id,
    )
    return int(row["n"]) if row else 0


async def save_workflow(seen: WorkflowRow, *, name: str, draft: Contents | None) -> int:
    """Change name and draft of the workflow as it was seen; 0 when someone was faster."""
    return await execute(
        "UPDATE workflow SET name = $4, draft_steps = $5::jsonb, draft_input_schema = $6::json, "
        "draft_template_version = $7, draft_policy = $8::jsonb, revision = revision + 1, "
        "updated_at = now() "
        "WHERE team_id = $1 AND id = $2 AND revision = $3 AND deleted_at IS NULL",
        seen.team_id,
        seen.id,
        seen.revision,
        name,
        *_columns(draft),
    )


async def save_published(
    seen: WorkflowRow, *, name: str, number: int, version_id: UUID, draft: Contents | None = None
) -> int:
    """Make a version the one that runs, with `draft` as the draft from then on; 0 when someone was
    faster."""
    return await execute(
        "UPDATE workflow SET name = $4, published_version = $5, published_version_id = $6, "
        "draft_steps = $7::jsonb, draft_input_schema = $8::json, draft_template_version = $9, "
        "draft_policy = $10::jsonb, revision = revision + 1, updated_at = now() "
        "WHERE team_id = $1 AND id = $2 AND revision = $3 AND deleted_at IS NULL",
        seen.team_id,
        seen.id,
        seen.revision,
        name,
        number,
        version_id,
        *_columns(draft),
    )


async def contents_of_version(team_id: UUID, workflow_id: UUID, number: int) -> Contents | None:
    """One version; None when there is no such version."""
    row = await fetch_one(
        "SELECT steps, input_schema, template_version, policy FROM workflow_version "
        "WHERE team_id = $1 AND workflow_id = $2 AND number = $3",
        team_id,
        workflow_id,
        number,
    )
    return Contents(**row) if row else None


async def version_id_of(team_id: UUID, workflow_id: UUID, number: int) -> UUID | None:
    """The id of one version; None when there is no such version."""
    row = await fetch_one(
        "SELECT id FROM workflow_version WHERE team_id = $1 AND workflow_id = $2 AND number = $3",
        team_id,
        workflow_id,
        number,
    )
    return row["id"] if row else None


async def workflows_with_secrets(team_id: UUID) -> list[WorkflowRow]:
    """The team's workflows whose published steps or draft name any secret, by name."""
    rows = await fetch(
        f"{_COLUMNS} WHERE w.team_id = $1 AND w.deleted_at IS NULL "
        "AND (v.steps::text LIKE '%secrets.%' OR w.draft_steps::text LIKE '%secrets.%') "
        "ORDER BY lower(w.name), w.id",
        team_id,
    )
    return [_workflow(row) for row in rows]


async def mark_deleted(seen: WorkflowRow) -> int:
    """Delete the workflow as it was seen; its versions stay, as executions refer to them."""
    return await execute(
        "UPDATE workflow SET deleted_at = now(), revision = revision + 1, updated_at = now() "
        "WHERE team_id = $1 AND id = $2 AND revision = $3 AND deleted_at IS NULL",
        seen.team_id,
        seen.id,
        seen.revision,
    )


async def names_of_triggers_using(team_id: UUID, workflow_id: UUID) -> list[str]:
    """Up to five names of triggers that run this workflow, or wait for its ends."""
    rows = await fetch(
        "SELECT name FROM trigger WHERE team_id = $1 "
        "AND (workflow_id = $2 OR watched_workflow_id = $2) AND deleted_at IS NULL "
        "ORDER BY id LIMIT 5",
        team_id,
        workflow_id,
    )
    return [row["name"] for row in rows]
