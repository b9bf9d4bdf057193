"""The API's requests and answers about limits, as types."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

from domain.coordination.limiter import Usage
from domain.operations.read_limit_usage import LimitUsage
from domain.rules.limit_windows import Window
from web.controllers.api.shapes import Json
from web.controllers.api.views import json_of


class LiftLimits(Struct, forbid_unknown_fields=True):
    """For how long limits are lifted."""

    minutes: Annotated[int, Meta(description="1 to 60.", examples=[15])]


class LiftView(Struct):
    """Until when limits are lifted."""

    until: datetime


class SetTeamLimits(Struct, forbid_unknown_fields=True):
    """Windows that all triggers of the team share."""

    rate: Annotated[
        list[Any],
        Meta(
            description="Up to five windows, like a trigger's `rate` but without keys; none: `[]`.",
            examples=[[{"most": 1000, "per_s": 60, "when_unavailable": "open"}]],
        ),
    ]


class KeyUsageView(Struct):
    """How many events of one key are in a window; `value` is None for who may not see payloads."""

    value: str | None
    count: int


class WindowView(Struct):
    """A window with what is in it now. `limit` is `trigger`, `key`, `team` or `global`; of a keyed
    one `keys` says how many keys are in it, `fullest` which, and `count` the fullest one's. `count`
    is None while nobody can count, and of `global` ones, where it would tell what others do."""

    limit: str
    most: int
    per_s: int
    when_unavailable: str
    key: str | None
    count: int | None
    keys: int
    fullest: list[KeyUsageView]


class WaitingView(Struct):
    """Events that wait: for room in a `limit`, for a `debounce` to be quiet, a `batch` to fill, or,
    held by a `pause`, for the trigger to be switched on."""

    waits_for: str
    events: int
    oldest: datetime | None
    next_at: datetime | None


class GateView(Struct):
    """How many executions run and wait at a concurrency cap. `scope` is `trigger`, `key`,
    `workflow` or `order`."""

    scope: str
    key: str | None
    most: int
    running: int
    waiting: int


class LimitUsageView(Struct):
    """A trigger's limits as they are now. `lifted_until` is set while an admin has lifted them."""

    windows: list[WindowView]
    waiting: list[WaitingView]
    gates: list[GateView]
    lifted_until: datetime | None


class TeamLimitsView(Struct):
    """A team's own windows, and what is in them now."""

    rate: Json
    windows: list[WindowView]
    lifted_until: datetime | None


def limit_usage_view(
    usage: LimitUsage, lifted_until: datetime | None, *, values: bool
) -> LimitUsageView:
    """How full a trigger's limits are; its own lift or its team's, whichever lasts longer."""
    lifts = [until for until in (lifted_until, usage.team.lifted_until) if until is not None]
    return LimitUsageView(
        windows=list(_windows(usage, values=values)),
        waiting=[WaitingView(w.why, w.events, w.oldest, w.next_at) for w in usage.waiting],
        gates=[
            GateView(
                gate["scope"],
                gate["key"] if values else None,
                gate["most"],
                gate["running"],
                gate["waiting"],
            )
            for gate in usage.gates
        ],
        lifted_until=max(lifts, default=None),
    )


def team_limits_view(usage: LimitUsage) -> TeamLimitsView:
    """A team's."""
    windows = list(_windows(usage, values=True))
    return TeamLimitsView(json_of(usage.team.rate_limits), windows, usage.team.lifted_until)


def _windows(usage: LimitUsage, *, values: bool) -> Iterator[WindowView]:
    counted: Sequence[Usage | None] = usage.usages or [None] * len(usage.windows)
    for window, found in zip(usage.windows, counted, strict=True):
        yield _window(window, found, values=values)


def _window(window: Window, found: Usage | None, *, values: bool) -> WindowView:
    told = found is not None and window.label.scope != "global"
    fullest = found.fullest if found is not None else ()
    return WindowView(
        limit=window.label.scope,
        most=window.most,
        per_s=window.per_s,
        when_unavailable=window.when_unavailable,
        key=window.label.path,
        count=found.count if found is not None and told else None,
        keys=found.values if found is not None else 0,
        fullest=[KeyUsageView(value if values else None, count) for value, count in fullest],
    )
