"""The five fields of a cron expression, read strictly: each refusal says why.

What other programs understand (seconds, `R`, `H`, `?`, `W`, `@daily`) is refused by name, before
anything is done with it (rows A52 to A54 of the attack catalogue).
"""

import re
from dataclasses import dataclass, field
from typing import NamedTuple

LONGEST = 100
LAST_DAY = "L"

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_SUNDAY = 7
_MOST_NTH = 5


class InvalidCron(ValueError):
    """Not a cron expression that we run; the message says why."""


@dataclass(frozen=True, slots=True)
class FieldKind:
    """One of the five places: its name, its least and greatest number, its names' numbers."""

    name: str
    low: int
    high: int
    names: dict[str, int] = field(hash=False)


FIELDS = (
    FieldKind("minute", 0, 59, {}),
    FieldKind("hour", 0, 23, {}),
    FieldKind("day of the month", 1, 31, {}),
    FieldKind("month", 1, 12, {name: place for place, name in enumerate(_MONTHS, 1)}),
    FieldKind("day of the week", 0, _SUNDAY, {name: place for place, name in enumerate(_WEEKDAYS)}),
)


class Item(NamedTuple):
    """One item of a field's list: from `low` to `high`, each `step`-th. `star`: it was written `*`.
    `nth`: only the nth such weekday of a month."""

    low: int
    high: int
    step: int = 1
    star: bool = False
    nth: int = 0

    @property
    def numbers(self) -> range:
        """The numbers that it stands for."""
        return range(self.low, self.high + 1, self.step)


@dataclass(frozen=True, slots=True)
class Field:
    """A field as it was read. `star`: it begins with `*`. `last_day`: it also names the last day of
    the month."""

    kind: FieldKind
    items: tuple[Item, ...]
    star: bool
    last_day: bool

    @property
    def numbers(self) -> frozenset[int]:
        """The numbers that its items stand for, but those of an nth weekday; Sunday is 0."""
        found = {number for item in self.items if not item.nth for number in item.numbers}
        return frozenset(
            number % _SUNDAY if self.kind.high == _SUNDAY else number for number in found
        )

    @property
    def nths(self) -> frozenset[tuple[int, int]]:
        """The weekdays (Sunday is 0) of which it names only the nth of a month, each with its n."""
        return frozenset((item.low % _SUNDAY, item.nth) for item in self.items if item.nth)


def read_fields(text: str) -> list[Field]:
    """Minute, hour, day of the month, month and day of the week. Raises InvalidCron."""
    if len(text) > LONGEST:
        raise InvalidCron(f"is longer than {LONGEST} characters")
    _check_characters(text)
    given = text.split()
    _check_count(given)
    return [_field(kind, each) for kind, each in zip(FIELDS, given, strict=True)]


_STRANGE = re.compile(r"[^0-9A-Za-z*/,#@ \t-]")
_WORDS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}


def _check_characters(text: str) -> None:
    if "\n" in text or "\r" in text:
        raise InvalidCron("must stand on one line")
    if "?" in text:
        raise InvalidCron("has a ?, which cron does not know: write *")
    strange = _STRANGE.search(text)
    if strange and strange[0].isdigit():
        raise InvalidCron("has a digit other than 0 to 9")
    if strange:
        raise InvalidCron(f"has a character that cron does not know: {strange[0]!r}")
    if "@" in text:
        instead = _WORDS.get(text.strip().lower())
        advice = f": write {instead}" if instead else ""
        raise InvalidCron(f"words such as @daily or @reboot are not supported{advice}")


def _check_count(given: list[str]) -> None:
    if len(given) in {6, 7}:
        raise InvalidCron(
            f"has {len(given)} fields; seconds and years are not supported: write five fields, "
            "minute hour day month weekday"
        )
    if len(given) != len(FIELDS):
        raise InvalidCron(
            f"has {len(given)} fields; it must have exactly five: minute hour day month weekday"
        )


_ITEM = re.compile(
    r"(?P<low>\*|[0-9]+|[A-Za-z]+)(?:-(?P<high>[0-9A-Za-z]*))?"
    r"(?:/(?P<step>[0-9A-Za-z]*))?(?:#(?P<nth>[0-9A-Za-z]*))?"
)


