"""Switch a trigger on or off."""

from uuid import UUID

from domain.encryption import Vault
from domain.operations.create_trigger import SavedTrigger
from domain.operations.edit_trigger import TriggerEdit, edit_trigger
from domain.rules.holding import HeldChoice
from domain.rules.permissions import Actor
from domain.rules.resuming import ResumeChoice


async def set_trigger_enabled(
    actor: Actor,
    vault: Vault,
    trigger_id: UUID,
    *,
    enabled: bool,
    catch_up: ResumeChoice = "policy",
    hold: bool = False,
    held: HeldChoice = "run",
) -> SavedTrigger:
    """The trigger as it is now. A webhook's address answers 404 while it is off, unless it is to
    `hold` what comes: `held` says what becomes of that when it is switched on.

    Of the slots that came due while a schedule was off, those that `catch_up` names are run as it
    is switched on; the others stay paused, which is what they were. Where it is on already, nothing
    runs. Raises NotFound, and InvalidInput where `hold` means nothing.
    """
    action = "enable" if enabled else "disable"
    edit = TriggerEdit(
        enabled=enabled, catch_up=catch_up, hold=None if enabled else hold, held=held
    )
    return await edit_trigger(actor, vault, trigger_id, edit, action=action)
