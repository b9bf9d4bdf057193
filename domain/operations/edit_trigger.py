"""Edit a trigger. What events are judged by becomes a new, immutable version."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.clock import utc_now
from domain.encryption import Vault
from domain.errors import NotFound, Problem
from domain.operations.create_trigger import SavedTrigger
from domain.operations.keep_expectation import keep_expectation
from domain.operations.release_held import release_held
from domain.operations.saving import UNCHANGED, Unchanged, check, check_revision, won
from domain.operations.switch_schedule import before_switch
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
from domain.rules.bodies import read_json
from domain.rules.holding import HOLDING_KINDS, HeldChoice
from domain.rules.lanes import LANES
from domain.rules.names import name_problems
from domain.rules.permissions import EDIT_TRIGGERS, Actor
from domain.rules.resuming import ResumeChoice
from domain.store import audit, expectations, lanes, secrets, triggers, waiting_events
from domain.store.database import transaction
from domain.store.triggers import NewVersion, Switch, TriggerRow


@dataclass(frozen=True, slots=True)
class TriggerEdit:
    """What to change. `config` is replaced whole, but a secret that is not given stays, as long as
    the scheme does. A pinned version is one of the present workflow's: another workflow is followed
    unless a version of it is given. `catch_up` says what becomes of the slots that came due while a
    schedule was off, when it is switched on: by default what its own policy says. One that is
    switched off may `hold` what comes until it is switched on; then `held` says what becomes of
    that."""

    name: str | None = None
    workflow_id: UUID | None = None
    config: dict[str, Any] | None = None
    conditions: Any = UNCHANGED
    limits: dict[str, Any] | None = None
    retry: dict[str, Any] | None = None
    enabled: bool | None = None
    pinned_version: int | Unchanged | None = UNCHANGED
    expected_by: Any = UNCHANGED
    disable_after: int | Unchanged | None = UNCHANGED
    revision: int | None = None
    catch_up: ResumeChoice = "policy"
    hold: bool | None = None
    held: HeldChoice = "run"

    @property
    def makes_version(self) -> bool:
        """Whether anything changes that events are judged by."""
        parts = (self.workflow_id, self.config, self.limits, self.retry)
        told = self.conditions is not UNCHANGED or self.pinned_version is not UNCHANGED
        return told or any(part is not None for part in parts)


async def edit_trigger(
    actor: Actor,
    vault: Vault,
    trigger_id: UUID,
    edit: TriggerEdit,
    *,
    action: str = "edit",
    noted: audit.Facts | None = None,
) -> SavedTrigger:
    """The trigger as it is now, and the signing secret if the new scheme had one made. `noted` goes
    into the audit entry beside what the trigger is then.

    Raises NotFound, InvalidInput, and Conflict when `edit.revision` is not the present one.
    """
    actor.require(EDIT_TRIGGERS)
    check(_plain_problems(edit))
    async with transaction():
        seen = await triggers.lock_trigger(actor.team_id, trigger_id)
        if seen is None:
            raise NotFound
        check_revision(seen.revision, edit.revision)
        check(_hold_problems(seen, edit))
        event_ids = await _before_switch(seen, edit)
        made = await _save(actor, vault, seen, edit)
        now = await triggers.find_trigger(actor.team_id, trigger_id)
        if now is None:
            raise NotFound
        await keep_source(now, changed=now.config != seen.config)
        if _switches(seen, edit):
            await expectations.look_again(seen.team_id, [seen.id])
        held = await _after_switch(seen, edit)
        await _after_limits(seen, now)
        told = {**trigger_facts(now), **_resumed(seen, edit, event_ids), **held, **(noted or {})}
        before = trigger_facts(seen)
        await audit.record(actor, action, "trigger", trigger_id, before=before, after=told)
    return SavedTrigger(now, made, event_ids)


def _plain_problems(edit: TriggerEdit) -> list[Problem]:
    found = [] if edit.name is None else name_problems(edit.name)
    if edit.disable_after is not UNCHANGED:
        found = [*found, *disable_after_problems(edit.disable_after)]
    return found


def _hold_problems(seen: TriggerRow, edit: TriggerEdit) -> list[Problem]:
    if edit.hold is None:
        return []
    if edit.enabled is not False:
        return [Problem("hold", "is said when a trigger is switched off, with enabled: false")]
    if edit.hold and seen.kind not in HOLDING_KINDS:
        return [Problem("hold", f"means nothing to a {seen.kind} trigger: while it is off, no "
                        "events come")]  # fmt: skip
    return []


def _switch(seen: TriggerRow, edit: TriggerEdit) -> Switch:
    """What the switch is set to. One that is on holds nothing."""
    enabled = seen.enabled if edit.enabled is None else edit.enabled
    holds = seen.holds if edit.hold is None else edit.hold
    return Switch(enabled, holds and not enabled)


async def _after_switch(seen: TriggerRow, edit: TriggerEdit) -> audit.Facts:
    """Let go what was held, where that is over, and what the audit entry says of it."""
    if seen.enabled or not edit.enabled:
        return {}
    held = await waiting_events.held_of(seen.team_id, seen.id)
    await release_held(seen.team_id, seen.id, edit.held)
    return {"held": edit.held, "held_events": held.events} if held.events else {}


async def _after_limits(seen: TriggerRow, now: TriggerRow) -> None:
    """Have the clock look at what waits for a trigger that was switched, or for limits that are
    others now: nothing waits out the time of one that is gone. A quiet time that is still the same
    is left to end."""
    before, after = _json(seen.limits), _json(now.limits)
    switched = now.enabled != seen.enabled or now.holds != seen.holds
    if not switched and before == after:
        return
    quiet = not switched and before.get("debounce") == after.get("debounce")
    for why in LANES:
        if why != "debounce" or not quiet:
            await lanes.look_again(seen.team_id, seen.id, why)


def _switches(seen: TriggerRow, edit: TriggerEdit) -> bool:
    return edit.enabled not in (None, seen.enabled)


async def _before_switch(seen: TriggerRow, edit: TriggerEdit) -> Sequence[UUID]:
    if seen.kind != "schedule" or not _switches(seen, edit):
        return ()
    return await before_switch(
        seen.team_id, seen.id, enabled=not seen.enabled, catch_up=edit.catch_up
    )


def _resumed(seen: TriggerRow, edit: TriggerEdit, event_ids: Sequence[UUID]) -> audit.Facts:
    """What the audit entry says of a schedule that was switched on."""
    if seen.kind != "schedule" or seen.enabled or not edit.enabled:
        return {}
    return {"catch_up": edit.catch_up, "slots_run": len(event_ids)}


async def _save(actor: Actor, vault: Vault, seen: TriggerRow, edit: TriggerEdit) -> str | None:
    version, made = None, None
    expected_by = None if edit.expected_by is UNCHANGED else edit.expected_by
    if edit.makes_version:
        parts = _parts(seen, edit, expected_by)
        version = await _add_version(actor, seen, edit, parts)
        if edit.config is not None:
            made = await _change_secret(vault, seen, parts.source)
    if edit.expected_by is not UNCHANGED:
        await keep_expectation(seen.team_id, seen.id, edit.expected_by)
    won(
        await triggers.save_trigger(
            seen,
            name=seen.name if edit.name is None else edit.name,
            switch=_switch(seen, edit),
            disable_after=(
                seen.disable_after if edit.disable_after is UNCHANGED else edit.disable_after
            ),
            version=version,
        )
    )
    return made


def _parts(seen: TriggerRow, edit: TriggerEdit, expected_by: Any) -> TriggerParts:
    return parse_parts(
        lambda: _source(seen, edit),
        _json(seen.conditions) if edit.conditions is UNCHANGED else edit.conditions,
        _json(seen.limits) if edit.limits is None else edit.limits,
        _json(seen.retry) if edit.retry is None else edit.retry,
        expected_by=expected_by,
    )


def _source(seen: TriggerRow, edit: TriggerEdit) -> Source:
    stored = _json(seen.config)
    if edit.config is None or edit.config == stored:
        return read_source(seen.kind, stored, None)
    return read_source(seen.kind, edit.config, utc_now())


def _json(text: str | None) -> Any:
    return None if text is None else read_json(text.encode())


async def _add_version(
    actor: Actor, seen: TriggerRow, edit: TriggerEdit, parts: TriggerParts
) -> NewVersion:
    workflow_id, pinned = seen.workflow_id, seen.pinned_version
    if edit.workflow_id not in (None, seen.workflow_id):
        workflow_id, pinned = edit.workflow_id, None
    if edit.pinned_version is not UNCHANGED:
        pinned = edit.pinned_version
    await check_watch(actor.team_id, seen.id, workflow_id, parts.source)
    if workflow_id != seen.workflow_id or pinned is not None:
        pin = await require_workflow(actor.team_id, workflow_id, pinned)
    else:
        pin = None
    # The trigger is locked, so the next number is free.
    version = new_version(parts, seen.version + 1, workflow_id, pin, actor.name)
    await triggers.add_version(actor.team_id, seen.id, version)
    return version


async def _change_secret(vault: Vault, seen: TriggerRow, source: Source) -> str | None:
    """Replace a webhook's secret where one is given, or where another scheme needs another; that
    one is returned if it was made now."""
    if source.sender is None:
        return None
    same_scheme = _json(seen.config).get("scheme") == source.sender.scheme
    if source.secret is None and same_scheme:
        return None
    await secrets.retire_trigger_secrets(seen.team_id, seen.id)
    if not source.sender.needs_secret:
        return None
    if source.secret is not None:
        await refuse_shared_secret(seen.team_id, vault, seen.id, source.secret)
    secret = source.secret or make_secret(source.sender)
    await seal_secret(seen.team_id, vault, seen.id, secret)
    return None if source.secret else secret
