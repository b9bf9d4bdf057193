"""Calendars and backfills as the API takes and shows them."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, field

from domain.rules.backfills import MOST_A_MINUTE
from domain.store.backfills import BackfillRow
from domain.store.calendars import CalendarListed, CalendarRow, CalendarUser

Content = Annotated[
    str,
    Meta(
        description="For `dates` one a line, such as `2026-12-24 Christmas Eve` or "
        "`2026-12-24..2026-12-26 Christmas`; for `ics` the text of an iCalendar file.",
        examples=["2026-12-24..2026-12-26 Christmas\n2027-01-01 New Year"],
    ),
]
Instant = Annotated[str, Meta(examples=["2026-11-23T00:00:00Z"])]


class CreateCalendar(Struct, forbid_unknown_fields=True):
    """Named days. `source` is `dates` or `ics`."""

    name: Annotated[str, Meta(examples=["Public holidays"])]
    content: Content
    source: Annotated[str, Meta(examples=["dates"])] = "dates"


class EditCalendar(Struct, forbid_unknown_fields=True):
    """What to change. With `revision`, only if that is the present one."""

    name: str | UnsetType = UNSET
    content: Content | UnsetType = UNSET
    source: str | UnsetType = UNSET
    revision: int | UnsetType = UNSET


class DaysView(Struct):
    """Days from `first` to `last`, both included."""

    first: date
    last: date
    name: str


class CalendarView(Struct):
    """A calendar of a list; `days` is how many it holds."""

    id: UUID
    name: str
    source: str
    days: int
    updated_at: datetime


class CalendarDetail(Struct):
    """A calendar: what was given, the days that it comes to, and the triggers whose schedules use
    it."""

    id: UUID
    name: str
    source: str
    content: str
    dates: list[DaysView]
    trigger_ids: list[UUID]
    revision: int
    created_at: datetime
    updated_at: datetime


def calendar_view(row: CalendarListed) -> CalendarView:
    """A calendar of a list."""
    return CalendarView(row.id, row.name, row.source, row.dates.days, row.updated_at)


def calendar_detail(row: CalendarRow, users: list[CalendarUser]) -> CalendarDetail:
    """A calendar."""
    return CalendarDetail(
        id=row.id,
        name=row.name,
        source=row.source,
        content=row.content,
        dates=[DaysView(*each) for each in row.dates],
        trigger_ids=[each.id for each in users],
        revision=row.revision,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


class StartBackfill(Struct, forbid_unknown_fields=True):
    """Which slots of the past to run: those of the schedule as it is now, from `from` to `to` (now,
    where that is left out); at most 366 days back and 5,000 slots."""

    since: Instant = field(name="from")
    until: Instant | None = field(name="to", default=None)
    per_minute: Annotated[int, Meta(description=f"1 to {MOST_A_MINUTE} slots a minute.")] = 60
    which: Annotated[
        str, Meta(description="`not_fired`: only those that have no event yet; or `all`.")
    ] = "not_fired"
    note: str = ""


class BackfillView(Struct):
    """A backfill: `released` of its `total` slots have gone. `state` is `running` (it waits while
    its trigger is off), `finished` or `canceled`."""

    id: UUID
    trigger_id: UUID
    since: datetime = field(name="from")
    until: datetime = field(name="to")
    per_minute: int
    note: str
    state: str
    total: int
    released: int
    created_by: str
    created_at: datetime
    ended_at: datetime | None


_RENAMED = {"since": "range_from", "until": "range_to"}


def backfill_view(row: BackfillRow) -> BackfillView:
    """A backfill."""
    names = BackfillView.__struct_fields__
    return BackfillView(**{name: getattr(row, _RENAMED.get(name, name)) for name in names})
