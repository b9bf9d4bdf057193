"""The operators of a clause: what each takes as its value, and how its test is made.

The tests themselves are in `comparisons.py`.
"""

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from domain.rules import comparisons
from domain.rules.coercions import CannotJudge, to_seconds
from domain.rules.comparisons import JSON_TYPES, Build
from domain.rules.json_values import JsonValue, number_of

Takes = Literal[
    "anything", "orderable", "range", "list", "text", "regex", "type", "length", "time", "span",
    "expression", "nothing",
]  # fmt: skip

MAX_LIST = 1_000
_EVERY_TYPE = frozenset({"number", "string", "boolean", "time"})
_ORDERED_TYPES = frozenset({"number", "string", "time"})
_TEXT_TYPES = frozenset({"string"})


@dataclass(frozen=True, slots=True)
class Operator:
    """What an operator takes as its value, the `type`s it allows, and how its test is made.

    `reads_as` is the type that values are read as without being asked. `folds` says that it can
    disregard case, `compares` that its value may be another field's. The test of one that is
    `relative` is built from the value and the event's instant.
    """

    takes: Takes
    build: Build
    types: frozenset[str] = field(default=frozenset())
    reads_as: str | None = None
    folds: bool = False
    compares: bool = True
    relative: bool = False


OPERATORS: dict[str, Operator] = {
    "eq": Operator("anything", comparisons.equal, _EVERY_TYPE, folds=True),
    "ne": Operator("anything", comparisons.negated(comparisons.equal), _EVERY_TYPE, folds=True),
    "gt": Operator("orderable", comparisons.ordering(operator.gt), _ORDERED_TYPES),
    "gte": Operator("orderable", comparisons.ordering(operator.ge), _ORDERED_TYPES),
    "lt": Operator("orderable", comparisons.ordering(operator.lt), _ORDERED_TYPES),
    "lte": Operator("orderable", comparisons.ordering(operator.le), _ORDERED_TYPES),
    "between": Operator("range", comparisons.between, _ORDERED_TYPES),
    "in": Operator("list", comparisons.is_in, _EVERY_TYPE, folds=True),
    "not_in": Operator("list", comparisons.negated(comparisons.is_in), _EVERY_TYPE, folds=True),
    "contains": Operator("anything", comparisons.contains, _TEXT_TYPES, folds=True),
    "not_contains": Operator(
        "anything", comparisons.negated(comparisons.contains), _TEXT_TYPES, folds=True
    ),
    "starts_with": Operator("text", comparisons.starts_with, _TEXT_TYPES, folds=True),
    "ends_with": Operator("text", comparisons.ends_with, _TEXT_TYPES, folds=True),
    "matches": Operator("regex", comparisons.anything, _TEXT_TYPES, folds=True, compares=False),
    "exists": Operator("nothing", comparisons.anything, compares=False),
    "not_exists": Operator("nothing", comparisons.nothing, compares=False),
    "is_null": Operator("nothing", comparisons.is_null, compares=False),
    "is_empty": Operator("nothing", comparisons.is_empty, compares=False),
    "is_type": Operator("type", comparisons.is_type, compares=False),
    "length_eq": Operator("length", comparisons.length(operator.eq)),
    "length_gt": Operator("length", comparisons.length(operator.gt)),
    "length_lt": Operator("length", comparisons.length(operator.lt)),
    "before": Operator("time", comparisons.ordering(operator.lt), reads_as="time"),
    "after": Operator("time", comparisons.ordering(operator.gt), reads_as="time"),
    "within_last": Operator(
        "span", comparisons.within_last, reads_as="time", compares=False, relative=True
    ),
    "older_than": Operator(
        "span", comparisons.older_than, reads_as="time", compares=False, relative=True
    ),
    "expr": Operator("expression", comparisons.anything, compares=False),
}
# A clause that matches a pattern searches by itself, and an expression is a clause of its own kind
# (`expression_clauses.py`): their tests here are never asked.


def accepts(operator_: Operator, value: JsonValue) -> str | None:
    """What is wrong with `value` as the value of a clause with this operator, or None.

    Values that are read as a type have been read by then: a time is a number.
    """
    fault_of = _FAULTS.get(operator_.takes)
    return None if fault_of is None else fault_of(value)


def _fault_of_orderable(value: JsonValue) -> str | None:
    return None if _is_orderable(value) else "must be a number or a text"


def _fault_of_text(value: JsonValue) -> str | None:
    return None if isinstance(value, str) else "must be a text"


def _fault_of_type(value: JsonValue) -> str | None:
    known = isinstance(value, str) and value in JSON_TYPES
    return None if known else f"must be one of {', '.join(JSON_TYPES)}"


def _fault_of_length(value: JsonValue) -> str | None:
    number = number_of(value)
    whole = number is not None and number >= 0 and number == number.__trunc__()
    return None if whole else "must be a whole number, at least 0"


def _fault_of_list(value: JsonValue) -> str | None:
    if _is_list_of_scalars(value):
        return None
    return f"must be a list of 1 to {MAX_LIST:,} texts, numbers, booleans or nulls"


def _is_orderable(value: JsonValue) -> bool:
    return isinstance(value, str) or number_of(value) is not None


def _fault_of_range(value: JsonValue) -> str | None:
    if not isinstance(value, list) or len(value) != 2:  # noqa: PLR2004 - from and to
        return "must be a list of two: from and to"
    low, high = value
    if not _is_orderable(low) or isinstance(low, str) != isinstance(high, str):
        return "must be two numbers or two texts"
    if not isinstance(low, str):
        low, high = number_of(low), number_of(high)
        if high is None:
            return "must be two numbers or two texts"
    return "must begin with the lower bound" if low > high else None  # type: ignore[operator]


def _fault_of_span(value: JsonValue) -> str | None:
    try:
        to_seconds(value)
    except CannotJudge as fault:
        return str(fault)
    return None


def _is_list_of_scalars(value: JsonValue) -> bool:
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_LIST:
        return False
    return not any(isinstance(item, list | dict) for item in value)


_FAULTS: dict[Takes, Callable[[JsonValue], str | None]] = {
    "orderable": _fault_of_orderable,
    "time": _fault_of_orderable,
    "range": _fault_of_range,
    "list": _fault_of_list,
    "text": _fault_of_text,
    "type": _fault_of_type,
    "length": _fault_of_length,
    "span": _fault_of_span,
}
