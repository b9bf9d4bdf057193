"""Set the windows that all triggers of a team share."""

from typing import Any

from domain.errors import Conflict, NotFound
from domain.rules.bodies import read_json
from domain.rules.json_values import write_json
from domain.rules.limits import parse_rates
from domain.rules.permissions import MANAGE_TEAM_LIMITS, Actor
from domain.store import audit, lanes, limit_settings
from domain.store.database import transaction


async def set_team_limits(actor: Actor, rate: Any, *, was: Any = None) -> None:
    """Replace the team's windows (a list as a trigger's `rate`, without keys; empty: none). What
    waits for a limit looks whether there is room by the new ones. Raises InvalidInput, NotFound,
    and Conflict where `was` is given and they are not that any more."""
    actor.require(MANAGE_TEAM_LIMITS)
    parse_rates(rate, "rate")
    async with transaction():
        seen = await limit_settings.lock_team_limits(actor.team_id)
        if seen is None:
            raise NotFound
        before = read_json(seen.rate_limits.encode())
        if was is not None and was != before:
            raise Conflict
        if rate == before:
            return
        await limit_settings.save_team_limits(actor.team_id, write_json(rate).decode())
        await lanes.look_again(actor.team_id, None, "limit")
        facts = {"before": {"rate": before}, "after": {"rate": rate}}
        await audit.record(actor, "set_limits", "team", actor.team_id, **facts)
