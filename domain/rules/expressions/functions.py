"""The functions and methods that expressions know, each on the list or not there at all.

Letters are told apart by ASCII only (`lowerAscii`), as what else is one letter in two cases hangs
on the language (row A48 of the attack catalogue). Regular expressions are RE2's, written out, so
that they are checked when the expression is saved (row A47).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from domain.rules.checking import is_in_range
from domain.rules.expressions.numbers import MAX_TEXT
from domain.rules.expressions.times import (
    GETTERS,
    SECOND,
    duration_text,
    get,
    time_text,
    to_duration,
    to_time,
)
from domain.rules.expressions.values import (
    BIG,
    CHARACTERS_A_STEP,
    EXACT,
    CannotEvaluate,
    Kind,
    Run,
    Time,
    kind_of,
)
from domain.rules.json_values import MAX_NUMBER_DIGITS, Number, number_of
from domain.rules.regexes import Regex

REGEX_COST_A_STEP = 40
"""RE2's work, in the unit of `Regex.cost`, that takes as long as a step."""

_REGEX_STEPS = 32
_CHARACTERS_BUILT_A_STEP = 8
_DIGITS_A_STEP = 8
_STRING = 24
_TIME = 48
_GETTER = 16
_WHOLE = re.compile(r"[+-]?[0-9]+")
_FRACTION = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")


@dataclass(frozen=True, slots=True)
class Function:
    """What a function takes (the receiver of a method first), what it gives, and how it is worked
    out. Of `takes`, the last `optional` may be left out."""

    takes: tuple[frozenset[str], ...]
    gives: Kind
    call: Callable[..., Any]
    optional: int = 0


def _size(_run: Run, value: Any) -> int:
    return len(value)


def _contains(run: Run, text: str, part: str) -> bool:
    run.spend((len(text) + len(part)) // CHARACTERS_A_STEP)
    return part in text


def _starts_with(run: Run, text: str, part: str) -> bool:
    run.spend(len(part) // CHARACTERS_A_STEP)
    return text.startswith(part)


def _ends_with(run: Run, text: str, part: str) -> bool:
    run.spend(len(part) // CHARACTERS_A_STEP)
    return text.endswith(part)


def _lower(run: Run, text: str) -> str:
    return _recased(run, text, bytes.lower)


def _upper(run: Run, text: str) -> str:
    return _recased(run, text, bytes.upper)


def _recased(run: Run, text: str, recase: Callable[[bytes], bytes]) -> str:
    if len(text) > MAX_TEXT:
        raise CannotEvaluate(f"the text is longer than {MAX_TEXT:,} characters")
    run.spend(len(text) // _CHARACTERS_BUILT_A_STEP)
    # On bytes only ASCII letters have a case.
    return recase(text.encode(errors="surrogatepass")).decode(errors="surrogatepass")


def _int(run: Run, value: Any) -> int:
    if type(value) is int:
        return value
    if type(value) is Time:
        return value.nanoseconds // SECOND
    if isinstance(value, str):
        run.spend(2 + len(value) // _DIGITS_A_STEP)
        if len(value) <= MAX_NUMBER_DIGITS and _WHOLE.fullmatch(value):
            return int(value)
        raise CannotEvaluate("this text cannot be read as a whole number")
    run.spend(BIG)
    return int(_exact(value))


def _double(run: Run, value: Any) -> Decimal:
    if isinstance(value, str):
        run.spend(2 + len(value) // _DIGITS_A_STEP)
        if len(value) > MAX_NUMBER_DIGITS or not _FRACTION.fullmatch(value):
            raise CannotEvaluate("this text cannot be read as a number")
        return Decimal(_exact(Decimal(value) or 0))
    run.spend(BIG)
    return Decimal(_exact(value))


def _exact(value: Any) -> Number:
    """The number, if it is one that a body may hold."""
    number = number_of(value)
    if number is None or not is_in_range(number):
        raise CannotEvaluate("this number is out of range")
    return number


def _string(run: Run, value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    run.spend(_STRING)
    if kind_of(value) == "number":
        return _number_text(value)
    return time_text(value) if type(value) is Time else duration_text(value)


def _number_text(value: Any) -> str:
    """Equal numbers read alike: all digits, no exponent, no zeros at the end of a fraction."""
    number = _exact(value)
    if isinstance(number, int) or number == number.to_integral_value():
        return str(int(number))
    return format(number.normalize(EXACT), "f")


def _to_time(run: Run, value: Any) -> Any:
    run.spend(_TIME)
    return to_time(value)


def _to_duration(run: Run, value: Any) -> Any:
    run.spend(_TIME)
    return to_duration(value)


def _getter(name: str) -> Function:
    def call(run: Run, value: Any, *zone: str) -> int:
        run.spend(_GETTER)
        return get(name, value, *zone)

    return Function((_MOMENT, _TEXT), "number", call, optional=1)


def searching(regex: Regex) -> Callable[[Run, str], bool]:
    """`matches` with this pattern, anywhere in a text unless it is anchored."""

    def search(run: Run, text: str) -> bool:
        run.spend(_REGEX_STEPS + regex.cost(text) // REGEX_COST_A_STEP)
        if regex.cuts(text):
            told = f"the text is longer than the {regex.longest:,} bytes that this pattern searches"
            raise CannotEvaluate(told)
        return regex.search(text)

    return search


def _kinds(*words: str) -> frozenset[str]:
    return frozenset(words)


_TEXT = _kinds("text")
_MOMENT = _kinds("time", "duration")
_SIZED = _kinds("text", "list", "object")

FUNCTIONS: dict[str, Function] = {
    "size": Function((_SIZED,), "number", _size),
    "int": Function((_kinds("number", "text", "time"),), "number", _int),
    "double": Function((_kinds("number", "text"),), "number", _double),
    "string": Function((_kinds("text", "number", "boolean", "time", "duration"),), "text", _string),
    "timestamp": Function((_kinds("text", "number", "time"),), "time", _to_time),
    "duration": Function((_kinds("text", "duration"),), "duration", _to_duration),
}
METHODS: dict[str, Function] = {
    "size": FUNCTIONS["size"],
    "contains": Function((_TEXT, _TEXT), "boolean", _contains),
    "startsWith": Function((_TEXT, _TEXT), "boolean", _starts_with),
    "endsWith": Function((_TEXT, _TEXT), "boolean", _ends_with),
    "lowerAscii": Function((_TEXT,), "text", _lower),
    "upperAscii": Function((_TEXT,), "text", _upper),
    **{name: _getter(name) for name in GETTERS},
}
MATCHES = "matches"
"""Both a function and a method; it takes a pattern that is written out."""

CHECKED_WHEN_SAVED = frozenset({"timestamp", "duration"})
"""With a text that is written out, these are worked out at once."""
