"""Evaluators of operators: closures over the evaluators of their parts.

The commonest comparisons, with a value that is written out, have closures of their own. They come
to the same as the general ones, which a test holds them to.
"""

import operator
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from domain.rules.expressions.numbers import OPERATIONS, opposite
from domain.rules.expressions.values import (
    ABSORBED,
    CannotEvaluate,
    Evaluate,
    Operation,
    Run,
    equal,
    is_in,
    kind_of,
    named,
    ordered,
)
from domain.rules.json_values import number_of

_ORDERINGS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_SCALARS = frozenset({"text", "number", "boolean", "null"})


def _placed(operation: Operation, left: Evaluate, right: Evaluate, place: str) -> Evaluate:
    """The operation on both values; its error tells the place."""

    def evaluate(run: Run) -> Any:
        one, other = left(run), right(run)
        try:
            return operation(one, other, run)
        except CannotEvaluate as error:
            error.place = error.place or place
            raise

    return evaluate


def comparison(sign: str, left: Evaluate, right: Evaluate, place: str) -> Evaluate:
    """`left == right`, `left < right`, `left in right`."""
    if sign == "==":
        return lambda run: equal(left(run), right(run), run)
    if sign == "!=":
        return lambda run: not equal(left(run), right(run), run)
    if sign == "in":
        return _placed(is_in, left, right, place)
    test = _ORDERINGS[sign]
    return _placed(lambda one, other, run: ordered(test, one, other, run), left, right, place)


def comparison_with(sign: str, left: Evaluate, value: Any, place: str) -> Evaluate:
    """The same where the right side is written out."""
    special = None
    if sign in {"==", "!="}:
        special = _equality_with(left, value, wanted=sign == "==")
    elif sign in _ORDERINGS:
        special = _order_with(sign, left, value, place)
    elif type(value) is list and all(kind_of(item) in _SCALARS for item in value):
        special = _choice_of(left, value)
    return special or comparison(sign, left, lambda _run: value, place)


def _equality_with(left: Evaluate, value: Any, *, wanted: bool) -> Evaluate | None:
    kind = kind_of(value)
    if kind == "text":  # Nothing else equals a text in Python either.
        return (lambda run: left(run) == value) if wanted else (lambda run: left(run) != value)
    if kind == "number":

        def evaluate(run: Run) -> bool:
            found = left(run)
            kind = type(found)
            if kind is int or kind is Decimal:
                return (found == value) is wanted
            return equal(found, value, run) is wanted

        return evaluate
    if kind in {"boolean", "null"}:
        return lambda run: (left(run) is value) is wanted
    return None


def _order_with(sign: str, left: Evaluate, value: Any, place: str) -> Evaluate | None:
    test, kind = _ORDERINGS[sign], kind_of(value)
    if kind not in {"number", "text"}:
        return None
    one, other = (str, str) if kind == "text" else (int, Decimal)

    def evaluate(run: Run) -> bool:
        found = left(run)
        type_ = type(found)
        if type_ is one or type_ is other:
            return test(found, value)
        try:
            return ordered(test, found, value, run)
        except CannotEvaluate as error:
            error.place = place
            raise

    return evaluate


def _choice_of(left: Evaluate, choices: list[Any]) -> Evaluate:
    # Apart by kind, as in Python True equals 1.
    texts = frozenset(item for item in choices if kind_of(item) == "text")
    numbers = frozenset(item for item in choices if kind_of(item) == "number")
    others = tuple(item for item in choices if kind_of(item) in {"boolean", "null"})
    longest = max(map(len, texts), default=0)

    def evaluate(run: Run) -> bool:
        found = left(run)
        kind = type(found)
        if kind is str:
            return len(found) <= longest and found in texts
        if kind is int or kind is Decimal:
            return found in numbers
        if kind is float:
            return number_of(found) in numbers
        return any(found is item for item in others)

    return evaluate


def junction(parts: Sequence[Evaluate], places: Sequence[str], *, is_and: bool) -> Evaluate:
    """`a && b && …`, or the same with `||`, as Kleene has them and CEL: what decides, decides,
    whatever is wrong with the others."""
    decisive = not is_and
    pairs = tuple(zip(parts, places, strict=True))

    def evaluate(run: Run) -> bool:
        fault = None
        for part, place in pairs:
            try:
                answer: object = part(run)
            except CannotEvaluate as error:
                run.left -= ABSORBED
                fault = fault or (error.reason, error.place)
                continue
            if answer is decisive:
                return decisive
            if answer is not is_and:
                fault = fault or (_no_boolean("&&" if is_and else "||", answer), place)
        if fault:
            raise CannotEvaluate(*fault)
        return is_and

    return evaluate


def _no_boolean(sign: str, answer: Any) -> str:
    return f"{sign} needs true or false, not {named(kind_of(answer))}"


def negation(operand: Evaluate, times: int, place: str) -> Evaluate:
    """`!a`, `!!a`."""
    odd = times % 2 == 1

    def evaluate(run: Run) -> bool:
        answer = operand(run)
        if answer is True or answer is False:
            return answer is not odd
        raise CannotEvaluate(_no_boolean("!", answer), place)

    return evaluate


def choice(condition: Evaluate, then: Evaluate, otherwise: Evaluate, place: str) -> Evaluate:
    """`condition ? then : otherwise`."""

    def evaluate(run: Run) -> Any:
        answer = condition(run)
        if answer is True:
            return then(run)
        if answer is False:
            return otherwise(run)
        raise CannotEvaluate(_no_boolean("?", answer), place)

    return evaluate


def minus(operand: Evaluate, times: int, place: str) -> Evaluate:
    """`-a`, `--a`."""

    def evaluate(run: Run) -> Any:
        value = operand(run)
        try:
            negated = opposite(value, run)
        except CannotEvaluate as error:
            error.place = place
            raise
        return negated if times % 2 else value

    return evaluate


def arithmetic(first: Evaluate, rest: Sequence[tuple[str, Evaluate]], place: str) -> Evaluate:
    """`first + a - b`, from left to right."""
    if len(rest) == 1:
        return _placed(OPERATIONS[rest[0][0]], first, rest[0][1], place)
    moves = tuple((OPERATIONS[sign], operand) for sign, operand in rest)

    def evaluate(run: Run) -> Any:
        value = first(run)
        for operation, operand in moves:
            other = operand(run)
            try:
                value = operation(value, other, run)
            except CannotEvaluate as error:
                error.place = place
                raise
        return value

    return evaluate


def list_of(items: Sequence[Evaluate]) -> Evaluate:
    """`[a, b]`."""
    items = tuple(items)
    return lambda run: [item(run) for item in items]


def map_of(entries: Sequence[tuple[Evaluate, Evaluate]], place: str) -> Evaluate:
    """`{"a": b}`."""
    entries = tuple(entries)

    def evaluate(run: Run) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key, value in entries:
            name = key(run)
            if type(name) is not str:
                raise CannotEvaluate(f"a key is a text, not {named(kind_of(name))}", place)
            if name in made:
                raise CannotEvaluate("an object has each key once", place)
            made[name] = value(run)
        return made

    return evaluate
