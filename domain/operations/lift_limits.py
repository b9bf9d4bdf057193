"""Lift the limits of a trigger, or of all of a team's, for a while: an admin's way through."""

from datetime import datetime
from uuid import UUID

from domain.errors import NotFound, Problem
from domain.operations.saving import check
from domain.rules.permissions import LIFT_LIMITS, Actor
from domain.store import audit, lanes, limit_settings, triggers
from domain.store.database import transaction

LONGEST_MIN = 60
"""What is to last longer is another limit."""


async def lift_limits(actor: Actor, trigger_id: UUID | None, minutes: int) -> datetime:
    """Until when they are lifted: those of the trigger, or (None) all that hold for the team's
    triggers. It ends by itself. Lifted again, it lasts from now on. What waits for a limit is let
    through. Raises InvalidInput unless it is for 1 to 60 minutes, and NotFound."""
    actor.require(LIFT_LIMITS)
    check(_problems(minutes))
    async with transaction():
        if trigger_id is None:
            until = await limit_settings.lift_of_team(actor.team_id, minutes, actor.name)
        else:
            until = await limit_settings.lift_of_trigger(
                actor.team_id, trigger_id, minutes, actor.name
            )
        if until is None:
            raise NotFound
        await lanes.look_again(actor.team_id, trigger_id, "limit")
        await _record(actor, "lift_limits", trigger_id, {"minutes": minutes, "until": until})
    return until


async def end_lift(actor: Actor, trigger_id: UUID | None) -> None:
    """Put the limits in force again at once; they may be already. Raises NotFound."""
    actor.require(LIFT_LIMITS)
    async with transaction():
        if trigger_id is None:
            ended = await limit_settings.end_lift_of_team(actor.team_id)
        elif await triggers.find_trigger(actor.team_id, trigger_id) is None:
            raise NotFound
        else:
            ended = await limit_settings.end_lift_of_trigger(actor.team_id, trigger_id)
        if ended:
            await _record(actor, "end_limit_lift", trigger_id, {})


def _problems(minutes: int) -> list[Problem]:
    if 1 <= minutes <= LONGEST_MIN:
        return []
    return [Problem("minutes", f"must be a whole number from 1 to {LONGEST_MIN}")]


async def _record(actor: Actor, action: str, trigger_id: UUID | None, facts: audit.Facts) -> None:
    told = {name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in facts.items()}  # fmt: skip
    kind, object_id = ("team", actor.team_id) if trigger_id is None else ("trigger", trigger_id)
    await audit.record(actor, action, kind, object_id, after=told)
