"""Reading a calendar as people give it: dates one a line, or an ICS file."""

import re
from collections.abc import Iterable
from datetime import date

from domain.errors import InvalidInput
from domain.rules.checking import Problems
from domain.rules.schedules.calendars import MOST_DATES, DateRange, Dates, dates_of
from domain.rules.schedules.ics import InvalidIcs, days_of_events, read_events
from domain.rules.schedules.recurrence import Budget, TooMuch
from domain.rules.schedules.wall_times import FIRST_YEAR, LAST_YEAR

MOST_BYTES = 1024 * 1024
YEARS_AHEAD = 10
"""How far ahead events that repeat are written out."""

_YEARS_BACK = 2
_MOST_NAME = 100
# What a machine looks at in a part of a second.
_MOST_DAYS_LOOKED_AT = 200_000
_MOST_EVENTS = 20_000
_LINE = re.compile(
    r"(?P<first>[0-9]{4}-[0-9]{2}-[0-9]{2})(?:\s*\.\.\s*(?P<last>[0-9]{4}-[0-9]{2}-[0-9]{2}))?"
    r"(?:[\s,;]+(?P<name>.*))?"
)


def read_dates(text: str, field: str = "content") -> Dates:
    """The dates of a text: `2026-12-24 Christmas Eve` or `2026-12-24..2026-12-26 Christmas` a line.

    Empty lines and those that begin with # say nothing. Raises InvalidInput, naming the lines.
    """
    _check_size(text, field)
    problems, found = Problems(), list[DateRange]()
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            found.append(_date_range(line.strip()))
        except ValueError as error:
            problems.add(field, f"line {number} {error}")
    problems.raise_any()
    return _bounded(found, field)


def _date_range(line: str) -> DateRange:
    given = _LINE.fullmatch(line)
    if given is None:
        raise ValueError("is no date such as 2026-12-24, or 2026-12-24..2026-12-26")
    first = _day(given["first"])
    last = _day(given["last"]) if given["last"] else first
    if last < first:
        raise ValueError("ends before it begins")
    return DateRange(first, last, _name(given["name"] or ""))


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"has a day that no month has: {text}") from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"must lie in the years {FIRST_YEAR} to {LAST_YEAR}")
    return day


def read_ics(text: str, today: date, field: str = "content") -> Dates:
    """The days of the events of an ICS file: of those that repeat from two years ago to ten ahead,
    whole years each.

    An event is on the days that it says: `20261224T180000Z` is the 24th in every zone. Raises
    InvalidInput, naming the event.
    """
    _check_size(text, field)
    since, until = date(today.year - _YEARS_BACK, 1, 1), date(today.year + YEARS_AHEAD, 12, 31)
    try:
        events = read_events(text)
        if len(events) > _MOST_EVENTS:
            raise InvalidInput.at(field, f"has more than {_MOST_EVENTS:,} events")
        ranges = list(days_of_events(events, since, until, Budget(_MOST_DAYS_LOOKED_AT)))
    except InvalidIcs as error:
        raise InvalidInput.at(field, str(error)) from None
    except TooMuch:
        raise InvalidInput.at(field, "repeats too much to be written out") from None
    return _bounded(
        (
            each._replace(name=_name(each.name))
            for each in ranges
            if each.first.year >= FIRST_YEAR and each.last.year <= LAST_YEAR
        ),
        field,
    )


def _check_size(text: str, field: str) -> None:
    # Half of a surrogate pair is a character that cannot be encoded, and is refused elsewhere.
    if len(text.encode("utf-8", "replace")) > MOST_BYTES:
        raise InvalidInput.at(field, "is larger than 1 MiB")


def _bounded(ranges: Iterable[DateRange], field: str) -> Dates:
    dates = dates_of(ranges)
    if not dates.ranges:
        raise InvalidInput.at(field, "holds no dates")
    if len(dates.ranges) > MOST_DATES:
        raise InvalidInput.at(field, f"holds more than {MOST_DATES:,} dates")
    return dates


def _name(text: str) -> str:
    """A name that can be stored and shown on one line."""
    return "".join(each for each in " ".join(text.split()) if each.isprintable())[:_MOST_NAME]
