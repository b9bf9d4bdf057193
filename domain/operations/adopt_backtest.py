"""Make the conditions of a backtest the live ones."""

from uuid import UUID

from domain.encryption import Vault
from domain.errors import NotFound
from domain.operations.create_trigger import SavedTrigger
from domain.operations.edit_trigger import TriggerEdit, edit_trigger
from domain.rules.bodies import read_stored
from domain.rules.permissions import EDIT_TRIGGERS, Actor
from domain.store.pages_backtests import find_backtest


async def adopt_backtest(
    actor: Actor, vault: Vault, trigger_id: UUID, backtest_id: UUID, *, revision: int | None
) -> SavedTrigger:
    """The trigger as it is then: a new version, with all else as it was.

    Raises NotFound, InvalidInput, and Conflict when `revision` is not the trigger's present one.
    """
    actor.require(EDIT_TRIGGERS)
    found = await find_backtest(actor.team_id, trigger_id, backtest_id)
    if found is None:
        raise NotFound
    conditions = read_stored(found.conditions)
    edit = TriggerEdit(conditions=conditions, revision=revision)
    noted = {"backtest_id": backtest_id}
    return await edit_trigger(actor, vault, trigger_id, edit, action="adopt", noted=noted)
