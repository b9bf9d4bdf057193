"""When a schedule should have been due: the auditor's answer, on a path of its own.

It shares neither code nor library with the path that fires (`schedule.py`, `cron.py`, croniter): a
fault there must not hide here. It reads a stored config by itself, goes day by day where the other
walks from jump to jump, and asks of each wall time which instants show it. What both come to is
compared by tests, and by the ledger, always.
"""

from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from domain.rules.schedules.zones import zone_named

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_BEFORE, _BEYOND = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_NAMES = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9,
    "oct": 10, "nov": 11, "dec": 12,
    "sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6,
}  # fmt: skip


def expected(config: Mapping[str, Any], start: datetime, end: datetime) -> list[datetime]:
    """The instants (UTC) in (start, end] at which a stored config comes due, in order; also those
    that a policy for gaps and folds does not run."""
    zone = zone_named(config.get("zone") or "UTC", "config.zone")
    low, high = start.astimezone(UTC), end.astimezone(UTC)
    starts_at, ends_at = config.get("starts_at"), config.get("ends_at")
    first = min(_instants(zone, starts_at)) if starts_at else _BEFORE
    last = max(_instants(zone, ends_at)) if ends_at else _BEYOND
    high = min(high, last)
    if high <= low:
        return []
    found = {
        at
        for at in _due(config, zone, max(low, first - _MINUTE), high)
        if low < at <= high and first <= at < _BEYOND
    }
    return sorted(found)


def _due(
    config: Mapping[str, Any], zone: ZoneInfo, low: datetime, high: datetime
) -> Iterator[datetime]:
    """The instants of a config, at least all between the bounds."""
    form = config["form"]
    if form == "cron":
        yield from _cron(config["cron"], zone, low, high)
    elif form == "every" and config["unit"] == "days":
        yield from _each_days(config, zone, low, high)
    elif form == "every":
        step = config["every"] * {"minutes": 60, "hours": 3_600}[config["unit"]]
        yield from _each_step(min(_instants(zone, config["anchor"])), step, low, high)
    else:
        for given in [config["at"]] if form == "once" else config["instants"]:
            yield from _instants(zone, given)


def _each_step(anchor: datetime, step: int, low: datetime, high: datetime) -> Iterator[datetime]:
    at = anchor
    if low > anchor:
        at += timedelta(seconds=int((low - anchor).total_seconds()) // step * step)
    while at <= high:
        yield at
        at += timedelta(seconds=step)


def _each_days(
    config: Mapping[str, Any], zone: ZoneInfo, low: datetime, high: datetime
) -> Iterator[datetime]:
    given = datetime.fromisoformat(config["anchor"].upper())
    anchor = given.astimezone(zone).replace(tzinfo=None, fold=0) if given.tzinfo else given
    earliest, latest = _walls_within(zone, low, high)
    for day in _days(earliest, latest):
        ahead = (day - anchor.date()).days
        if ahead >= 0 and ahead % config["every"] == 0:
            yield from _showing(zone, datetime.combine(day, anchor.time()))


def _instants(zone: ZoneInfo, text: str) -> list[datetime]:
    at = datetime.fromisoformat(text.upper())
    return [at.astimezone(UTC)] if at.tzinfo else _showing(zone, at)


def _walls_within(zone: ZoneInfo, low: datetime, high: datetime) -> tuple[datetime, datetime]:
    """The first and the last wall time that may belong to an instant between the bounds: those that
    a clock shows then, by any of its offsets of these days, and those that it left out."""
    day, offsets = low - _DAY, list[timedelta]()
    while day < high + _DAY:
        offsets.append(day.astimezone(zone).utcoffset() or timedelta(0))
        day += _DAY
    offsets.append((high + _DAY).astimezone(zone).utcoffset() or timedelta(0))
    jump = max(offsets) - min(offsets)
    start, end = low.replace(tzinfo=None), high.replace(tzinfo=None)
    return start + min(offsets) - jump, end + max(offsets) + jump


def _days(earliest: datetime, latest: datetime) -> Iterator[date]:
    for ahead in range((latest.date() - earliest.date()).days + 1):
        yield earliest.date() + ahead * _DAY


def _cron(text: str, zone: ZoneInfo, low: datetime, high: datetime) -> Iterator[datetime]:
    minutes, hours, days, months, weekdays = text.lower().split()
    in_hour = [minute for minute in range(60) if _holds(minutes, minute, 59)]
    times = [time(hour, each) for hour in range(24) if _holds(hours, hour, 23) for each in in_hour]
    real_time = minutes.startswith("*") or hours.startswith("*")
    earliest, latest = _walls_within(zone, low, high)
    for day in _days(earliest, latest):
        if not _is_day(day, days, months, weekdays):
            continue
        for at in times:
            wall = datetime.combine(day, at)
            if earliest <= wall <= latest:
                yield from _existing(zone, wall) if real_time else _showing(zone, wall)


def _is_day(day: date, days: str, months: str, weekdays: str) -> bool:
    if not _holds(months, day.month, 12):
        return False
    by_date = _holds(days, day.day, 31) or (
        "l" in days.split(",") and day.day == monthrange(day.year, day.month)[1]
    )
    number = day.isoweekday()
    names_week = f"#{(day.day + 6) // 7}"
    by_weekday = any(
        _holds(item.removesuffix(names_week), spelled, 7)
        for item in weekdays.split(",")
        for spelled in ({0, 7} if number == 7 else {number})  # noqa: PLR2004 - Sunday
        if "#" not in item or item.endswith(names_week)
    )
    if days.startswith("*") or weekdays.startswith("*"):
        return by_date and by_weekday
    return by_date or by_weekday


def _holds(field: str, number: int, highest: int) -> bool:
    """Whether a field's list holds a number."""
    for item in field.split(","):
        span, _, step = item.partition("/")
        low, _, high = span.partition("-")
        if low == "*":
            low, high = ("1" if highest in {12, 31} else "0"), str(highest)
        elif low == "l":
            continue
        first = _number(low)
        if first <= number <= (_number(high) if high else first) and (
            (number - first) % int(step or 1) == 0
        ):
            return True
    return False


def _number(text: str) -> int:
    return _NAMES[text] if text in _NAMES else int(text)


def _existing(zone: ZoneInfo, wall: datetime) -> list[datetime]:
    """The instants at which clocks of a zone show a wall time: none, one or two."""
    found = {wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return [at for at in found if at.astimezone(zone).replace(tzinfo=None, fold=0) == wall]


def _showing(zone: ZoneInfo, wall: datetime) -> list[datetime]:
    """The same; and for a wall time that is left out, the instant from which later ones show."""
    found = _existing(zone, wall)
    if found:
        return found
    # The clock shows less than `wall` at the one, more at the other.
    shows_less = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    seconds = int((wall.replace(tzinfo=zone, fold=0).astimezone(UTC) - shows_less).total_seconds())
    least, most = 0, seconds
    while most - least > 1:
        middle = (least + most) // 2
        at = shows_less + timedelta(seconds=middle)
        if at.astimezone(zone).replace(tzinfo=None) < wall:
            least = middle
        else:
            most = middle
    return [shows_less + timedelta(seconds=most)]
