"""Calendars: named sets of local dates that a schedule runs only on, or not on."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

Use = Literal["only_on", "not_on"]

MOST_DATES = 5_000


class CalendarUse(NamedTuple):
    """How a schedule uses a calendar of its team."""

    calendar_id: UUID
    use: Use


class DateRange(NamedTuple):
    """Days from `first` to `last`, both included, and what they are called."""

    first: date
    last: date
    name: str = ""


@dataclass(frozen=True, slots=True)
class Dates:
    """What one calendar holds: ranges in order, which do not overlap (`dates_of` makes them so)."""

    ranges: tuple[DateRange, ...] = ()

    def __contains__(self, day: date) -> bool:
        """Whether the calendar holds a day."""
        return self.name_of(day) is not None

    def __iter__(self) -> Iterator[DateRange]:
        """The ranges, in order."""
        return iter(self.ranges)

    def name_of(self, day: date) -> str | None:
        """What the calendar calls a day ("" for one without a name); None: it does not hold it."""
        place = bisect_right(self.ranges, day, key=lambda each: each.first)
        found = self.ranges[place - 1] if place else None
        return found.name if found and day <= found.last else None

    @property
    def days(self) -> int:
        """How many days it holds."""
        return sum((each.last - each.first).days + 1 for each in self.ranges)


def dates_of(ranges: Iterable[DateRange]) -> Dates:
    """The dates of ranges in any order. A day that several hold is the earlier range's; days of one
    name that follow each other are one range."""
    found: list[DateRange] = []
    for each in sorted(ranges):
        following = found[-1].last + timedelta(days=1) if found else date.min
        first = max(each.first, following)
        if first > each.last:
            continue
        if found and first == following and each.name == found[-1].name:
            found[-1] = found[-1]._replace(last=each.last)
        else:
            found.append(DateRange(first, each.last, each.name))
    return Dates(tuple(found))


def suppressed_by(
    uses: Sequence[CalendarUse], calendars: Mapping[UUID, Dates], day: date
) -> UUID | None:
    """The calendar that does not let a schedule run on a day of its zone; None: all let it.

    "Not on" always wins. Of several "only on" any one suffices; if none holds the day, it is the
    first of them that says no. A calendar that is not there holds nothing.
    """
    for each in uses:
        if each.use == "not_on" and day in calendars.get(each.calendar_id, Dates()):
            return each.calendar_id
    only_on = [each.calendar_id for each in uses if each.use == "only_on"]
    if only_on and not any(day in calendars.get(each, Dates()) for each in only_on):
        return only_on[0]
    return None
