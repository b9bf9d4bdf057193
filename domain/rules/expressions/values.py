"""What expressions know of values: their kinds, when two are the same, which comes first.

Everything that takes time in proportion to a value is paid for in the steps of a `Run`, before it
is done. So the worst case is a matter of arithmetic, and the same on every machine.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import (
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
    Subnormal,
    Underflow,
)
from typing import Any, TypeAlias

from domain.rules.json_values import MAX_NUMBER_DIGITS, JsonValue, Number, number_of

CHARACTERS_A_STEP = 32
FREE_CHARACTERS = 256
"""Texts up to this length are compared within the step that compares them."""

ABSORBED = 16
"""Steps for an error that `&&`, `||` or a loop passes over: raising it is dear."""

MOST_PLAIN: int = 2**63
BIG = 24
"""Whole numbers up to the one are as quick as any; beyond it an operation takes so many steps more,
at 400 digits."""


@dataclass(frozen=True, slots=True, order=True)
class Time:
    """An instant: nanoseconds since 1970 (UTC)."""

    nanoseconds: int


@dataclass(frozen=True, slots=True, order=True)
class Duration:
    """A span of time, which may be negative."""

    nanoseconds: int


Value: TypeAlias = "JsonValue | Time | Duration"
Kind: TypeAlias = str | None
"""The word for a kind of value; None where it is known only when there is an event."""

_KINDS: dict[type, str] = {
    type(None): "null",
    bool: "boolean",
    int: "number",
    Decimal: "number",
    float: "number",
    str: "text",
    list: "list",
    dict: "object",
    Time: "time",
    Duration: "duration",
}
_NAMED = {"null": "null", "object": "an object"}
ORDERED = frozenset({"number", "text", "boolean", "time", "duration"})
KEYS = frozenset({"text", "number", "boolean"})
"""What may be looked for in an object (CEL has other keys; in JSON only texts are found)."""


def context(digits: int, *traps: Any) -> Context:
    """The context of an operation on fractions: what is out of range raises DecimalException.

    Nothing hangs on the thread's own context, which anyone may have changed.
    """
    always = [InvalidOperation, DivisionByZero, Overflow, Subnormal, Underflow]
    return Context(
        prec=digits, rounding=ROUND_HALF_EVEN, Emin=-MAX_NUMBER_DIGITS, Emax=MAX_NUMBER_DIGITS - 1,
        capitals=1, clamp=0, flags=[], traps=[*always, *traps],
    )  # fmt: skip


EXACT = context(MAX_NUMBER_DIGITS, Inexact)
"""For operations whose result must not be rounded."""


class CannotEvaluate(Exception):
    """Why there is no value; `place` is the part of the expression in which it went wrong."""

    def __init__(self, reason: str, place: str = "") -> None:
        self.reason = reason
        self.place = place
        super().__init__(reason)

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}" if self.place else self.reason


class StepsUsedUp(Exception):
    """The expression takes more steps over this event than it may."""


class Run:
    """One evaluation: the steps that are left, the variables, and the items of running loops."""

    __slots__ = ("items", "left", "variables")

    def __init__(self, variables: Mapping[str, JsonValue], steps: int) -> None:
        self.variables: Any = variables
        self.left = steps
        self.items: list[Any] = [None, None]

    def spend(self, steps: int) -> None:
        """Pay for something. Raises StepsUsedUp."""
        self.left -= steps
        if self.left < 0:
            raise StepsUsedUp


Evaluate: TypeAlias = Callable[[Run], Any]
Operation: TypeAlias = Callable[[Any, Any, Run], Any]


def kind_of(value: object) -> str:
    """The word that people read for the kind of `value`."""
    return _KINDS.get(type(value), "unknown")


def named(kind: str) -> str:
    """A kind with its article."""
    return _NAMED.get(kind, f"a {kind}")


def equal(left: Any, right: Any, run: Run) -> bool:
    """Whether both are the same value; values of different kinds never are."""
    kind = type(left)
    if kind is str:
        if type(right) is not str:
            return False
        if len(left) > FREE_CHARACTERS:
            run.spend(len(left) // CHARACTERS_A_STEP)
        return bool(left == right)
    if kind is list or kind is dict:
        return _equal_inside(left, right, run)
    return _equal_scalars(left, right, run)


def _equal_scalars(left: Any, right: Any, run: Run) -> bool:
    kind, other = type(left), type(right)
    if kind is int or kind is Decimal or kind is float:
        if other is not int and other is not Decimal and other is not float:
            return False
        return _equal_numbers(left, right, run)
    return kind is other and left == right


def _equal_numbers(left: Any, right: Any, run: Run) -> bool:
    number, other = number_of(left), number_of(right)
    if number is None or other is None:
        return False
    if type(number) is not type(other):
        run.spend(_steps_of_mixed(number, other))
    return number == other


def _steps_of_mixed(left: Number, right: Number) -> int:
    """To compare a whole number with a fraction, Python makes a fraction of it."""
    whole = left if isinstance(left, int) else right
    return 0 if -MOST_PLAIN < whole < MOST_PLAIN else BIG


def _equal_inside(left: Any, right: Any, run: Run) -> bool:
    pairs: list[tuple[Any, Any]] = [(left, right)]
    while pairs:
        one, other = pairs.pop()
        kind = type(one)
        if kind is not list and kind is not dict:
            if not equal(one, other, run):
                return False
            continue
        if type(other) is not kind or len(one) != len(other):
            return False
        run.spend(2 + 4 * len(one))
        if isinstance(one, list):
            pairs.extend(zip(one, other, strict=True))
        elif isinstance(other, dict) and one.keys() == other.keys():
            pairs.extend((one[key], other[key]) for key in one)
        else:
            return False
    return True


def ordered(test: Callable[[Any, Any], bool], left: Any, right: Any, run: Run) -> bool:
    """Whether `test` (such as `operator.lt`) holds. Raises CannotEvaluate for what has no order."""
    kind, other = type(left), type(right)
    if kind is str and other is str:
        if len(left) > FREE_CHARACTERS:
            run.spend(min(len(left), len(right)) // CHARACTERS_A_STEP)
        return test(left, right)
    number, against = number_of(left), number_of(right)
    if number is not None and against is not None:
        if type(number) is not type(against):
            run.spend(_steps_of_mixed(number, against))
        return test(number, against)
    if kind is other and kind_of(left) in ORDERED:
        return test(left, right)
    raise CannotEvaluate(no_order(kind_of(left), kind_of(right)))


def no_order(kind: str, other: str) -> str:
    """The sentence for two kinds that cannot be compared with `<`."""
    if kind == other:
        return f"{named(kind)} has no order"
    return f"{named(kind)} and {named(other)} cannot be put in order"


def is_in(value: Any, container: Any, run: Run) -> bool:
    """Whether `value` is an item of a list, or a key of an object."""
    if type(container) is list:
        return _is_item(value, container, run)
    if type(container) is not dict:
        raise CannotEvaluate(f"`in` needs a list or an object, not {named(kind_of(container))}")
    if kind_of(value) not in KEYS:
        raise CannotEvaluate(f"{named(kind_of(value))} cannot be the key of an object")
    return type(value) is str and value in container


def _is_item(value: Any, items: list[Any], run: Run) -> bool:
    if type(value) is str:
        run.spend(len(items) * (1 + len(value) // CHARACTERS_A_STEP) // 2)
        return value in items
    for item in items:
        run.left -= 3
        if run.left < 0:
            raise StepsUsedUp
        if equal(item, value, run):
            return True
    return False
