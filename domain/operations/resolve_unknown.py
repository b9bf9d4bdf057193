"""Say what follows for an execution whose last call may have been carried out."""

from uuid import UUID

from domain.errors import Conflict, NotFound
from domain.rules.permissions import RUN_TRIGGERS, Actor
from domain.rules.resolutions import GIVEN_UP, Resolution
from domain.store import audit, tallies, unknown_outcomes
from domain.store.database import transaction
from domain.store.unknown_outcomes import Held


class NotHeld(Conflict):
    """This execution does not wait for anybody's word, or not for the same any more."""

    code = "not_held"


async def resolve_unknown(
    actor: Actor, execution_id: UUID, resolution: Resolution, attempt: int | None = None
) -> Held:
    """Go on as `resolution` says: make the call again, with the same key; count the step as done,
    and go on with the next; or give the execution up. What it was until now.

    `attempt` is the one that was looked at; a later one is not meant. Raises NotFound, and Conflict
    when the execution does not wait for this.
    """
    actor.require(RUN_TRIGGERS)
    async with transaction():
        held = await unknown_outcomes.find_held(actor.team_id, execution_id)
        if held is None:
            raise NotFound
        if held.state != "unknown" or attempt not in (None, held.attempt):
            raise NotHeld
        state = await _go_on(actor, held, resolution)
        before = {"state": held.state, "attempt": held.attempt, "step": held.step_key}
        after = {"state": state, "resolution": resolution}
        await audit.record(actor, "resolve", "execution", held.id, before=before, after=after)
    return held


async def _go_on(actor: Actor, held: Held, resolution: Resolution) -> str:
    """The state that the execution has then."""
    if resolution == "give_up":
        _won(await unknown_outcomes.give_up(actor.team_id, held, GIVEN_UP))
        await tallies.add({(actor.team_id, held.trigger_id, "failed"): 1})
        return "failed"
    if resolution == "carried_out":
        if held.step_key is None:
            raise NotHeld
        message = f"{actor.name} said that it was carried out."
        await unknown_outcomes.count_as_done(actor.team_id, held, message)
    _won(await unknown_outcomes.go_on(actor.team_id, held))
    return "queued"


def _won(rows: int) -> None:
    if rows == 0:
        raise NotHeld
