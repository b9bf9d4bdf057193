"""Create a trigger."""

import secrets as randomness
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from domain.clock import utc_now
from domain.encryption import Vault
from domain.errors import NotFound
from domain.operations.keep_expectation import keep_expectation
from domain.operations.trigger_parts import (
    TriggerParts,
    disable_after_problems,
    new_version,
    parse_parts,
    require_workflow,
    trigger_facts,
)
from domain.operations.trigger_sources import Source, check_watch, keep_source, read_source
from domain.operations.webhook_sources import make_secret, refuse_shared_secret, seal_secret
from domain.rules.ids import new_id
from domain.rules.key_tokens import url_safe
from domain.rules.names import name_problems
from domain.rules.permissions import EDIT_TRIGGERS, Actor
from domain.store import audit, triggers
from domain.store.database import transaction
from domain.store.triggers import NewTrigger, TriggerRow

HOOK_TOKEN_BYTES = 24


@dataclass(frozen=True, slots=True)
class TriggerDraft:
    """A trigger as people describe it; `config` may hold the secret that a webhook's sender signs
    with. `pinned_version` is the workflow's version to run (None: whichever is the newest then),
    `expected_by` says when the next event is overdue (None: never), `disable_after` how many
    executions that fail in a row switch it off (None: they never do)."""

    name: str
    kind: str
    workflow_id: UUID
    config: dict[str, Any]
    conditions: Any = None
    limits: dict[str, Any] = field(default_factory=dict)
    retry: dict[str, Any] = field(default_factory=dict)
    enabled: bool = True
    pinned_version: int | None = None
    expected_by: Any = None
    disable_after: int | None = None


@dataclass(frozen=True, slots=True)
class SavedTrigger:
    """A trigger as it is now, and the signing secret if one was made just now: it is shown this
    once. `event_ids` are to be rung for: events of slots that run as the trigger was switched."""

    row: TriggerRow
    secret: str | None
    event_ids: Sequence[UUID] = ()


async def create_trigger(actor: Actor, vault: Vault, draft: TriggerDraft) -> SavedTrigger:
    """The new trigger. Raises InvalidInput with the fields that are wrong."""
    actor.require(EDIT_TRIGGERS)
    parts = parse_parts(
        lambda: read_source(draft.kind, draft.config, utc_now()),
        draft.conditions,
        draft.limits,
        draft.retry,
        expected_by=draft.expected_by,
        found=name_problems(draft.name) + disable_after_problems(draft.disable_after),
    )
    token = url_safe(randomness.token_bytes(HOOK_TOKEN_BYTES)) if draft.kind == "webhook" else None
    new = NewTrigger(
        id=new_id(),
        team_id=actor.team_id,
        name=draft.name,
        kind=draft.kind,
        hook_token=token,
        enabled=draft.enabled,
        disable_after=draft.disable_after,
    )
    async with transaction():
        return await _store(actor, vault, new, draft, parts)


async def _store(
    actor: Actor, vault: Vault, new: NewTrigger, draft: TriggerDraft, parts: TriggerParts
) -> SavedTrigger:
    await check_watch(new.team_id, new.id, draft.workflow_id, parts.source)
    pin = await require_workflow(actor.team_id, draft.workflow_id, draft.pinned_version)
    version = new_version(parts, 1, draft.workflow_id, pin, actor.name)
    await triggers.add_trigger(new, version)
    made = await _store_secret(vault, new, parts.source)
    if draft.expected_by is not None:
        await keep_expectation(new.team_id, new.id, draft.expected_by)
    row = await triggers.find_trigger(actor.team_id, new.id)
    if row is None:
        raise NotFound
    await keep_source(row, changed=True)
    await audit.record(actor, "create", "trigger", new.id, after=trigger_facts(row))
    return SavedTrigger(row, made)


async def _store_secret(vault: Vault, new: NewTrigger, source: Source) -> str | None:
    """Store the secret that was given, or else one made now, which is returned."""
    if source.sender is None or not source.sender.needs_secret:
        return None
    if source.secret is not None:
        await refuse_shared_secret(new.team_id, vault, new.id, source.secret)
    secret = source.secret or make_secret(source.sender)
    await seal_secret(new.team_id, vault, new.id, secret)
    return None if source.secret else secret