def _field(kind: FieldKind, text: str) -> Field:
    pieces = text.split(",")
    last_day = kind.high == FIELDS[2].high and LAST_DAY in (piece.upper() for piece in pieces)
    items = [_item(kind, piece) for piece in pieces if not (last_day and piece.upper() == LAST_DAY)]
    return Field(kind, tuple(items), text.startswith("*"), last_day)


def _item(kind: FieldKind, piece: str) -> Item:
    if not piece:
        raise _wrong(kind, "has an empty place in its list")
    found = _ITEM.fullmatch(piece)
    if found is None:
        raise _wrong(kind, f"cannot be {piece}{_reason(piece)}")
    low, high, step, nth = found["low"], found["high"], found["step"], found["nth"]
    if nth is not None:
        return _nth_item(kind, piece, low, nth, is_plain=high is None and step is None)
    if low == "*":
        if high is not None:
            raise _wrong(kind, f"cannot be {piece}: * is no end of a range")
        return Item(
            kind.low,
            min(kind.high, 6) if kind.high == _SUNDAY else kind.high,
            _step(kind, step),
            star=True,
        )
    if step is not None and high is None:
        raise _wrong(
            kind,
            f"cannot be {piece}: a step follows * or a range, such as {low}-{kind.high}/{step}",
        )
    first = _number(kind, low)
    last = first if high is None else _number(kind, high)
    if last < first:
        raise _wrong(kind, f"has a range that runs backwards: {piece}{_sunday_hint(kind, last)}")
    return Item(first, last, _step(kind, step))


def _nth_item(kind: FieldKind, piece: str, low: str, nth: str, *, is_plain: bool) -> Item:
    if kind.high != _SUNDAY:
        raise _wrong(kind, f"cannot be {piece}: # belongs to the day of the week")
    if low == "*" or not is_plain:
        raise _wrong(kind, f"cannot be {piece}: # follows one weekday, such as mon#2")
    if not nth.isdigit() or not 1 <= int(nth) <= _MOST_NTH:
        raise _wrong(kind, f"cannot be {piece}: after # stands a number from 1 to {_MOST_NTH}")
    day = _number(kind, low)
    return Item(day, day, nth=int(nth))


def _number(kind: FieldKind, text: str) -> int:
    if text.isdigit():
        if not kind.low <= int(text) <= kind.high:
            raise _wrong(kind, f"must be from {kind.low} to {kind.high}, not {text}")
        return int(text)
    number = kind.names.get(text.lower())
    if number is None:
        raise _wrong(
            kind, f"cannot be {text}{_reason(text)}" if text else "has a range without an end"
        )
    return number


def _step(kind: FieldKind, text: str | None) -> int:
    if text is None:
        return 1
    if not text.isdigit() or not 1 <= int(text) <= kind.high:
        raise _wrong(kind, f"must have a step from 1 to {kind.high}, not {text or 'none'}")
    return int(text)


def _wrong(kind: FieldKind, message: str) -> InvalidCron:
    return InvalidCron(f"the {kind.name} {message}")


def _sunday_hint(kind: FieldKind, last: int) -> str:
    return "; at the end of a range Sunday is 7" if kind.high == _SUNDAY and last == 0 else ""


# What other programs understand, and what to say to those who know it from there.
_ELSEWHERE = (
    (
        re.compile(r"R(\(.*)?", re.IGNORECASE),
        ": random times (R) are not supported; use the jitter",
    ),
    (
        re.compile(r"H(\(.*)?", re.IGNORECASE),
        ": hashed times (H) are not supported; use the jitter",
    ),
    (re.compile(r"[0-9]*L?W", re.IGNORECASE), ": the nearest weekday (W) is not supported"),
    (re.compile(r"L.*|.*L", re.IGNORECASE), ": L stands alone, in the day of the month"),
)


def _reason(text: str) -> str:
    return next((reason for pattern, reason in _ELSEWHERE if pattern.fullmatch(text)), "")
