"""Reading an ICS file (RFC 5545) for the days of its events.

Only what says days is looked at, line by line, in time that grows with the file alone: times, zones
and their definitions are not needed, since an event is on the days that it says, in whatever zone
the schedule runs. (icalendar, which reads everything, takes seconds for a megabyte of empty lines.)
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from domain.rules.schedules.calendars import DateRange
from domain.rules.schedules.recurrence import (
    Budget,
    InvalidRule,
    days_of_rule,
    parse_rule,
    read_day,
)

_MOST_DEPTH = 8
_LONGEST_EVENT = 3_660
_LONGEST_HEAD = 1_000
_LOOKED_AT = frozenset(
    ["DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "EXRULE", "SUMMARY", "UID",
     "RECURRENCE-ID", "STATUS"]
)  # fmt: skip
_DURATION = re.compile(
    r"\+?P(?:(?P<weeks>[0-9]{1,4})W)?(?:(?P<days>[0-9]{1,5})D)?"
    r"(?:T(?:(?P<hours>[0-9]{1,6})H)?(?:[0-9]{1,8}M)?(?:[0-9]{1,9}S)?)?"
)
_ESCAPED = re.compile(r"\\([\\;,nN])")
_DAY = timedelta(days=1)


class InvalidIcs(ValueError):
    """Not an ICS file that can be read; the message says why."""


class Value(NamedTuple):
    """A property's value; `is_date`: it is a day, not a time."""

    text: str
    is_date: bool


@dataclass(slots=True)
class Event:
    """The properties of an event that say its days, as they were given."""

    number: int
    values: dict[str, list[Value]] = field(default_factory=dict)

    def first(self, name: str) -> str:
        """A property's value, the first of several; "" without one."""
        found = self.values.get(name)
        return found[0].text if found else ""

    @property
    def name(self) -> str:
        """What it is called, on one line."""
        text = _ESCAPED.sub(lambda each: " " if each[1] in "nN" else each[1], self.first("SUMMARY"))
        return " ".join(text.split())

    def days(self, names: str) -> Iterator[date]:
        """The days of all values of a property that may come often, and hold lists."""
        for value in self.values.get(names, ()):
            for piece in value.text.split(","):
                # Of a PERIOD its start.
                yield read_day(piece.partition("/")[0])


def read_events(text: str) -> list[Event]:
    """The events of a file. Raises InvalidIcs."""
    events: list[Event] = []
    inside: list[str] = []
    for line in _lines(text):
        name, value = _property(line)
        if name == "BEGIN":
            inside.append(value.text.upper())
            if inside[0] != "VCALENDAR" or len(inside) > _MOST_DEPTH:
                break
            if inside == ["VCALENDAR", "VEVENT"]:
                events.append(Event(len(events) + 1))
        elif name == "END":
            if not inside or inside.pop() != value.text.upper():
                break
        elif inside == ["VCALENDAR", "VEVENT"] and name in _LOOKED_AT:
            events[-1].values.setdefault(name, []).append(value)
        elif not inside:
            break
    else:
        if not inside and text.strip():
            return events
    raise InvalidIcs("is no ICS file: it must go from BEGIN:VCALENDAR to END:VCALENDAR")


def _lines(text: str) -> Iterator[str]:
    """The lines, long ones put together again (§3.1), without empty ones."""
    one_way = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    unfolded = one_way.replace("\n ", "").replace("\n\t", "")
    return (line for line in unfolded.split("\n") if line.strip())


def _property(line: str) -> tuple[str, Value]:
    """A line's name and value. Of its parameters only VALUE=DATE says something to us, and what
    stands in quotes may hold colons."""
    head, _, text = line.partition(":")
    while head.count('"') % 2 and text and len(head) < _LONGEST_HEAD:
        more, _, text = text.partition('"')
        rest, _, text = text.partition(":")
        head = f'{head}:{more}"{rest}'
    name, *parameters = head.upper().split(";")
    is_date = "VALUE=DATE" in parameters or len(text.strip()) == len("20261224")
    return name.strip(), Value(text.strip(), is_date)


def days_of_events(
    events: Sequence[Event], since: date, until: date, budget: Budget
) -> Iterator[DateRange]:
    """The days of events: all those of events that come once, and from `since` to `until` those of
    events that repeat. Raises InvalidIcs, and TooMuch."""
    replaced: dict[str, set[date]] = {}
    for event in events:
        if event.first("RECURRENCE-ID"):
            days = replaced.setdefault(event.first("UID"), set())
            days.update(_checked(event, "RECURRENCE-ID"))
    for event in events:
        if event.first("STATUS").upper() == "CANCELLED":
            continue
        is_series = not event.first("RECURRENCE-ID")
        left_out = replaced.get(event.first("UID"), set()) if is_series else set()
        try:
            yield from _days_of_event(event, left_out, (since, until), budget)
        except InvalidRule as error:
            raise _wrong(event, str(error)) from None


def _days_of_event(
    event: Event, left_out: set[date], window: tuple[date, date], budget: Budget
) -> Iterator[DateRange]:
    if not event.first("DTSTART"):
        raise _wrong(event, "has no DTSTART")
    if event.first("EXRULE"):
        raise _wrong(event, "has an EXRULE, which is not supported")
    start = read_day(event.first("DTSTART"))
    more = _length(event, start) - 1
    days = {start, *event.days("RDATE")}
    for rule in event.values.get("RRULE", ()):
        days.update(days_of_rule(parse_rule(rule.text), start, *window, budget))
    budget.spend(len(days))
    for day in sorted(days - left_out - set(event.days("EXDATE"))):
        if (date.max - day).days > more:
            yield DateRange(day, day + timedelta(days=more), event.name)


def _length(event: Event, start: date) -> int:
    """How many days an event is long."""
    if event.first("DTEND"):
        value = event.values["DTEND"][0]
        days = (read_day(value.text) - start).days
        # An end is not included: neither a day nor midnight.
        at_midnight = value.is_date or "T000000" in value.text.upper()
        length = max(1, days if at_midnight else days + 1)
    else:
        length = _duration(event, event.first("DURATION"))
    if length > _LONGEST_EVENT:
        raise _wrong(event, f"is longer than {_LONGEST_EVENT:,} days")
    return length


def _duration(event: Event, text: str) -> int:
    if not text:
        return 1
    found = _DURATION.fullmatch(text.upper())
    if found is None:
        raise _wrong(event, f"has a duration that is none: {text[:32]!r}")
    weeks, days, hours = (int(each or 0) for each in found.group("weeks", "days", "hours"))
    # Whether some hours reach into the next day depends on when they begin; the start's day counts.
    return max(1, weeks * 7 + days + hours // 24)


def _checked(event: Event, name: str) -> list[date]:
    try:
        return list(event.days(name))
    except InvalidRule as error:
        raise _wrong(event, str(error)) from None


def _wrong(event: Event, message: str) -> InvalidIcs:
    name = f" ({event.name[:40]})" if event.name else ""
    return InvalidIcs(f"event {event.number}{name} {message}")
