"""The operators of a clause: from the expected value to a test of one value found.

Types are strict. Equality between different types is simply false; ordering, and looking into what
has no inside, raises `CannotJudge`, which the clause reports as an error: never true, and never
silently false (row A43 of the attack catalogue). Text compares by code points (row A48).
"""

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from domain.rules.coercions import CannotJudge
from domain.rules.json_values import JsonValue, kind_of, number_of, same
from domain.rules.path_walk import MAX_VISITS

Test = Callable[[JsonValue], bool]
Takes = Literal["anything", "orderable", "list", "text", "nothing"]

MAX_LIST = 1_000
_EVERY_TYPE = frozenset({"number", "string", "boolean", "time"})
_ORDERED_TYPES = frozenset({"number", "string", "time"})
_TEXT_TYPES = frozenset({"string"})


@dataclass(frozen=True, slots=True)
class Operator:
    """What an operator takes as its value, the `type`s it allows, and how its test is made."""

    takes: Takes
    build: Callable[[JsonValue], Test]
    types: frozenset[str] = field(default=frozenset())


def _equal(expected: JsonValue) -> Test:
    return lambda actual: same(actual, expected)


def _not_equal(expected: JsonValue) -> Test:
    return lambda actual: not same(actual, expected)


def _ordering(compare: Callable[[Any, Any], bool]) -> Callable[[JsonValue], Test]:
    def build(expected: JsonValue) -> Test:
        if isinstance(expected, str):
            return lambda actual: compare(_text(actual), expected)
        bound = number_of(expected)
        return lambda actual: compare(_number(actual), bound)

    return build


def _text(actual: JsonValue) -> str:
    if not isinstance(actual, str):
        raise CannotJudge(f"a text is needed here, not a value of type {kind_of(actual)}")
    return actual


def _number(actual: JsonValue) -> Any:
    number = number_of(actual)
    if number is None:
        raise CannotJudge(f"a number is needed here, not a value of type {kind_of(actual)}")
    return number


def _in(expected: JsonValue) -> Test:
    choices = {_key(choice) for choice in expected} if isinstance(expected, list) else set()
    return lambda actual: not isinstance(actual, list | dict) and _key(actual) in choices


def _key(scalar: JsonValue) -> tuple[str, object]:
    # Equal numbers hash alike whether int or Decimal; the kind keeps True apart from 1.
    number = number_of(scalar)
    return (kind_of(scalar), scalar if number is None else number)


def _not_in(expected: JsonValue) -> Test:
    is_in = _in(expected)
    return lambda actual: not is_in(actual)


def _contains(expected: JsonValue) -> Test:
    def test(actual: JsonValue) -> bool:
        if isinstance(actual, list):
            if len(actual) > MAX_VISITS:
                raise CannotJudge(f"the list has more than {MAX_VISITS:,} items")
            if isinstance(expected, str):
                return expected in actual
            return any(same(item, expected) for item in actual)
        if isinstance(actual, str) and isinstance(expected, str):
            return expected in actual
        wanted = "a text or a list" if isinstance(expected, str) else "a list"
        raise CannotJudge(f"{wanted} is needed here, not a value of type {kind_of(actual)}")

    return test


def _starts_with(expected: JsonValue) -> Test:
    return lambda actual: _text(actual).startswith(str(expected))


def _ends_with(expected: JsonValue) -> Test:
    return lambda actual: _text(actual).endswith(str(expected))


def _anything(_expected: JsonValue) -> Test:
    return lambda _actual: True


def _nothing(_expected: JsonValue) -> Test:
    return lambda _actual: False


OPERATORS: dict[str, Operator] = {
    "eq": Operator("anything", _equal, _EVERY_TYPE),
    "ne": Operator("anything", _not_equal, _EVERY_TYPE),
    "gt": Operator("orderable", _ordering(operator.gt), _ORDERED_TYPES),
    "gte": Operator("orderable", _ordering(operator.ge), _ORDERED_TYPES),
    "lt": Operator("orderable", _ordering(operator.lt), _ORDERED_TYPES),
    "lte": Operator("orderable", _ordering(operator.le), _ORDERED_TYPES),
    "in": Operator("list", _in, _EVERY_TYPE),
    "not_in": Operator("list", _not_in, _EVERY_TYPE),
    "contains": Operator("anything", _contains, _TEXT_TYPES),
    "starts_with": Operator("text", _starts_with, _TEXT_TYPES),
    "ends_with": Operator("text", _ends_with, _TEXT_TYPES),
    "exists": Operator("nothing", _anything),
    "not_exists": Operator("nothing", _nothing),
}


def accepts(operator_: Operator, value: JsonValue) -> str | None:
    """What is wrong with `value` as the value of a clause with this operator, or None."""
    if operator_.takes == "orderable":
        wrong = number_of(value) is None and not isinstance(value, str)
        return "must be a number or a text" if wrong else None
    if operator_.takes == "text":
        return None if isinstance(value, str) else "must be a text"
    if operator_.takes == "list" and not _is_list_of_scalars(value):
        return f"must be a list of 1 to {MAX_LIST:,} texts, numbers, booleans or nulls"
    return None


def _is_list_of_scalars(value: JsonValue) -> bool:
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_LIST:
        return False
    return not any(isinstance(item, list | dict) for item in value)
