"""The values of a schedule's settings, one by one: what is wrong with each, at its field."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from domain.rules.checking import Problems
from domain.rules.ids import parse_id
from domain.rules.schedules.calendars import CalendarUse
from domain.rules.schedules.cron import Cron, InvalidCron, parse_cron
from domain.rules.schedules.wall_times import FIRST_YEAR, LAST_YEAR

MOST_INSTANTS = 1_000
MOST_CALENDARS = 10

T = TypeVar("T")


class _Fault(Exception):
    """What is wrong with a value; `part` names the place within it."""

    def __init__(self, message: str, part: str = "") -> None:
        super().__init__(message)
        self.part = part


class Reader:
    """Reads settings one by one; what is wrong goes to `problems`. None stands for the default."""

    def __init__(self, raw: Mapping[str, Any], field: str, problems: Problems) -> None:
        self._raw = raw
        self._field = field
        self._problems = problems

    def read(self, name: str, check: Callable[[Any], T], default: T) -> T:
        value = self._raw.get(name)
        if value is None:
            return default
        try:
            return check(value)
        except _Fault as fault:
            part = f".{fault.part}" if fault.part else ""
            self._problems.add(f"{self._field}.{name}{part}", str(fault))
            return default

    def needed(self, name: str, check: Callable[[Any], T]) -> T | None:
        if self._raw.get(name) is None:
            self._problems.add(f"{self._field}.{name}", "is missing")
            return None
        return self.read(name, cast("Callable[[Any], T | None]", check), None)

    def choice(self, name: str, choices: Sequence[str], default: str | None) -> Any:
        """One of `choices`; without a default it must be given."""

        def check(value: Any) -> str:
            if value not in choices:
                raise _Fault(f"must be one of {', '.join(choices)}")
            return str(value)

        return self.needed(name, check) if default is None else self.read(name, check, default)

    def whole_number(self, name: str, default: int, bounds: tuple[int, int]) -> int:
        return self.read(name, lambda value: whole_number(value, bounds), default)


def whole_number(value: object, bounds: tuple[int, int]) -> int:
    """A whole number between bounds, which are included."""
    low, high = bounds
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise _Fault(f"must be a whole number from {low} to {high:,}")
    return value


def cron_of(value: object) -> Cron:
    """A cron expression."""
    if not isinstance(value, str):
        raise _Fault("must be text")
    try:
        return parse_cron(value)
    except InvalidCron as error:
        raise _Fault(str(error)) from None


_TIME = re.compile(
    r"(?P<year>[0-9]{4,9})-[0-9]{2}-[0-9]{2}[Tt ]"
    r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(?P<fraction>\.[0-9]{1,9})?)?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)


def time_of(value: object) -> datetime:
    """A wall time (naive) or an instant (UTC), in whole seconds."""
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise _Fault("must be a time such as 2026-12-24T18:00, or with an offset as in RFC 3339")
    if found["fraction"] and found["fraction"].strip(".0"):
        raise _Fault("has fractions of a second")
    years = f"must lie in the years {FIRST_YEAR} to {LAST_YEAR}"
    if not FIRST_YEAR <= int(found["year"]) <= LAST_YEAR:
        raise _Fault(years)
    try:
        at = datetime.fromisoformat(found[0].upper())
    except ValueError:
        raise _Fault("is no time of any calendar") from None
    at = at.astimezone(UTC) if at.tzinfo else at
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise _Fault(years)
    return at


def instants_of(value: object) -> tuple[datetime, ...]:
    """A list of times."""
    if not isinstance(value, list | tuple) or not value:
        raise _Fault("must be a list of times")
    if len(value) > MOST_INSTANTS:
        raise _Fault(f"must be at most {MOST_INSTANTS:,} times")
    found: list[datetime] = []
    for place, each in enumerate(value):
        try:
            found.append(time_of(each))
        except _Fault as fault:
            raise _Fault(str(fault), str(place)) from None
    return tuple(found)


def calendars_of(value: object) -> tuple[CalendarUse, ...]:
    """A list of calendars and what they are used for, each once."""
    if not isinstance(value, list | tuple):
        raise _Fault("must be a list of calendars")
    if len(value) > MOST_CALENDARS:
        raise _Fault(f"must be at most {MOST_CALENDARS} calendars")
    uses = tuple(_calendar(each, str(place)) for place, each in enumerate(value))
    if len({each.calendar_id for each in uses}) < len(uses):
        raise _Fault("names a calendar twice")
    return uses


def _calendar(value: object, place: str) -> CalendarUse:
    if not isinstance(value, Mapping) or not value.keys() <= {"id", "use"}:
        raise _Fault("must be an object with id and use", place)
    given = value.get("id")
    calendar_id = parse_id(given) if isinstance(given, str) else None
    if calendar_id is None:
        raise _Fault("is no id of a calendar", f"{place}.id")
    if value.get("use") not in ("only_on", "not_on"):
        raise _Fault("must be only_on or not_on", f"{place}.use")
    return CalendarUse(calendar_id, value["use"])
