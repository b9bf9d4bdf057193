"""How a value is shown in a stored trace: plain JSON, at most 256 bytes, harmless to any store.

A number that neither a 64-bit integer nor a float holds exactly is shown as its exact text. What is
longer than 256 bytes is shown as a text that ends in `…`, and marked as cut. NUL and lone
surrogates, which PostgreSQL's `jsonb` refuses, become U+FFFD, and that is marked as well.
"""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Literal, TypeAlias

from domain.rules.json_values import JsonValue

Mark: TypeAlias = Literal["cut", "replaced"] | None

MAX_BYTES = 256
CUT = "…"

_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
_REPLACEMENT = "\ufffd"
_LONGEST_SURELY_FITTING = MAX_BYTES // 4
_INT64 = range(-(2**63), 2**63)


def shown(value: JsonValue) -> tuple[JsonValue, Mark]:
    """`value` as it goes into a trace, and whether it was cut or had characters replaced."""
    if value is None or isinstance(value, bool):
        return value, None
    if isinstance(value, str):
        return _shown_text(value)
    if isinstance(value, list | dict):
        return _shown_container(value)
    return _shown_number(value), None


def _shown_text(text: str) -> tuple[str, Mark]:
    if text.isascii() and len(text) <= _LONGEST_SURELY_FITTING and "\0" not in text:
        return text, None
    head = text[: MAX_BYTES + 1]
    clean = _clean(head)
    encoded = clean.encode()
    if len(encoded) > MAX_BYTES or len(head) < len(text):
        return encoded[:MAX_BYTES].decode(errors="ignore") + CUT, "cut"
    return clean, None if clean == text else "replaced"


def _shown_container(value: JsonValue) -> tuple[JsonValue, Mark]:
    text = ""
    for piece in _pieces(value):
        text += piece
        if len(text) > MAX_BYTES:
            break
    clean, mark = _shown_text(text)
    if mark == "cut":
        return clean, mark
    replaced = any(map(_UNSTORABLE.search, _texts(value)))
    return _copy(value), "replaced" if replaced else None


def _pieces(value: JsonValue) -> Iterator[str]:
    """The JSON text of `value`, piece by piece, so that only what is shown is ever written."""
    if isinstance(value, list):
        yield "["
        for index, item in enumerate(value):
            yield ", " if index else ""
            yield from _pieces(item)
        yield "]"
    elif isinstance(value, dict):
        yield "{"
        for index, (key, item) in enumerate(value.items()):
            yield (", " if index else "") + _quoted(key) + ": "
            yield from _pieces(item)
        yield "}"
    elif isinstance(value, str):
        yield _quoted(value)
    else:
        yield json.dumps(_copy(value))


def _quoted(text: str) -> str:
    return json.dumps(text[: MAX_BYTES + 1], ensure_ascii=False)


def _copy(value: JsonValue) -> JsonValue:
    if isinstance(value, list):
        return [_copy(item) for item in value]
    if isinstance(value, dict):
        return {_clean(key): _copy(item) for key, item in value.items()}
    if isinstance(value, str):
        return _clean(value)
    return value if value is None or isinstance(value, bool) else _shown_number(value)


def _texts(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _clean(text: str) -> str:
    return _UNSTORABLE.sub(_REPLACEMENT, text)


def _shown_number(number: float | Decimal) -> int | float | str:
    if isinstance(number, int):
        return number if number in _INT64 else _whole_text(number)
    if isinstance(number, float):
        return number if number - number == 0 else str(number)
    nearest = float(number) if number.is_finite() else 0.0
    return nearest if nearest - nearest == 0 and Decimal(repr(nearest)) == number else str(number)


def _whole_text(number: int) -> str:
    try:
        return str(number)
    except ValueError:  # Python refuses to write more than 4,300 digits.
        return f"a number of {number.bit_length():,} bits"
