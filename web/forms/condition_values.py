"""The value of a clause in a form: what is typed, and how it is meant.

The kind says how the text is read: `text` as it is, `number`, `list` and `json` as JSON. `true`,
`false` and `null` need no text. A text that a single line cannot hold is shown as JSON.
"""

from domain.rules.bodies import UnreadableBody, read_json
from domain.rules.json_values import JsonValue, kind_of, write_json
from domain.rules.operators import OPERATORS

KINDS = ("text", "number", "true", "false", "null", "list", "json")

_FIXED: dict[str, JsonValue] = {"true": True, "false": False, "null": None}
_WANTED = {
    "number": "must be a number, such as 100 or 2.5",
    "list": 'must be a list as JSON, such as ["open", "paid"]',
    "json": 'must be JSON, such as {"id": 7}; a text stands in quotes',
}
_SPELLED_AS_JSON = {"number": "number", "list": "list"}


class Unreadable(Exception):
    """The text is not of the kind that was chosen; the message says what is wanted."""


def spelled(value: JsonValue) -> tuple[str, str]:
    """The kind of a value, and the text from which `value_in` reads it again."""
    if isinstance(value, str):
        return ("text", value) if value.isprintable() else ("json", _json(value))
    if value is None or isinstance(value, bool):
        return _json(value), ""
    return _SPELLED_AS_JSON.get(kind_of(value), "json"), _json(value)


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
    takes = OPERATORS[op].takes if op in OPERATORS else "anything"
    if takes == "list":
        return _listed(kind, text)
    if kind == "list":
        kind, text = _only_item(text)
    if takes == "text" and kind == "number":
        return "text", text
    if takes == "orderable" and kind == "text" and not text:
        return "number", text
    return kind, text


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
