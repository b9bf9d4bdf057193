"""How the operators test one value: from the expected value to a test.

Types are strict. Equality between different types is simply false; ordering, and looking into what
has no inside, raises `CannotJudge`, which the clause reports as an error: never true, and never
silently false (row A43 of the attack catalogue). Text compares by code points (row A48).
"""

import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from domain.rules.coercions import CannotJudge
from domain.rules.json_values import JsonValue, kind_of, number_of, same

Test = Callable[[JsonValue], bool]
Build = Callable[[Any], Test]

MAX_ITEMS = 100_000
"""Items of a list that `contains` looks through."""

JSON_TYPES: dict[str, str] = {
    "null": "null",
    "boolean": "boolean",
    "number": "number",
    "string": "text",
    "array": "list",
    "object": "object",
}
"""The types of JSON (RFC 8259 §1), each with the word that `kind_of` has for it."""


def negated(build: Build) -> Build:
    """The opposite test. What cannot be judged stays an error."""

    def build_opposite(expected: Any) -> Test:
        test = build(expected)
        return lambda actual: not test(actual)

    return build_opposite


def equal(expected: JsonValue) -> Test:
    """The same JSON value."""
    if type(expected) is str:  # the most frequent by far, and no other kind equals a text
        return lambda actual: actual == expected
    return lambda actual: same(actual, expected)


def ordering(compare: Callable[[Any, Any], bool]) -> Build:
    """Numbers with numbers, texts with texts."""

    def build(expected: JsonValue) -> Test:
        if isinstance(expected, str):
            return lambda actual: compare(text_in(actual), expected)
        bound = number_of(expected)
        return lambda actual: compare(_number(actual), bound)

    return build


def between(bounds: list[JsonValue]) -> Test:
    """From the first bound to the second, both included."""
    low, high = (ordering(compare)(b) for compare, b in zip(_BETWEEN, bounds, strict=True))
    return lambda actual: low(actual) and high(actual)


_BETWEEN = (operator.ge, operator.le)


def is_in(expected: JsonValue) -> Test:
    """One of a list of plain values."""
    choices = {_key(choice) for choice in expected} if isinstance(expected, list) else set()
    return lambda actual: not isinstance(actual, list | dict) and _key(actual) in choices


def _key(scalar: JsonValue) -> tuple[str, object]:
    # Equal numbers hash alike whether int or Decimal; the kind keeps True apart from 1.
    number = number_of(scalar)
    return (kind_of(scalar), scalar if number is None else number)


def contains(expected: JsonValue) -> Test:
    """A text inside a text, or an item of a list."""

    def test(actual: JsonValue) -> bool:
        if isinstance(actual, list):
            if len(actual) > MAX_ITEMS:
                raise CannotJudge(f"the list has more than {MAX_ITEMS:,} items")
            if isinstance(expected, str):
                return expected in actual
            return any(same(item, expected) for item in actual)
        if isinstance(actual, str) and isinstance(expected, str):
            return expected in actual
        wanted = "a text or a list" if isinstance(expected, str) else "a list"
        raise CannotJudge(f"{wanted} is needed here, not a value of type {kind_of(actual)}")

    return test


def starts_with(expected: JsonValue) -> Test:
    """How a text begins."""
    return lambda actual: text_in(actual).startswith(str(expected))


def ends_with(expected: JsonValue) -> Test:
    """How a text ends."""
    return lambda actual: text_in(actual).endswith(str(expected))


def is_null(_expected: JsonValue) -> Test:
    """Null: there, but without a value."""
    return lambda actual: actual is None


def is_empty(_expected: JsonValue) -> Test:
    """Null, an empty text, an empty list, an object without members."""

    def test(actual: JsonValue) -> bool:
        return actual is None or _length(actual) == 0

    return test


def is_type(expected: JsonValue) -> Test:
    """A type of JSON."""
    wanted = JSON_TYPES[str(expected)]
    return lambda actual: kind_of(actual) == wanted


def length(compare: Callable[[Any, Any], bool]) -> Build:
    """Characters of a text, items of a list, members of an object."""

    def build(expected: JsonValue) -> Test:
        bound = number_of(expected)
        return lambda actual: compare(_length(actual), bound)

    return build


def within_last(span_and_now: tuple[Decimal, Decimal]) -> Test:
    """A time that lies at most so long before the event, and not after it."""
    span, now = span_and_now
    return lambda actual: now - span <= _number(actual) <= now


def older_than(span_and_now: tuple[Decimal, Decimal]) -> Test:
    """A time that lies more than so long before the event."""
    span, now = span_and_now
    return lambda actual: _number(actual) < now - span


def anything(_expected: JsonValue) -> Test:
    """Whatever is there."""
    return lambda _actual: True


def nothing(_expected: JsonValue) -> Test:
    """Whatever is there is wrong."""
    return lambda _actual: False


def text_in(actual: JsonValue) -> str:
    """`actual` if it is a text. Raises CannotJudge."""
    if not isinstance(actual, str):
        raise CannotJudge(f"a text is needed here, not a value of type {kind_of(actual)}")
    return actual


def _number(actual: JsonValue) -> Any:
    number = number_of(actual)
    if number is None:
        raise CannotJudge(f"a number is needed here, not a value of type {kind_of(actual)}")
    return number


def _length(actual: JsonValue) -> int:
    if not isinstance(actual, str | list | dict):
        kind = kind_of(actual)
        raise CannotJudge(f"a text, list or object is needed here, not a value of type {kind}")
    return len(actual)
