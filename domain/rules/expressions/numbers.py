"""Arithmetic of expressions: exact, on values of one kind, within `MAX_NUMBER_DIGITS` digits.

Whole numbers and fractions mix (`3 + 1.5`). Whole numbers divide as in CEL, towards zero; with a
fraction on either side the quotient is exact if it ends within the digits, else rounded (half to
even) to 34 significant digits, as IEEE 754's decimal128 has them. What would have more digits than
a body's numbers may have is an error, and so is dividing by zero. `+` also joins texts and lists,
and `+` and `-` move times.
"""

from collections.abc import Callable
from decimal import Decimal, DecimalException, Inexact
from typing import Any

from domain.rules.expressions.times import moved
from domain.rules.expressions.values import (
    BIG,
    EXACT,
    MOST_PLAIN,
    CannotEvaluate,
    Duration,
    Kind,
    Operation,
    Run,
    Time,
    context,
    kind_of,
    named,
)
from domain.rules.json_values import MAX_NUMBER_DIGITS, Number, number_of

MAX_TEXT = 65_536
MAX_ITEMS = 10_000
"""Characters of a text, and items of a list, that an expression may build."""

_LIMIT: int = 10**MAX_NUMBER_DIGITS
_FRACTION = 12
_DIVISION = 40
_CHARACTERS_BUILT_A_STEP = 8
_ROUNDED = context(34)
_TOO_LONG = f"the result has more than {MAX_NUMBER_DIGITS} digits"
_BY_ZERO = "division by zero"
_WORDS = {
    "+": "added",
    "-": "subtracted",
    "*": "multiplied",
    "/": "divided",
    "%": "divided with a remainder",
}


def _whole(left: Any, right: Any, result: int, run: Run) -> int:
    if -MOST_PLAIN < left < MOST_PLAIN and -MOST_PLAIN < right < MOST_PLAIN:
        return result
    run.spend(BIG)
    if -_LIMIT < result < _LIMIT:
        return result
    raise CannotEvaluate(_TOO_LONG)


def _exactly(operate: Callable[[Any, Any], Decimal], left: Number, right: Number) -> Decimal:
    try:
        return operate(left, right)
    except DecimalException:
        raise CannotEvaluate(_TOO_LONG) from None


def _numbers(sign: str, left: Any, right: Any, run: Run, steps: int = _FRACTION) -> Any:
    number, other = number_of(left), number_of(right)
    if number is None or other is None:
        raise CannotEvaluate(cannot(sign, kind_of(left), kind_of(right)))
    run.spend(steps)
    return number, other


def cannot(sign: str, kind: str, other: str) -> str:
    """The sentence for kinds that have no such arithmetic."""
    return f"{named(kind)} and {named(other)} cannot be {_WORDS[sign]}"


def add(left: Any, right: Any, run: Run) -> Any:
    """`left + right`."""
    kind, other = type(left), type(right)
    if kind is int and other is int:
        return _whole(left, right, left + right, run)
    if kind is str and other is str:
        return _joined_texts(left, right, run)
    if kind is list and other is list:
        return _joined_lists(left, right, run)
    if other is Duration and kind in {Time, Duration}:
        return moved(left, right.nanoseconds)
    if kind is Duration and other is Time:
        return moved(right, left.nanoseconds)
    return _exactly(EXACT.add, *_numbers("+", left, right, run))


def _joined_texts(left: str, right: str, run: Run) -> str:
    length = len(left) + len(right)
    if length > MAX_TEXT:
        raise CannotEvaluate(f"the text would be longer than {MAX_TEXT:,} characters")
    run.spend(length // _CHARACTERS_BUILT_A_STEP)
    return left + right


def _joined_lists(left: list[Any], right: list[Any], run: Run) -> list[Any]:
    length = len(left) + len(right)
    if length > MAX_ITEMS:
        raise CannotEvaluate(f"the list would have more than {MAX_ITEMS:,} items")
    run.spend(length)
    return left + right


def subtract(left: Any, right: Any, run: Run) -> Any:
    """`left - right`."""
    kind, other = type(left), type(right)
    if kind is int and other is int:
        return _whole(left, right, left - right, run)
    if kind is Time and other is Time:
        return moved(Duration(left.nanoseconds), -right.nanoseconds)
    if other is Duration and kind in {Time, Duration}:
        return moved(left, -right.nanoseconds)
    return _exactly(EXACT.subtract, *_numbers("-", left, right, run))


def multiply(left: Any, right: Any, run: Run) -> Any:
    """`left * right`."""
    if type(left) is int and type(right) is int:
        return _whole(left, right, left * right, run)
    return _exactly(EXACT.multiply, *_numbers("*", left, right, run))


def divide(left: Any, right: Any, run: Run) -> Any:
    """`left / right`: of whole numbers the whole quotient, towards zero."""
    if type(left) is int and type(right) is int:
        if not right:
            raise CannotEvaluate(_BY_ZERO)
        quotient = abs(left) // abs(right)
        return _whole(left, right, quotient if (left < 0) is (right < 0) else -quotient, run)
    number, other = _numbers("/", left, right, run, _DIVISION)
    if not other:
        raise CannotEvaluate(_BY_ZERO)
    try:
        return EXACT.divide(number, other)
    except Inexact:
        return _exactly(_ROUNDED.divide, number, other)
    except DecimalException:
        raise CannotEvaluate(_TOO_LONG) from None


def remainder(left: Any, right: Any, run: Run) -> Any:
    """`left % right` of whole numbers; it has the sign of `left`."""
    if type(left) is int and type(right) is int:
        if not right:
            raise CannotEvaluate(_BY_ZERO)
        rest = abs(left) % abs(right)
        return _whole(left, right, -rest if left < 0 else rest, run)
    _numbers("%", left, right, run)
    raise CannotEvaluate("% needs whole numbers (int(…) makes one of a fraction)")


def opposite(value: Any, run: Run) -> Any:
    """`-value`."""
    if type(value) is int:
        return -value
    number = number_of(value)
    if number is None:
        raise CannotEvaluate(f"{named(kind_of(value))} has no opposite; `-` needs a number")
    run.spend(1)
    return -number if type(number) is int else number.copy_negate()  # type: ignore[union-attr]


OPERATIONS: dict[str, Operation] = {
    "+": add,
    "-": subtract,
    "*": multiply,
    "/": divide,
    "%": remainder,
}
_RESULTS: dict[tuple[str, str, str], str] = {
    ("+", "text", "text"): "text",
    ("+", "list", "list"): "list",
    ("+", "time", "duration"): "time",
    ("+", "duration", "time"): "time",
    ("+", "duration", "duration"): "duration",
    ("-", "time", "duration"): "time",
    ("-", "time", "time"): "duration",
    ("-", "duration", "duration"): "duration",
}


def result_kind(sign: str, kind: Kind, other: Kind) -> Kind:
    """The kind that comes out, None when it hangs on the event. Raises CannotEvaluate for kinds
    that have no such arithmetic, whatever the event."""
    if kind is None or other is None:
        return None
    if kind == other == "number":
        return "number"
    result = _RESULTS.get((sign, kind, other))
    if result is None:
        raise CannotEvaluate(cannot(sign, kind, other))
    return result
