"""What a JSON value is here, and when two of them are the same.

Numbers are exact: whole numbers are `int`, fractions are `Decimal`, and they compare by value
(`1`, `1.0` and `1e0` are one number; 9007199254740993 is not 9007199254740992). A boolean is never
a number. Text compares by code points, without normalisation, as RFC 9535 §2.3.5.2.2 has it.
"""

import math
from decimal import Decimal
from typing import TypeAlias

import msgspec

JsonValue: TypeAlias = (
    "bool | int | float | Decimal | str | list[JsonValue] | dict[str, JsonValue] | None"
)
Container: TypeAlias = "list[JsonValue] | dict[str, JsonValue]"
Number: TypeAlias = int | Decimal

MAX_DEPTH = 64
"""Lists and objects inside each other that we accept, in bodies and in what people configure."""

MAX_NUMBER_DIGITS = 400
"""Digits that a number may have; and it must lie between 1e-400 and 1e400, so none explodes."""

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_KINDS = {
    type(None): "null",
    bool: "boolean",
    int: "number",
    Decimal: "number",
    float: "number",
    str: "text",
    list: "list",
    dict: "object",
}


def kind_of(value: JsonValue) -> str:
    """The word that people read for the type of `value`."""
    return _KINDS.get(type(value), "unknown")


def number_of(value: JsonValue) -> Number | None:
    """`value` as an exact number, or None when it is not one (a boolean, a NaN, text).

    A float stands for the shortest decimal that is read back as that float, which is what its
    writer typed: 0.1 is one tenth.
    """
    kind = type(value)
    if kind is int or kind is Decimal:
        return value  # type: ignore[return-value]  # narrowed by its exact type
    if kind is float and math.isfinite(value):  # type: ignore[arg-type]
        return Decimal(repr(value))
    return None


def same(left: JsonValue, right: JsonValue) -> bool:
    """Whether both are the same JSON value; values of different types never are."""
    kind = type(left)
    if kind is str or kind is bool or left is None:
        return type(right) is kind and left == right
    if kind is list:
        return type(right) is list and _same_lists(left, right)  # type: ignore[arg-type]
    if kind is dict:
        return type(right) is dict and _same_objects(left, right)  # type: ignore[arg-type]
    number, other = number_of(left), number_of(right)
    return number is not None and other is not None and number == other


def _same_lists(left: list[JsonValue], right: list[JsonValue]) -> bool:
    return len(left) == len(right) and all(map(same, left, right))


def _same_objects(left: dict[str, JsonValue], right: dict[str, JsonValue]) -> bool:
    return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)


def write_json(value: JsonValue) -> bytes:
    """`value` as compact JSON (UTF-8), every number exact.

    The one way in which values that came from outside get into a JSON text: nothing is pasted.
    """
    return _ENCODER.encode(value)


def text_of(value: JsonValue) -> str:
    """`value` as it reads inside a text: text as it is, anything else as compact JSON."""
    return value if isinstance(value, str) else write_json(value).decode()
