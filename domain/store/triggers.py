"""Triggers and their immutable versions. Every query names the team."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.store.database import Row, execute, fetch, fetch_one


@dataclass(frozen=True, slots=True)
class TriggerRow:
    """A trigger with its present version. `config`, `conditions`, `limits` and `retry` are JSON
    texts; no secret is among them."""

    id: UUID
    team_id: UUID
    name: str
    kind: str
    hook_token: str | None
    workflow_id: UUID
    enabled: bool
    version: int
    version_id: UUID
    config: str
    conditions: str | None
    limits: str
    retry: str
    revision: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A version about to be stored, its parts as JSON texts."""

    id: UUID
    number: int
    workflow_id: UUID
    config: str
    conditions: str | None
    limits: str
    retry: str
    created_by: str


_COLUMNS = """
SELECT t.id, t.team_id, t.name, t.kind, t.hook_token, t.workflow_id, t.enabled, t.version,
    t.version_id, v.config, v.condition_config AS conditions, v.limits, v.retry, t.revision,
    t.created_at, t.updated_at
FROM trigger t JOIN trigger_version v ON v.team_id = t.team_id AND v.id = t.version_id
"""


def _trigger(row: Row) -> TriggerRow:
    return TriggerRow(**row)


async def find_trigger(team_id: UUID, trigger_id: UUID) -> TriggerRow | None:
    """The team's trigger of this id, unless it is deleted."""
    row = await fetch_one(
        f"{_COLUMNS} WHERE t.team_id = $1 AND t.id = $2 AND t.deleted_at IS NULL",
        team_id,
        trigger_id,
    )
    return _trigger(row) if row else None


async def lock_trigger(team_id: UUID, trigger_id: UUID) -> TriggerRow | None:
    """Like `find_trigger`; nobody else changes or deletes it until the transaction ends."""
    # Locked first and read afterwards: a statement that waited for the lock would look for the new
    # version among the rows that it saw before, and find none.
    await execute(
        "SELECT id FROM trigger WHERE team_id = $1 AND id = $2 FOR UPDATE", team_id, trigger_id
    )
    return await find_trigger(team_id, trigger_id)


@dataclass(frozen=True, slots=True)
class TriggerFilters:
    """What a list of triggers is narrowed to; None: not narrowed."""

    name: str | None = None
    kind: str | None = None
    workflow_id: UUID | None = None
    enabled: bool | None = None


async def list_triggers(
    team_id: UUID, filters: TriggerFilters, *, before: UUID | None, limit: int
) -> list[TriggerRow]:
    """The team's triggers, newest first, from before the one of id `before`."""
    rows = await fetch(
        f"{_COLUMNS} WHERE t.team_id = $1 AND t.deleted_at IS NULL "
        "AND ($2::text IS NULL OR t.name = $2) AND ($3::text IS NULL OR t.kind = $3) "
        "AND ($4::uuid IS NULL OR t.workflow_id = $4) "
        "AND ($5::boolean IS NULL OR t.enabled = $5) AND ($6::uuid IS NULL OR t.id < $6) "
        "ORDER BY t.id DESC LIMIT $7",
        team_id,
        filters.name,
        filters.kind,
        filters.workflow_id,
        filters.enabled,
        before,
        limit,
    )
    return [_trigger(row) for row in rows]


@dataclass(frozen=True, slots=True)
class NewTrigger:
    """A trigger about to be stored, without its version."""

    id: UUID
    team_id: UUID
    name: str
    kind: str
    hook_token: str | None
    enabled: bool


async def add_trigger(new: NewTrigger, version: NewVersion) -> None:
    """Store a trigger with its first version. The two name each other, so this is done within
    one transaction, whose end checks it."""
    await execute(
        "INSERT INTO trigger (id, team_id, name, kind, hook_token, workflow_id, enabled, "
        "version, version_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new.id,
        new.team_id,
        new.name,
        new.kind,
        new.hook_token,
        version.workflow_id,
        new.enabled,
        version.number,
        version.id,
    )
    await add_version(new.team_id, new.id, version)


async def add_version(team_id: UUID, trigger_id: UUID, version: NewVersion) -> None:
    """Store an immutable version."""
    await execute(
        "INSERT INTO trigger_version (id, team_id, trigger_id, number, workflow_id, config, "
        "condition_config, limits, retry, created_by) "
        "VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7::jsonb, $8::jsonb, $9::jsonb, $10)",
        version.id,
        team_id,
        trigger_id,
        version.number,
        version.workflow_id,
        version.config,
        version.conditions,
        version.limits,
        version.retry,
        version.created_by,
    )


async def save_trigger(
    seen: TriggerRow, *, name: str, enabled: bool, version: NewVersion | None
) -> int:
    """Change the trigger as it was seen; 0 when someone was faster."""
    return await execute(
        "UPDATE trigger SET name = $4, enabled = $5, version = $6, version_id = $7, "
        "workflow_id = $8, revision = revision + 1, updated_at = now() "
        "WHERE team_id = $1 AND id = $2 AND revision = $3 AND deleted_at IS NULL",
        seen.team_id,
        seen.id,
        seen.revision,
        name,
        enabled,
        version.number if version else seen.version,
        version.id if version else seen.version_id,
        version.workflow_id if version else seen.workflow_id,
    )


async def mark_deleted(seen: TriggerRow) -> int:
    """Delete the trigger as it was seen; its versions and events stay."""
    return await execute(
        "UPDATE trigger SET deleted_at = now(), enabled = false, revision = revision + 1, "
        "updated_at = now() "
        "WHERE team_id = $1 AND id = $2 AND revision = $3 AND deleted_at IS NULL",
        seen.team_id,
        seen.id,
        seen.revision,
    )
