"""Create a trigger."""

import secrets as randomness
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from domain.encryption import Vault
from domain.errors import InvalidInput, NotFound
from domain.operations.trigger_parts import (
    Source,
    TriggerParts,
    make_secret,
    new_version,
    parse_parts,
    refuse_shared_secret,
    require_workflow,
    seal_secret,
    trigger_facts,
)
from domain.rules.ids import new_id
from domain.rules.key_tokens import url_safe
from domain.rules.names import name_problems
from domain.rules.permissions import EDIT_TRIGGERS, Actor
from domain.store import audit, triggers
from domain.store.database import transaction
from domain.store.triggers import NewTrigger, TriggerRow

HOOK_TOKEN_BYTES = 24
KINDS = ("webhook", "schedule", "email", "poll", "integration", "workflow", "manual")


@dataclass(frozen=True, slots=True)
class TriggerDraft:
    """A trigger as people describe it; `config` may hold the secret that the sender signs with."""

    name: str
    kind: str
    workflow_id: UUID
    config: dict[str, Any]
    conditions: Any = None
    limits: dict[str, Any] = field(default_factory=dict)
    retry: dict[str, Any] = field(default_factory=dict)
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class SavedTrigger:
    """A trigger as it is now, and the signing secret if one was made just now: it is shown this
    once."""

    row: TriggerRow
    secret: str | None


async def create_trigger(actor: Actor, vault: Vault, draft: TriggerDraft) -> SavedTrigger:
    """The new trigger. Raises InvalidInput with the fields that are wrong."""
    actor.require(EDIT_TRIGGERS)
    _check_kind(draft.kind)
    parts = parse_parts(
        draft.config,
        draft.conditions,
        draft.limits,
        draft.retry,
        found=name_problems(draft.name),
    )
    new = NewTrigger(
        id=new_id(),
        team_id=actor.team_id,
        name=draft.name,
        kind=draft.kind,
        hook_token=url_safe(randomness.token_bytes(HOOK_TOKEN_BYTES)),
        enabled=draft.enabled,
    )
    async with transaction():
        await require_workflow(actor.team_id, draft.workflow_id)
        return await _store(actor, vault, new, draft.workflow_id, parts)


async def _store(
    actor: Actor, vault: Vault, new: NewTrigger, workflow_id: UUID, parts: TriggerParts
) -> SavedTrigger:
    await triggers.add_trigger(new, new_version(parts, 1, workflow_id, actor.name))
    made = await _store_secret(vault, new, parts.source)
    row = await triggers.find_trigger(actor.team_id, new.id)
    if row is None:
        raise NotFound
    await audit.record(actor, "create", "trigger", new.id, after=trigger_facts(row))
    return SavedTrigger(row, made)


async def _store_secret(vault: Vault, new: NewTrigger, source: Source) -> str | None:
    """Store the secret that was given, or else one made now, which is returned."""
    if not source.sender.needs_secret:
        return None
    if source.secret is not None:
        await refuse_shared_secret(new.team_id, vault, new.id, source.secret)
    secret = source.secret or make_secret(source.sender)
    await seal_secret(new.team_id, vault, new.id, secret)
    return None if source.secret else secret


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        raise InvalidInput.at("kind", f"must be one of {', '.join(KINDS)}")
    if kind != "webhook":
        raise InvalidInput.at("kind", f"{kind} triggers are not available in this version")
