"""Cancel a trial of limits."""

from uuid import UUID

from domain.errors import Conflict, NotFound
from domain.rules.permissions import EDIT_TRIGGERS, Actor
from domain.store import audit, limit_trials
from domain.store.database import transaction


class TrialHasEnded(Conflict):
    """This trial has ended already."""


async def cancel_limit_trial(actor: Actor, trigger_id: UUID, trial_id: UUID) -> None:
    """Its worker stops within a chunk. Raises NotFound, and Conflict when it has ended."""
    actor.require(EDIT_TRIGGERS)
    async with transaction():
        seen = await limit_trials.find_limit_trial(actor.team_id, trigger_id, trial_id)
        if seen is None:
            raise NotFound
        if not await limit_trials.cancel(actor.team_id, trial_id):
            raise TrialHasEnded
        before, after = {"state": seen.state}, {"state": "canceled"}
        await audit.record(actor, "cancel", "limit_trial", trial_id, before=before, after=after)
