"""Calendars: the days of a year month by month, and what is near."""

import calendar as months
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from domain.operations.foresee_calendar import Touched
from domain.rules.calendar_changes import DAYS_AHEAD
from domain.rules.schedules.calendars import DateRange, Dates
from domain.rules.schedules.wall_times import FIRST_YEAR, LAST_YEAR
from domain.store.calendars import CalendarListed, CalendarUser
from web.presenters.words import count_words

WEEKDAYS = tuple(zip(months.day_abbr, months.day_name, strict=True))
_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Day:
    """A day of a month; `name` is what the calendar calls it, None where it does not hold it."""

    date: date
    name: str | None
    today: bool

    @property
    def title(self) -> str:
        """What stands beside the number, for the ear and on hovering."""
        return self.name or "in the calendar"


@dataclass(frozen=True, slots=True)
class Month:
    """A month: its weeks from Monday on, None for days of other months."""

    name: str
    weeks: tuple[tuple[Day | None, ...], ...]
    held: int


@dataclass(frozen=True, slots=True)
class Year:
    """A year of a calendar, and the ones beside it that may be shown."""

    number: int
    months: tuple[Month, ...]
    ranges: tuple[DateRange, ...]
    before: int | None
    after: int | None

    @property
    def held(self) -> int:
        """How many of its days the calendar holds."""
        return sum(month.held for month in self.months)


def year_of(dates: Dates, number: int, today: date) -> Year:
    """The year of a calendar."""
    first, last = date(number, 1, 1), date(number, 12, 31)
    return Year(
        number,
        tuple(_month(dates, number, month, today) for month in range(1, _MONTHS + 1)),
        tuple(each for each in dates if each.first <= last and each.last >= first),
        number - 1 if number > FIRST_YEAR else None,
        number + 1 if number < LAST_YEAR else None,
    )


def _month(dates: Dates, year: int, month: int, today: date) -> Month:
    weeks = tuple(
        tuple(
            Day(date(year, month, number), dates.name_of(date(year, month, number)),
                date(year, month, number) == today) if number else None
            for number in week
        )
        for week in months.Calendar().monthdayscalendar(year, month)
    )  # fmt: skip
    held = sum(day is not None and day.name is not None for week in weeks for day in week)
    return Month(f"{months.month_name[month]} {year}", weeks, held)


def year_in(text: str | None, dates: Dates, today: date) -> int:
    """The year that an address names; without one, that of the calendar's next day, or else of its
    last one."""
    if text and text.isascii() and text.isdigit() and FIRST_YEAR <= int(text[:5]) <= LAST_YEAR:
        return int(text)
    near = next_day(dates, today)
    if near is not None:
        return near.first.year
    return dates.ranges[-1].last.year if dates.ranges else today.year


def next_day(dates: Dates, today: date) -> DateRange | None:
    """The first of its ranges that is not over."""
    return next((each for each in dates if each.last >= today), None)


def range_words(each: DateRange) -> str:
    """`2026-12-24`, or `2026-12-24 to 2026-12-26`."""
    return f"{each.first}" if each.first == each.last else f"{each.first} to {each.last}"


def covers_years(dates: Dates) -> str:
    """From which year to which it holds days."""
    if not dates.ranges:
        return "no days"
    first, last = dates.ranges[0].first.year, dates.ranges[-1].last.year
    return f"{first}" if first == last else f"{first} to {last}"


@dataclass(frozen=True, slots=True)
class CalendarRowShown:
    """A calendar of the list."""

    calendar: CalendarListed
    next: DateRange | None
    users: Sequence[CalendarUser]

    @property
    def next_words(self) -> str:
        """When its next day is."""
        return range_words(self.next) if self.next else ""


def calendar_rows(
    listed: Sequence[CalendarListed], users: Mapping[UUID, Sequence[CalendarUser]], today: date
) -> list[CalendarRowShown]:
    """The list's rows."""
    return [
        CalendarRowShown(each, next_day(each.dates, today), users.get(each.id, ()))
        for each in listed
    ]


def touched_words(touched: Touched) -> str:
    """What becomes of a trigger's coming slots."""
    slots = touched.slots
    if slots is None:
        return f"its coming {DAYS_AHEAD} days were not counted"
    more = "at least " if slots.capped else ""
    parts = [
        f"{more}{count_words(amount, 'slot')} {words if amount == 1 else many}"
        for amount, words, many in (
            (slots.run, "runs that would not have run", "run that would not have run"),
            (slots.fall_out, "does not run any more", "do not run any more"),
        )
        if amount
    ]
    return " and ".join(parts)
