"""Triggers and their immutable versions. Every query names the team."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.rules.chains import Watch
from domain.store.database import Row, execute, fetch, fetch_one


@dataclass(frozen=True, slots=True)
class TriggerRow:
    """A trigger with its present version. `config`, `conditions`, `limits`, `retry` and
    `expected_by` are JSON texts; no secret is among them. `pinned_version` is the workflow's
    version that runs (None: the newest), `late_since` since when an expected event is overdue.
    While it is off it `holds` what comes, or not; so many executions that fail in a row as
    `disable_after` says switch it off, and `switched_off_because` says so then."""

    id: UUID
    team_id: UUID
    name: str
    kind: str
    hook_token: str | None
    workflow_id: UUID
    pinned_version: int | None
    watched_workflow_id: UUID | None
    watched_end: str | None
    enabled: bool
    version: int
    version_id: UUID
    config: str
    conditions: str | None
    limits: str
    retry: str
    expected_by: str | None
    late_since: datetime | None
    holds: bool
    disable_after: int | None
    switched_off_because: str | None
    limits_lifted_until: datetime | None
    limits_lifted_by: str | None
    revision: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Pin:
    """A published version of a workflow."""

    number: int
    version_id: UUID


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A version about to be stored, its parts as JSON texts. `pin` is the workflow's version that
    it is held to, `watch` what a workflow trigger waits for."""

    id: UUID
    number: int
    workflow_id: UUID
    pin: Pin | None
    watch: Watch | None
    config: str
    conditions: str | None
    limits: str
    retry: str
    created_by: str


_COLUMNS = """
SELECT t.id, t.team_id, t.name, t.kind, t.hook_token, t.workflow_id, t.pinned_version,
    t.watched_workflow_id, t.watched_end, t.enabled, t.version, t.version_id, v.config,
    v.condition_config AS conditions, v.limits, v.retry, x.config AS expected_by, x.late_since,
    t.holds, t.disable_after, t.switched_off_because,
    CASE WHEN t.limits_lifted_until > now() THEN t.limits_lifted_until END AS limits_lifted_until,
    t.limits_lifted_by, t.revision, t.created_at, t.updated_at
FROM trigger t JOIN trigger_version v ON v.team_id = t.team_id AND v.id = t.version_id
LEFT JOIN expectation x ON x.team_id = t.team_id AND x.trigger_id = t.id
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
    # version among the rows that it saw before, and find none. Rows that only refer to the trigger
    # (lanes, which others hold locked) are not held up by this lock.
    await execute(
        "SELECT id FROM trigger WHERE team_id = $1 AND id = $2 FOR NO KEY UPDATE",
        team_id,
        trigger_id,
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
    disable_after: int | None


async def add_trigger(new: NewTrigger, version: NewVersion) -> None:
    """Store a trigger with its first version. The two name each other, so this is done within
    one transaction, whose end checks it."""
    await execute(
        "INSERT INTO trigger (id, team_id, name, kind, hook_token, workflow_id, enabled, "
        "version, version_id, disable_after, watched_workflow_id, watched_end, pinned_version, "
        "pinned_version_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        new.id,
        new.team_id,
        new.name,
        new.kind,
        new.hook_token,
        version.workflow_id,
        new.enabled,
        version.number,
        version.id,
        new.disable_after,
        *_copied(version),
    )
    await add_version(new.team_id, new.id, version)


def _copied(version: NewVersion) -> tuple[UUID | None, str | None, int | None, UUID | None]:
    """What of a version its trigger's row repeats, for those who look triggers up by it."""
    watch, pin = version.watch, version.pin
    return (
        watch.source_workflow_id if watch else None,
        watch.on if watch else None,
        pin.number if pin else None,
        pin.version_id if pin else None,
    )


async def add_version(team_id: UUID, trigger_id: UUID, version: NewVersion) -> None:
    """Store an immutable version."""
    await execute(
        "INSERT INTO trigger_version (id, team_id, trigger_id, number, workflow_id, config, "
        "condition_config, limits, retry, created_by, pinned_version) "
        "VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7::jsonb, $8::jsonb, $9::jsonb, $10, $11)",
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
        version.pin.number if version.pin else None,
    )


@dataclass(frozen=True, slots=True)
class Switch:
    """Whether a trigger is on, and what it does with events while it is off."""

    enabled: bool
    holds: bool


async def save_trigger(
    seen: TriggerRow,
    *,
    name: str,
    switch: Switch,
    disable_after: int | None,
    version: NewVersion | None,
) -> int:
    """Change the trigger as it was seen; 0 when someone was faster. One that is switched on says no
    more why it was off."""
    if version is not None and not await _save_version(seen, version):
        return 0
    return await execute(
        "UPDATE trigger SET name = $4, enabled = $5, holds = $6, disable_after = $7, "
        "switched_off_because = CASE WHEN NOT $5 THEN switched_off_because END, "
        "failures_from = CASE WHEN ($5 AND NOT enabled) OR disable_after IS DISTINCT FROM $7 "
        "THEN now() ELSE failures_from END, "
        "revision = revision + 1, updated_at = now() "
        "WHERE team_id = $1 AND id = $2 AND revision = $3 AND deleted_at IS NULL",
        seen.team_id,
        seen.id,
        seen.revision,
        name,
        switch.enabled,
        switch.holds,
        disable_after,
    )


async def _save_version(seen: TriggerRow, version: NewVersion) -> int:
    return await execute(
        "UPDATE trigger SET version = $4, version_id = $5, workflow_id = $6, "
        "watched_workflow_id = $7, watched_end = $8, pinned_version = $9, pinned_version_id = $10 "
        "WHERE team_id = $1 AND id = $2 AND revision = $3 AND deleted_at IS NULL",
        seen.team_id,
        seen.id,
        seen.revision,
        version.number,
        version.id,
        version.workflow_id,
        *_copied(version),
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
