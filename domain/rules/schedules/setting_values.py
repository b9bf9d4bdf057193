"""The values of a schedule's settings, one by one: what is wrong with each, at its field."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from domain.rules.ids import parse_id
from domain.rules.schedules.calendars import CalendarUse
from domain.rules.schedules.cron import Cron, InvalidCron, parse_cron
from domain.rules.schedules.wall_times import FIRST_YEAR, LAST_YEAR
from domain.rules.setting_reader import Fault

MOST_INSTANTS = 1_000
MOST_CALENDARS = 10


def cron_of(value: object) -> Cron:
    """A cron expression."""
    if not isinstance(value, str):
        raise Fault("must be text")
    try:
        return parse_cron(value)
    except InvalidCron as error:
        raise Fault(str(error)) from None


_TIME = re.compile(
    r"(?P<year>[0-9]{4,9})-[0-9]{2}-[0-9]{2}[Tt ]"
    r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(?P<fraction>\.[0-9]{1,9})?)?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)


def time_of(value: object) -> datetime:
    """A wall time (naive) or an instant (UTC), in whole seconds."""
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise Fault("must be a time such as 2026-12-24T18:00, or with an offset as in RFC 3339")
    if found["fraction"] and found["fraction"].strip(".0"):
        raise Fault("has fractions of a second")
    years = f"must lie in the years {FIRST_YEAR} to {LAST_YEAR}"
    if not FIRST_YEAR <= int(found["year"]) <= LAST_YEAR:
        raise Fault(years)
    try:
        at = datetime.fromisoformat(found[0].upper())
    except ValueError:
        raise Fault("is no time of any calendar") from None
    at = at.astimezone(UTC) if at.tzinfo else at
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise Fault(years)
    return at


def instants_of(value: object) -> tuple[datetime, ...]:
    """A list of times."""
    if not isinstance(value, list | tuple) or not value:
        raise Fault("must be a list of times")
    if len(value) > MOST_INSTANTS:
        raise Fault(f"must be at most {MOST_INSTANTS:,} times")
    found: list[datetime] = []
    for place, each in enumerate(value):
        try:
            found.append(time_of(each))
        except Fault as fault:
            raise Fault(str(fault), str(place)) from None
    return tuple(found)


def calendars_of(value: object) -> tuple[CalendarUse, ...]:
    """A list of calendars and what they are used for, each once."""
    if not isinstance(value, list | tuple):
        raise Fault("must be a list of calendars")
    if len(value) > MOST_CALENDARS:
        raise Fault(f"must be at most {MOST_CALENDARS} calendars")
    uses = tuple(_calendar(each, str(place)) for place, each in enumerate(value))
    if len({each.calendar_id for each in uses}) < len(uses):
        raise Fault("names a calendar twice")
    return uses


def _calendar(value: object, place: str) -> CalendarUse:
    if not isinstance(value, Mapping) or not value.keys() <= {"id", "use"}:
        raise Fault("must be an object with id and use", place)
    given = value.get("id")
    calendar_id = parse_id(given) if isinstance(given, str) else None
    if calendar_id is None:
        raise Fault("is no id of a calendar", f"{place}.id")
    if value.get("use") not in ("only_on", "not_on"):
        raise Fault("must be only_on or not_on", f"{place}.use")
    return CalendarUse(calendar_id, value["use"])
