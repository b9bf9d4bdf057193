"""Recurrence rules of iCalendar (RFC 5545 §3.3.10), for whole days, within bounds.

A rule is expanded period by period: of the days of a year, month, week or day those stay that all
of its BY parts allow. Each day looked at costs a step of a budget, so that a rule which names no
day at all (`BYMONTH=2;BYMONTHDAY=30`) ends like any other; python-dateutil looks for such a day
until the year 9999.
"""

import re
from calendar import isleap
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from typing import Literal, NamedTuple, cast

Frequency = Literal["YEARLY", "MONTHLY", "WEEKLY", "DAILY"]

_FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY")
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
# They choose times of a day, which is the same day whatever they say.
_OF_NO_DAY = frozenset({"BYHOUR", "BYMINUTE", "BYSECOND"})
_WEEKDAY = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_DATE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(T[0-9]{6}Z?)?")
_NUMBER = re.compile(r"[+-]?[0-9]{1,5}")
_MOST_NUMBERS = 400
_DAY = timedelta(days=1)
_WEEK = 7
_FEBRUARY = 2
_MONTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class InvalidRule(ValueError):
    """Not a rule that can be expanded; the message says why."""


class TooMuch(Exception):
    """The budget is spent."""


class Budget:
    """How many days may still be looked at."""

    def __init__(self, days: int) -> None:
        self._left = days

    def spend(self, days: int) -> None:
        """Take some. Raises TooMuch when there are not so many left."""
        self._left -= days
        if self._left < 0:
            raise TooMuch


