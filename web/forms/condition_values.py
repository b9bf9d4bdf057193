"""The value of a clause in a form: what is typed, and how it is meant.

The kind says how the text is read: `text` as it is, `number`, `list` and `json` as JSON, `field` as
the path of another field. `true`, `false` and `null` need no text. A text that a single line cannot
hold is shown as JSON.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from domain.rules.bodies import UnreadableBody, read_json
from domain.rules.json_values import JsonValue, kind_of, write_json
from domain.rules.operators import OPERATORS

Shape = Literal["one", "pair", "choice", "area", "nothing"]

KINDS = ("text", "number", "true", "false", "null", "list", "json", "field")
PAIRED = ("text", "number")
"""The kinds in which the two bounds of `between` are typed apart."""

_FIXED: dict[str, JsonValue] = {"true": True, "false": False, "null": None}
_WANTED = {
    "number": "must be a number, such as 100 or 2.5",
    "list": 'must be a list as JSON, such as ["open", "paid"]',
    "json": 'must be JSON, such as {"id": 7}; a text stands in quotes',
}
_SPELLED_AS_JSON = {"number": "number", "list": "list"}
# What an area of several lines keeps as it is typed.
_LINES = re.compile(r"[\n\t]")


@dataclass(frozen=True, slots=True)
class Asked:
    """How a form asks for the value of an operator: in which fields, and of which kinds, the first
    of which is the usual one."""

    shape: Shape = "one"
    kinds: tuple[str, ...] = KINDS


_ANYTHING = Asked()
_BY_TAKES: Mapping[str, Asked] = {
    "anything": _ANYTHING,
    "orderable": Asked(kinds=("number", "text", "field")),
    "range": Asked("pair", ("number", "text", "list", "field")),
    "list": Asked(kinds=("list", "field")),
    "text": Asked(kinds=("text", "field")),
    "regex": Asked(kinds=("text",)),
    "type": Asked("choice", ("text",)),
    "length": Asked(kinds=("number", "field")),
    "time": Asked(kinds=("text", "number", "field")),
    "span": Asked(kinds=("text", "number")),
    "expression": Asked("area", ("text",)),
    "nothing": Asked("nothing"),
}


class Unreadable(Exception):
    """The text is not of the kind that was chosen; the message says what is wanted."""


def asked_for(op: str) -> Asked:
    """How the value of an operator is asked for; of one that nobody knows, in every way."""
    return _BY_TAKES[OPERATORS[op].takes] if op in OPERATORS else _ANYTHING


def in_pair(op: str, kind: str) -> bool:
    """Whether the value is typed in two fields."""
    return asked_for(op).shape == "pair" and kind in PAIRED


def spelled(value: JsonValue, op: str = "") -> tuple[str, str]:
    """The kind of a value, and the text from which `value_in` reads it again."""
    if isinstance(value, str):
        lines = _LINES.sub("", value) if asked_for(op).shape == "area" else value
        return ("text", value) if lines.isprintable() else ("json", _json(value))
    if value is None or isinstance(value, bool):
        return _json(value), ""
    return _SPELLED_AS_JSON.get(kind_of(value), "json"), _json(value)


def spelled_pair(value: JsonValue) -> tuple[str, str, str] | None:
    """The kind of two bounds and their texts; None for what is no pair of one kind."""
    if not isinstance(value, list) or len(value) != 2:  # noqa: PLR2004 - from and to
        return None
    (kind, low), (other, high) = map(spelled, value)
    return (kind, low, high) if kind == other and kind in PAIRED else None


def value_in(kind: str, text: str) -> JsonValue:
    """The value that was typed. Raises Unreadable."""
    if kind in _FIXED:
        return _FIXED[kind]
    if kind not in _WANTED:
        return text
    try:
        value = read_json(text.encode("utf-8", "surrogatepass"))
    except UnreadableBody:
        raise Unreadable(_WANTED[kind]) from None
    if kind in _SPELLED_AS_JSON and kind_of(value) != kind:
        raise Unreadable(_WANTED[kind])
    return value


def fitted(op: str, kind: str, text: str) -> tuple[str, str]:
    """Kind and text as the operator `op` wants them, where that loses nothing of what was typed:
    a list for `in`, the only item of a list for `eq`, a number for `gt` while nothing is typed."""
    asked = asked_for(op)
    if asked.shape == "nothing" or kind == "field":
        return kind, text
    if asked.kinds[0] == "list":
        return _listed(kind, text)
    if kind == "list":
        kind, text = _only_item(text)
    if kind not in asked.kinds and kind == "number":
        return "text", text
    if not text and kind == "text" and asked is not _ANYTHING:
        return asked.kinds[0], text
    if kind == "text" and "text" not in asked.kinds and _is_number(text):
        return "number", text
    return kind, text


def _is_number(text: str) -> bool:
    try:
        return value_in("number", text) is not None
    except Unreadable:
        return False


def _listed(kind: str, text: str) -> tuple[str, str]:
    if kind == "list":
        return kind, text
    if not text and kind not in _FIXED:
        return "list", ""
    try:
        value = value_in(kind, text)
    except Unreadable:
        return kind, text
    return "list", _json(value if isinstance(value, list) else [value])


def _only_item(text: str) -> tuple[str, str]:
    if not text.strip():
        return "text", ""
    try:
        items = value_in("list", text)
    except Unreadable:
        return "list", text
    return spelled(items[0]) if isinstance(items, list) and len(items) == 1 else ("list", text)


def _json(value: JsonValue) -> str:
    return write_json(value).decode()
