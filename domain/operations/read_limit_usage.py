"""How full the limits of a trigger, or of a team, are just now, and what waits for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.coordination.limiter import RateLimiter, Usage
from domain.errors import InvalidInput
from domain.rules.bodies import read_stored
from domain.rules.limit_windows import (
    Window,
    keyed_window,
    shared_windows,
    unkeyed_windows,
)
from domain.rules.limits import NO_LIMITS, Limits, Rate, parse_limits, parse_rates
from domain.store import limit_settings, waiting_events
from domain.store.database import Row
from domain.store.limit_settings import TeamLimits
from domain.store.triggers import TriggerRow
from domain.store.waiting_events import Waiting

_NOBODYS = TeamLimits("[]", None, None)


@dataclass(frozen=True, slots=True)
class LimitUsage:
    """The limits in force, and their windows in the order in which they are shown; `usages` is None
    while nobody can count. `team` says until when an admin has lifted the team's limits."""

    limits: Limits
    windows: Sequence[Window]
    usages: Sequence[Usage] | None
    team: TeamLimits
    waiting: Sequence[Waiting] = ()
    gates: Sequence[Row] = ()


async def limit_usage(
    limiter: RateLimiter, row: TriggerRow, everybody: Sequence[Rate]
) -> LimitUsage:
    """Those of a trigger: its own windows, its team's, and those of the installation."""
    limits = _readable(row.limits)
    team = await limit_settings.team_limits(row.team_id) or _NOBODYS
    windows = [
        *unkeyed_windows(limits, row.id),
        *(keyed_window(r, r.key, row.id, None) for r in limits.rates if r.key is not None),
        *shared_windows(_rates(team), everybody, row.team_id),
    ]
    return LimitUsage(
        limits,
        windows,
        await limiter.usage(windows),
        team,
        await waiting_events.waiting_of(row.team_id, row.id),
        await waiting_events.gates_of(row.team_id, [row.id, row.workflow_id]),
    )


async def team_limit_usage(
    limiter: RateLimiter, team_id: UUID, everybody: Sequence[Rate]
) -> LimitUsage:
    """Those that all triggers of a team share."""
    team = await limit_settings.team_limits(team_id) or _NOBODYS
    windows = shared_windows(_rates(team), everybody, team_id)
    return LimitUsage(NO_LIMITS, windows, await limiter.usage(windows), team)


def _rates(team: TeamLimits) -> tuple[Rate, ...]:
    try:
        return parse_rates(read_stored(team.rate_limits))
    except InvalidInput:
        return ()


def _readable(text: str) -> Limits:
    """Limits as they are stored; what cannot be read any more shows as none."""
    try:
        return parse_limits(read_stored(text))
    except InvalidInput:
        return NO_LIMITS
