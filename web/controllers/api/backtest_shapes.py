"""Backtests as the API takes and shows them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from domain.rules.backtests import DEFAULT_LAST
from domain.store.pages_backtests import BacktestShown, EventCompared
from web.controllers.api.shapes import Conditions, Json
from web.controllers.api.views import json_of

Instant = Annotated[str, Meta(examples=["2026-11-23T00:00:00Z"])]


class StartBacktest(Struct, forbid_unknown_fields=True):
    """What to try, and on what: the `last` newest events, or those of a time, of which the 100,000
    newest are taken."""

    conditions: Conditions
    last: Annotated[
        int | None,
        Meta(description=f"1 to 100,000; without it and without a time, {DEFAULT_LAST:,}."),
    ] = None
    received_after: Instant | None = None
    received_before: Instant | None = None

    @property
    def span(self) -> tuple[str | None, str | None]:
        """The ends of the time, as they were sent."""
        return self.received_after, self.received_before


class BacktestView(Struct):
    """A backtest and what it found so far. `total` is None until the events are counted; `capped`
    says that there were more than may be tried. `conditions` are compared with `live_conditions`,
    both as they were at its start."""

    id: UUID
    trigger_id: UUID
    state: str
    reason: str | None
    conditions: Json | None
    live_conditions: Json | None
    live_version: int
    last: int | None
    received_after: datetime | None
    received_before: datetime | None
    capped: bool
    total: int | None
    judged: int
    newly_fires: int
    no_longer_fires: int
    same_fired: int
    same_filtered: int
    errors: int
    created_by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class ComparedEventView(Struct):
    """An event, and what both sides came to: `matched`, `not_matched` or `error`. The other fields
    are None when the event is past its retention."""

    id: UUID
    live: str
    edited: str
    received_at: datetime | None
    title: str | None
    size: int | None


_RENAMED = {"last": "asked_last", "received_after": "asked_from", "received_before": "asked_to"}
_BACKTEST_FIELDS = tuple(
    name for name in BacktestView.__struct_fields__ if not name.endswith("conditions")
)


def backtest_view(row: BacktestShown) -> BacktestView:
    """A backtest."""
    shown = {name: getattr(row, _RENAMED.get(name, name)) for name in _BACKTEST_FIELDS}
    return BacktestView(
        **shown,
        conditions=None if row.conditions is None else json_of(row.conditions),
        live_conditions=None if row.live_conditions is None else json_of(row.live_conditions),
    )


def compared_event_view(row: EventCompared) -> ComparedEventView:
    """An event of a backtest."""
    return ComparedEventView(
        **{name: getattr(row, name) for name in ComparedEventView.__struct_fields__}
    )
