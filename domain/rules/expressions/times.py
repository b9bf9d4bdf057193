"""Times and durations of expressions: `timestamp("2026-11-27T09:30:00Z") + duration("1h30m")`.

Exact to the nanosecond, from the year 1 to 9999; a duration spans at most 10,000 years. A time is
read from RFC 3339 or from seconds since 1970, a duration from CEL's `1h30m`. Zones are `UTC` or an
offset such as `+02:00`: named ones change with the tables of a machine, and a verdict must be the
same when it is worked out again years later.
"""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from domain.rules.expressions.values import EXACT, CannotEvaluate, Duration, Time
from domain.rules.json_values import number_of

SECOND = 1_000_000_000
_MINUTE = 60 * SECOND
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_LONGEST = 64
_EPOCH = date(1970, 1, 1).toordinal()
_FIRST = (date.min.toordinal() - _EPOCH) * _DAY
_LAST = (date.max.toordinal() - _EPOCH + 1) * _DAY - 1
_MOST_SECONDS = 10**12
_LONGEST_DURATION = 315_576_000_000 * SECOND + SECOND - 1
_UNITS = {
    "h": _HOUR, "m": _MINUTE, "s": SECOND, "ms": 1_000_000, "us": 1_000, "ns": 1,
}  # fmt: skip

_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
    r"(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
)
_COMPONENT = r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ms|us|ns|h|m|s)"
_COMPONENTS = re.compile(_COMPONENT)
_DURATION = re.compile(rf"([+-]?)((?:{_COMPONENT})+|0)")
_ZONE = re.compile(r"([+-]?)([0-9]{2}):([0-9]{2})")

_NO_TIME = "a time is written like 2026-11-27T09:30:00Z, or given in seconds since 1970"
_NO_DURATION = "a duration is written like 90s, 1h30m or 250ms (a day is 24h)"
_NO_ZONE = "a zone is UTC or an offset such as +02:00"
_OUT_OF_RANGE = "the time is out of range"


def moved(value: Any, nanoseconds: int) -> Any:
    """A Time or Duration, so much later or longer. Raises CannotEvaluate out of range."""
    result = value.nanoseconds + nanoseconds
    return time_at(result) if type(value) is Time else duration_of(result)


def time_at(nanoseconds: int) -> Time:
    """The time so long after 1970. Raises CannotEvaluate outside the years 1 to 9999."""
    if not _FIRST <= nanoseconds <= _LAST:
        raise CannotEvaluate(_OUT_OF_RANGE)
    return Time(nanoseconds)


def duration_of(nanoseconds: int) -> Duration:
    """The duration. Raises CannotEvaluate when it spans more than 10,000 years."""
    if abs(nanoseconds) > _LONGEST_DURATION:
        raise CannotEvaluate("the duration is longer than 10,000 years")
    return Duration(nanoseconds)


def to_time(value: Any) -> Time:
    """`timestamp(value)`: of a time, of RFC 3339, or of seconds since 1970."""
    if type(value) is Time:
        return value
    if isinstance(value, str):
        return _read_time(value)
    number = number_of(value)
    if number is None or not -_MOST_SECONDS < number < _MOST_SECONDS:
        raise CannotEvaluate(f"{_OUT_OF_RANGE}; it is given in seconds since 1970")
    return time_at(int(Decimal(number).scaleb(9, EXACT)))


def _read_time(text: str) -> Time:
    found = _TIME.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        raise CannotEvaluate(_NO_TIME)
    year, month, day, hour, minute, second = map(int, found.groups()[:6])
    if hour > 23 or minute > 59 or second > 60:  # noqa: PLR2004  # 60: a leap second, RFC 3339 §5.7
        raise CannotEvaluate(_NO_TIME)
    try:
        days = date(year, month, day).toordinal() - _EPOCH
    except ValueError:
        raise CannotEvaluate("there is no such day") from None
    fraction = int((found[7] or "0")[:9].ljust(9, "0"))
    offset = _offset(found[8], found[9], found[10]) if found[8] else 0
    clock = hour * _HOUR + minute * _MINUTE + second * SECOND + fraction
    return time_at(days * _DAY + clock - offset)


