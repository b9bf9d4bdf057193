"""Reading a value as the type that a clause asks for (`type`): what cannot be read is an error.

Without `type` nothing is ever converted. With it, both the value found and the value expected are:
`number` reads text such as `"250"` or `"2.5e3"`; `string` writes a number or a boolean as JSON
does; `boolean` reads `"true"` and `"false"`; `time` reads ISO 8601 with a zone, or an epoch.
"""

import re
from collections.abc import Callable
from decimal import Decimal

from domain.rules.checking import is_in_range
from domain.rules.instants import WithoutZone, read_duration, read_iso
from domain.rules.json_values import (
    MAX_NUMBER_DIGITS,
    JsonValue,
    Number,
    kind_of,
    number_of,
    text_of,
)

MILLISECONDS_FROM = 100_000_000_000
"""An epoch of this size or more is in milliseconds: in seconds it would be after the year 5000."""

MAX_SPAN_S = 3_650 * 86_400

_LONGEST_READ = 1_024
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,4})?")
_BOOLEANS = {"true": True, "false": False}


class CannotJudge(Exception):
    """The value is not of a type that the operator can judge; the text says why."""


def _to_number(value: JsonValue) -> Number:
    number = number_of(value)
    if number is None and isinstance(value, str):
        number = _read_number(value)
    if number is None:
        raise CannotJudge(f"{_named(value)} cannot be read as a number")
    return number


def _read_number(text: str) -> Number | None:
    if len(text) > _LONGEST_READ:
        return None
    text = text.strip()
    if len(text) > MAX_NUMBER_DIGITS or not _NUMBER.fullmatch(text):
        return None
    number = Decimal(text)
    return number if is_in_range(number) else None


def _to_string(value: JsonValue) -> str:
    if value is None or isinstance(value, list | dict):
        raise CannotJudge(f"{_named(value)} cannot be read as text")
    return text_of(value)


def _to_boolean(value: JsonValue) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value in _BOOLEANS:
        return _BOOLEANS[value]
    raise CannotJudge(f"{_named(value)} cannot be read as true or false")


def _to_time(value: JsonValue) -> Decimal:
    """Seconds since 1970 (UTC), exact to the microsecond, so that any two times compare."""
    if isinstance(value, str):
        seconds = _read_iso(value)
        number = _read_number(value) if seconds is None else None
    else:
        seconds, number = None, number_of(value)
    if number is not None:
        seconds = Decimal(number)
        if abs(seconds) >= MILLISECONDS_FROM:
            seconds = seconds.scaleb(-3)
    if seconds is None:
        raise CannotJudge(f"{_named(value)} cannot be read as a time")
    return seconds


def _read_iso(text: str) -> Decimal | None:
    try:
        return read_iso(text)
    except WithoutZone:
        raise CannotJudge("the time has no zone: it needs Z or an offset like +02:00") from None


def to_seconds(value: JsonValue) -> Decimal:
    """A span of time: a number of seconds, or a text such as `90s`, `15m`, `24h`, `7d`, `2w`."""
    number = number_of(value)
    seconds = read_duration(value) if isinstance(value, str) else number
    if seconds is None or not 0 <= seconds <= MAX_SPAN_S:
        raise CannotJudge("a span of time is needed: seconds, or 90s, 15m, 24h, 7d, at most 3650d")
    return Decimal(seconds)


def folded(value: JsonValue) -> JsonValue:
    """Texts (also those in a list) without regard to case: Unicode's full case folding, and no
    normalisation (row A48); anything else as it is."""
    if isinstance(value, str):
        return value.casefold()
    if isinstance(value, list):
        return [item.casefold() if isinstance(item, str) else item for item in value]
    return value


def _named(value: JsonValue) -> str:
    return {"null": "null", "text": "this text"}.get(kind_of(value), f"a {kind_of(value)}")


COERCIONS: dict[str, Callable[[JsonValue], JsonValue]] = {
    "number": _to_number,
    "string": _to_string,
    "boolean": _to_boolean,
    "time": _to_time,
}