class Nth(NamedTuple):
    """A weekday (Monday is 0), and which one of its month or year; 0: each."""

    weekday: int
    nth: int


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule. Empty parts restrict nothing; `until` is included."""

    frequency: Frequency
    interval: int = 1
    most: int | None = None
    until: date | None = None
    months: frozenset[int] = frozenset()
    month_days: frozenset[int] = frozenset()
    year_days: frozenset[int] = frozenset()
    weekdays: frozenset[Nth] = frozenset()
    positions: tuple[int, ...] = ()
    week_start: int = 0

    def completed(self, start: date) -> "Rule":
        """The rule with what it leaves to the day on which it starts."""
        months, month_days, weekdays = self.months, self.month_days, self.weekdays
        if not (month_days or self.year_days or weekdays):
            if self.frequency == "YEARLY":
                months, month_days = months or frozenset([start.month]), frozenset([start.day])
            elif self.frequency == "MONTHLY":
                month_days = frozenset([start.day])
            elif self.frequency == "WEEKLY":
                weekdays = frozenset([Nth(start.weekday(), 0)])
        return Rule(
            self.frequency, self.interval, self.most, self.until, months, month_days,
            self.year_days, weekdays, self.positions, self.week_start,
        )  # fmt: skip


def days_of_rule(
    rule: Rule, start: date, since: date, until: date, budget: Budget
) -> Iterator[date]:
    """The days of a rule that starts on a day, in order, from `since` to `until`."""
    rule = rule.completed(start)
    last = min(until, rule.until or until)
    # Who counts, counts from the start.
    found, first = 0, start if rule.most is not None else max(start, since)
    for period in _periods(rule, start, first, last):
        for day in _chosen(rule, period, budget):
            if day < start or day < first:
                continue
            found += 1
            if day > last or (rule.most is not None and found > rule.most):
                return
            if day >= since:
                yield day


def _periods(rule: Rule, start: date, first: date, last: date) -> Iterator[tuple[date, date]]:
    """The periods (from, below) that may hold days from `first` to `last`: each `interval`-th from
    that of the start."""
    for period in count(_period_of(rule, start, first)):
        low = _period_start(rule, start, period)
        if low is None or low > last:
            return
        yield low, _period_start(rule, start, period, 1) or date.max


def _period_of(rule: Rule, start: date, day: date) -> int:
    """The number of the period that holds a day, or of the one before the pause that does."""
    if rule.frequency == "YEARLY":
        apart = day.year - start.year
    elif rule.frequency == "MONTHLY":
        apart = (day.year - start.year) * 12 + day.month - start.month
    elif rule.frequency == "WEEKLY":
        apart = (day - _week_start(rule, start)).days // _WEEK
    else:
        apart = (day - start).days
    return max(0, apart // rule.interval)


def _period_start(rule: Rule, start: date, period: int, further: int = 0) -> date | None:
    """When a period begins, or the one `further` on in the calendar; None: in no year we know."""
    ahead = period * rule.interval + further
    try:
        if rule.frequency == "YEARLY":
            return date(start.year + ahead, 1, 1)
        if rule.frequency == "MONTHLY":
            months = start.year * 12 + start.month - 1 + ahead
            return date(months // 12, months % 12 + 1, 1)
        if rule.frequency == "WEEKLY":
            return _week_start(rule, start) + timedelta(weeks=ahead)
        return start + timedelta(days=ahead)
    except (OverflowError, ValueError):
        return None


def _week_start(rule: Rule, day: date) -> date:
    back = timedelta(days=(day.weekday() - rule.week_start) % _WEEK)
    return day - back if day - date.min >= back else date.min


def _chosen(rule: Rule, period: tuple[date, date], budget: Budget) -> list[date]:
    """The days of a period that a rule names."""
    found = [day for day in _candidates(rule, period, budget) if _allows(rule, day)]
    if not rule.positions:
        return found
    many = len(found)
    places = {place - 1 if place > 0 else many + place for place in rule.positions}
    return [found[place] for place in sorted(places) if 0 <= place < many]


def _candidates(rule: Rule, period: tuple[date, date], budget: Budget) -> Iterator[date]:
    """The days of a period in months that the rule names."""
    day, below = period
    budget.spend(1)
    while day < below:
        if rule.months and day.month not in rule.months:
            following = day.replace(day=1) + timedelta(days=_days_in(day.year, day.month))
            day = max(day + _DAY, following)
            continue
        budget.spend(1)
        yield day
        day += _DAY


def _allows(rule: Rule, day: date) -> bool:
    if rule.month_days:
        in_month = _days_in(day.year, day.month)
        if day.day not in rule.month_days and day.day - in_month - 1 not in rule.month_days:
            return False
    if rule.year_days:
        in_year, day_of_year = _place_in_year(day)
        if day_of_year not in rule.year_days and day_of_year - in_year - 1 not in rule.year_days:
            return False
    return not rule.weekdays or _allows_weekday(rule, day)


def _allows_weekday(rule: Rule, day: date) -> bool:
    weekday = day.weekday()
    if (weekday, 0) in rule.weekdays:
        return True
    if rule.frequency == "YEARLY" and not rule.months:
        many, place = _place_in_year(day)
    else:
        many, place = _days_in(day.year, day.month), day.day
    nth, nth_last = (place - 1) // _WEEK + 1, -((many - place) // _WEEK) - 1
    return (weekday, nth) in rule.weekdays or (weekday, nth_last) in rule.weekdays


def _days_in(year: int, month: int) -> int:
    return _MONTHS[month - 1] + (month == _FEBRUARY and isleap(year))


def _place_in_year(day: date) -> tuple[int, int]:
    """How many days the year of a day has, and which of them it is."""
    return 365 + isleap(day.year), day.toordinal() - date(day.year, 1, 1).toordinal() + 1


def parse_rule(text: str) -> Rule:
    """The rule that an RRULE spells. Raises InvalidRule."""
    parts = _parts(text)
    frequency = parts.pop("FREQ", "")
    if frequency not in _FREQUENCIES:
        raise InvalidRule("repeats by a FREQ other than YEARLY, MONTHLY, WEEKLY or DAILY")
    rule = Rule(
        cast("Frequency", frequency),
        interval=_number(parts, "INTERVAL") or 1,
        most=_number(parts, "COUNT"),
        until=read_day(parts.pop("UNTIL")) if "UNTIL" in parts else None,
        months=frozenset(_numbers(parts, "BYMONTH", 1, 12)),
        month_days=frozenset(_numbers(parts, "BYMONTHDAY", -31, 31)),
        year_days=frozenset(_numbers(parts, "BYYEARDAY", -366, 366)),
        weekdays=frozenset(_weekdays(parts.pop("BYDAY", ""))),
        positions=tuple(_numbers(parts, "BYSETPOS", -366, 366)),
        week_start=_week_day(parts.pop("WKST", "MO")),
    )
    if parts:
        raise InvalidRule(f"repeats by {', '.join(sorted(parts))[:64]}, which is not supported")
    if frequency in {"WEEKLY", "DAILY"} and any(each.nth for each in rule.weekdays):
        raise InvalidRule("repeats on an nth weekday of neither a month nor a year")
    return rule


def read_day(text: str) -> date:
    """The day of a DATE or DATE-TIME, as it is written. Raises InvalidRule."""
    found = _DATE.fullmatch(text.strip())
    try:
        if found:
            return date(*map(int, found.groups()[:3]))
    except ValueError:
        pass
    raise InvalidRule(f"has a date that is none: {text[:32]!r}")


def _parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for piece in text.strip().upper().strip(";").split(";"):
        name, _, value = piece.partition("=")
        if name in parts or not value:
            raise InvalidRule("has a rule that is none")
        if name not in _OF_NO_DAY:
            parts[name] = value
    return parts


def _number(parts: dict[str, str], name: str) -> int | None:
    found = list(_numbers(parts, name, 1, 99_999))
    return found[0] if found else None


def _numbers(parts: dict[str, str], name: str, low: int, high: int) -> Iterator[int]:
    given = parts.pop(name, "")
    pieces = given.split(",") if given else []
    if len(pieces) > _MOST_NUMBERS:
        raise InvalidRule(f"has a long {name}")
    for piece in pieces:
        number = int(piece) if _NUMBER.fullmatch(piece) else 0
        if not number or not low <= number <= high:
            raise InvalidRule(f"has a {name} that is none: {piece[:16]!r}")
        yield number


def _weekdays(text: str) -> Iterator[Nth]:
    for piece in text.split(",") if text else []:
        found = _WEEKDAY.fullmatch(piece)
        if found is None:
            raise InvalidRule(f"has a BYDAY that is none: {piece[:16]!r}")
        yield Nth(_WEEKDAYS.index(found[2]), int(found[1] or 0))


def _week_day(text: str) -> int:
    if text not in _WEEKDAYS:
        raise InvalidRule("has a WKST that is none")
    return _WEEKDAYS.index(text)
