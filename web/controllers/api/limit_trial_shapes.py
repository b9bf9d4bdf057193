"""Trials of limits as the API takes and shows them."""

from dataclasses import fields
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from domain.rules.limit_trials import DEFAULT_DAYS
from domain.store.limit_trials import LimitTrialShown
from web.controllers.api.shapes import Json
from web.controllers.api.trigger_shapes import Limits
from web.controllers.api.views import json_of


class StartLimitTrial(Struct, forbid_unknown_fields=True):
    """Limits to try on the events of so many `days` up to now, the 200,000 newest at most."""

    limits: Limits
    days: Annotated[int, Meta(description="1 to 30.")] = DEFAULT_DAYS


class TrialDayView(Struct):
    """What would have become of the events of a day (UTC). `matched` is `passed`, `over_limit`,
    `too_late` and `debounced` together; `deferred` ones are among `passed` or `too_late`."""

    day: str
    events: int
    matched: int
    passed: int
    executions: int
    deferred: int
    longest_wait_s: float
    over_limit: int
    too_late: int
    debounced: int


class TrialWindowView(Struct):
    """A window, the most events that came within its length (`peak`), when, and of which value of
    its key."""

    most: int
    per_s: int
    key: str | None
    value: str | None
    peak: int
    peak_at: datetime | None


class TrialValueView(Struct):
    """A value of a key (None for whoever may not see payloads), its events, and how many of these
    were deferred or dropped."""

    value: str | None
    events: int
    held: int


class TrialKeyView(Struct):
    """A key, how many values it had, and the ten that were held back most."""

    key: str
    values: int
    most: list[TrialValueView]


class LimitTrialView(Struct):
    """A trial. `total` is None until the events are counted, `days_found` and what follows until it
    is done; `capped` says that there were more events than are tried."""

    id: UUID
    trigger_id: UUID
    state: str
    reason: str | None
    limits: Json
    days: int
    live_version: int
    capped: bool
    total: int | None
    seen: int
    days_found: list[TrialDayView] | None
    windows: list[TrialWindowView] | None
    keys: list[TrialKeyView] | None
    created_by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class _Found(Struct):
    days: list[TrialDayView]
    windows: list[TrialWindowView]
    keys: list[TrialKeyView]


_FIELDS = tuple(f.name for f in fields(LimitTrialShown) if f.name not in {"limits", "found"})


def limit_trial_view(row: LimitTrialShown, *, values: bool) -> LimitTrialView:
    """A trial; `values` says whether what keys found is shown."""
    found = None if row.found is None else msgspec.json.decode(row.found, type=_Found)
    if found is not None and not values:
        _hide_values(found)
    shown: dict[str, Any] = {name: getattr(row, name) for name in _FIELDS}
    return LimitTrialView(
        **shown,
        limits=json_of(row.limits),
        days_found=found.days if found else None,
        windows=found.windows if found else None,
        keys=found.keys if found else None,
    )


def _hide_values(found: _Found) -> None:
    for window in found.windows:
        window.value = None
    for key in found.keys:
        for each in key.most:
            each.value = None
