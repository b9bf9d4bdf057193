"""Reading a value as the type that a clause asks for (`type`): what cannot be read is an error.

Without `type` nothing is ever converted. With it, both the value found and the value expected are:
`number` reads text such as `"250"` or `"2.5e3"`; `string` writes a number or a boolean as JSON
does; `boolean` reads `"true"` and `"false"`; `time` reads ISO 8601 with a zone, or an epoch.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

from domain.rules.checking import is_in_range
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

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,4})?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_TIME = 40
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
    if len(text) > _LONGEST_TIME:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    if instant.tzinfo is None:
        raise CannotJudge("the time has no zone: it needs Z or an offset like +02:00")
    since = instant - _EPOCH
    return Decimal(since.days * 86_400 + since.seconds) + Decimal(since.microseconds) / 1_000_000


def _named(value: JsonValue) -> str:
    return {"null": "null", "text": "this text"}.get(kind_of(value), f"a {kind_of(value)}")


COERCIONS: dict[str, Callable[[JsonValue], JsonValue]] = {
    "number": _to_number,
    "string": _to_string,
    "boolean": _to_boolean,
    "time": _to_time,
}