def _offset(sign: str, hours: str, minutes: str) -> int:
    if int(hours) > 23 or int(minutes) > 59:  # noqa: PLR2004  # What a clock shows.
        raise CannotEvaluate(_NO_ZONE)
    offset = int(hours) * _HOUR + int(minutes) * _MINUTE
    return -offset if sign == "-" else offset


def to_duration(value: Any) -> Duration:
    """`duration(value)`: of a duration, or of a text such as `1h30m`."""
    if type(value) is Duration:
        return value
    found = _DURATION.fullmatch(value) if len(value) <= _LONGEST else None
    if found is None:
        raise CannotEvaluate(_NO_DURATION)
    total = sum(
        int(EXACT.multiply(Decimal(amount), _UNITS[unit]))
        for amount, unit in _COMPONENTS.findall(found[2])
    )
    return duration_of(-total if found[1] == "-" else total)


def time_text(time: Time) -> str:
    """`2026-11-27T09:30:00.5Z`."""
    seconds, fraction = divmod(time.nanoseconds, SECOND)
    days, rest = divmod(seconds, _DAY // SECOND)
    hours, rest = divmod(rest, 3_600)
    day = date.fromordinal(days + _EPOCH).isoformat()
    return f"{day}T{hours:02}:{rest // 60:02}:{rest % 60:02}{_fraction(fraction)}Z"


def duration_text(duration: Duration) -> str:
    """`5400s`, `-0.5s`."""
    seconds, fraction = divmod(abs(duration.nanoseconds), SECOND)
    return f"{'-' if duration.nanoseconds < 0 else ''}{seconds}{_fraction(fraction)}s"


def _fraction(nanoseconds: int) -> str:
    return f".{nanoseconds:09}".rstrip("0") if nanoseconds else ""


def get(getter: str, value: Time | Duration, zone: str = "UTC") -> int:
    """What `value.getHours()` and its like say: of a time in `zone`, of a duration in all."""
    if type(value) is Duration:
        return _get_of_duration(getter, value.nanoseconds)
    days, clock = divmod(value.nanoseconds + _zone(zone), _DAY)
    if getter in _CLOCK:
        unit, modulus = _CLOCK[getter]
        return clock // unit % modulus
    try:
        return _CALENDAR[getter](date.fromordinal(days + _EPOCH))
    except ValueError:
        raise CannotEvaluate(_OUT_OF_RANGE) from None


def _get_of_duration(getter: str, nanoseconds: int) -> int:
    if getter not in _CLOCK:
        raise CannotEvaluate(f"a duration has no {getter}()")
    unit = _CLOCK[getter][0]
    whole = abs(nanoseconds) // unit
    if getter == "getMilliseconds":  # CEL: what is left of the seconds; the others tell all of it.
        whole %= 1_000
    return -whole if nanoseconds < 0 else whole


def _zone(text: str) -> int:
    if text == "UTC":
        return 0
    found = _ZONE.fullmatch(text)
    if found is None:
        raise CannotEvaluate(_NO_ZONE)
    return _offset(*found.groups())


_CLOCK = {
    "getHours": (_HOUR, 24),
    "getMinutes": (_MINUTE, 60),
    "getSeconds": (SECOND, 60),
    "getMilliseconds": (1_000_000, 1_000),
}
_CALENDAR: dict[str, Callable[[date], int]] = {
    "getFullYear": lambda day: day.year,
    "getMonth": lambda day: day.month - 1,
    "getDate": lambda day: day.day,
    "getDayOfMonth": lambda day: day.day - 1,
    "getDayOfWeek": lambda day: day.isoweekday() % 7,
    "getDayOfYear": lambda day: day.timetuple().tm_yday - 1,
}
GETTERS = (*_CLOCK, *_CALENDAR)
"""As in CEL: months and days of the year (and of the month, but for `getDate`) count from 0, and
the week starts with Sunday as 0."""
