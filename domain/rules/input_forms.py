"""A form out of an input schema: which controls it has, and the input that its fields come to.

Each part of a schema becomes the control that fits it: a line, a choice, a list of rows, a group of
others; what has no such form (any type, a free object) is typed as JSON. A control that is left
empty is left out of the input, whatever its type, so an empty text is not to be had by a form.

Fields are named by the way that leads to them (`input/order/lines/0/sku`), each part written so
that it holds neither blanks nor slashes; problems are at the dotted way, as in the schema's words.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import quote

from domain.rules.bodies import UnreadableBody, read_json
from domain.rules.checking import Problems
from domain.rules.input_values import FORMATS, InputNode
from domain.rules.json_values import JsonValue, text_of, write_json

ROOT = "input"
MOST_ROWS = 50
LONG_TEXT = 200
COUNT = "#"
"""What stands behind a list's name in the field that says how many rows it has."""

ControlKind = Literal["group", "rows", "line", "text", "choice", "json"]
Fields = Mapping[str, str]
ReadJson = Callable[[str, str], JsonValue]
"""Reads JSON that somebody typed (None: nothing); raises InvalidInput at the field named."""

ABSENT: Final[Any] = object()


@dataclass(frozen=True, slots=True)
class Control:
    """One control of the form. `name` is its field's, `at` where its problems are. `options` are
    (value, words) of a choice, `inner` the parts of a group or the rows of a list."""

    kind: ControlKind
    name: str
    at: str
    label: str
    hint: str
    required: bool
    value: str = ""
    options: tuple[tuple[str, str], ...] = ()
    inner: "tuple[Control, ...]" = ()

    def walk(self) -> Iterator["Control"]:
        """Itself and all inside of it."""
        yield self
        for control in self.inner:
            yield from control.walk()


def initial_fields(root: InputNode) -> dict[str, str]:
    """The fields as the form begins: what the schema has as defaults."""
    fields: dict[str, str] = {}
    _fill(root, ABSENT, ROOT, fields)
    return fields


def controls(root: InputNode, fields: Fields) -> Control:
    """The form's control for the whole input, with what its fields hold."""
    return _control(root, fields, ROOT, ROOT, "Input", required=False)


def read_input(root: InputNode, fields: Fields, read: ReadJson) -> JsonValue:
    """The input that the fields come to, not checked against the schema yet. Raises InvalidInput
    where JSON was to be typed and is none."""
    problems = Problems()
    value = _Reader(fields, read, problems).value(root, ROOT, ROOT)
    problems.raise_any()
    return {} if value is ABSENT else value


def with_rows(root: InputNode, fields: Fields, act: str) -> tuple[dict[str, str], str]:
    """The fields after a button of a list (`add:NAME`, `remove:NAME/INDEX`), and the name of the
    row to go on at, if any. What cannot be done changes nothing."""
    word, _, name = act.partition(":")
    lists = {each.name: each for each in controls(root, fields).walk() if each.kind == "rows"}
    if word == "add" and name in lists:
        return _added(root, fields, name)
    owner, _, index = name.rpartition("/")
    if word == "remove" and owner in lists and index in map(str, range(len(lists[owner].inner))):
        return _removed(fields, owner, int(index))
    return dict(fields), ""


def _kind(node: InputNode) -> ControlKind:
    if node.const or node.enum:
        return "choice"
    kinds = [kind for kind in node.types if kind != "null"]
    kind = kinds[0] if len(kinds) == 1 else ""
    if kind == "object" and node.properties:
        return "group"
    if kind == "array" and node.items is not None:
        return "rows"
    if kind == "boolean":
        return "choice"
    if kind == "string":
        return "text" if (node.max_length or 0) > LONG_TEXT else "line"
    return "line" if kind in {"number", "integer"} else "json"


def _is_number(node: InputNode) -> bool:
    return "string" not in node.types


def _part(name: str, part: str) -> str:
    return f"{name}/{quote(part, safe='')}"


def _count(fields: Fields, name: str) -> int:
    text = fields.get(name + COUNT, "0")
    return min(int(text), MOST_ROWS) if text.isascii() and text.isdigit() and len(text) < 5 else 0  # noqa: PLR2004 - digits


def _control(
    node: InputNode, fields: Fields, name: str, at: str, label: str, *, required: bool
) -> Control:
    kind = _kind(node)
    inner: tuple[Control, ...] = ()
    if kind == "group":
        inner = tuple(
            _control(
                each, fields, _part(name, key), f"{at}.{key}", key, required=key in node.required
            )
            for key, each in node.properties.items()
        )
    elif kind == "rows":
        assert node.items is not None  # as its kind says
        inner = tuple(
            _control(
                node.items, fields, f"{name}/{index}", f"{at}.{index}",
                f"{_label(node, label)} {index + 1}", required=True,
            )
            for index in range(_count(fields, name))
        )  # fmt: skip
    return Control(
        kind, name, at, _label(node, label), _hint(node, kind), required,
        fields.get(name, ""), _options(node) if kind == "choice" else (), inner,
    )  # fmt: skip


def _label(node: InputNode, label: str) -> str:
    return node.title or label


def _hint(node: InputNode, kind: ControlKind) -> str:
    told = [node.description] if node.description else []
    if node.format:
        told.append(f"{FORMATS[node.format][1].capitalize()}.")
    elif kind == "line" and _is_number(node):
        told.append("A whole number." if "integer" in node.types else "A number.")
    elif kind == "json":
        told.append("As JSON.")
    return " ".join(told)


def _options(node: InputNode) -> tuple[tuple[str, str], ...]:
    """The values of a choice as JSON, each with its words."""
    if not (node.const or node.enum):
        return (("true", "Yes"), ("false", "No"))
    return tuple((_as_json(value), text_of(value)) for value in node.const or node.enum)


def _as_json(value: JsonValue) -> str:
    return write_json(value).decode()


def _fill(node: InputNode, value: Any, name: str, fields: dict[str, str]) -> None:
    """Put a value, or else the default, into the fields."""
    if value is ABSENT and node.default:
        value = node.default[0]
    kind = _kind(node)
    if kind == "group":
        known = value if isinstance(value, dict) else {}
        for key, each in node.properties.items():
            _fill(each, known.get(key, ABSENT), _part(name, key), fields)
    elif kind == "rows":
        rows = value if isinstance(value, list) else [ABSENT] * min(node.min_items, MOST_ROWS)
        assert node.items is not None  # as its kind says
        fields[name + COUNT] = str(len(rows[:MOST_ROWS]))
        for index, row in enumerate(rows[:MOST_ROWS]):
            _fill(node.items, row, f"{name}/{index}", fields)
    else:
        fields[name] = "" if value is ABSENT else _as_typed(kind, value)


def _as_typed(kind: ControlKind, value: JsonValue) -> str:
    if kind in {"choice", "json"}:
        return _as_json(value)
    return "" if value is None else text_of(value)


class _Reader:
    """Reads fields into a value."""

    def __init__(self, fields: Fields, read: ReadJson, problems: Problems) -> None:
        self._fields = fields
        self._read = read
        self._problems = problems

    def value(self, node: InputNode, name: str, at: str) -> Any:
        """The value of one control, or ABSENT where nothing was typed."""
        kind = _kind(node)
        if kind == "group":
            return self._group(node, name, at)
        if kind == "rows":
            return self._rows(node, name, at)
        text = self._fields.get(name, "")
        if not text.strip():
            return ABSENT
        if kind == "json":
            return self._problems.attempt(lambda: self._read(text, at))
        return _json_or_text(text) if kind == "choice" or _is_number(node) else text

    def _group(self, node: InputNode, name: str, at: str) -> Any:
        found = {
            key: value
            for key, each in node.properties.items()
            if (value := self._member(node, key, each, name, at)) is not ABSENT
        }
        return found or ABSENT

    def _member(self, node: InputNode, key: str, each: InputNode, name: str, at: str) -> Any:
        value = self.value(each, _part(name, key), f"{at}.{key}")
        # What must be there is there, however little of it was typed: its own parts say the rest.
        if value is ABSENT and key in node.required and _kind(each) in {"group", "rows"}:
            return {} if _kind(each) == "group" else []
        return value

    def _rows(self, node: InputNode, name: str, at: str) -> Any:
        assert node.items is not None  # as its kind says
        rows = [
            self.value(node.items, f"{name}/{index}", f"{at}.{index}")
            for index in range(_count(self._fields, name))
        ]
        empty: JsonValue = {} if _kind(node.items) == "group" else None
        return [empty if row is ABSENT else row for row in rows] or ABSENT


def _json_or_text(text: str) -> JsonValue:
    """The value that was meant; what is none stays a text, for the schema to refuse."""
    try:
        return read_json(text.strip().encode("utf-8", "surrogatepass"))
    except UnreadableBody:
        return text


def _added(root: InputNode, fields: Fields, name: str) -> tuple[dict[str, str], str]:
    count = _count(fields, name)
    if count >= MOST_ROWS:
        return dict(fields), ""
    items = _items_at(root, name)
    changed = dict(fields)
    changed[name + COUNT] = str(count + 1)
    _fill(items, ABSENT, f"{name}/{count}", changed)
    return changed, f"{name}/{count}"


def _items_at(root: InputNode, name: str) -> InputNode:
    """The schema of the rows of a list that the form has."""
    node = root
    for part in name.split("/")[1:]:
        if _kind(node) == "rows":
            assert node.items is not None  # as its kind says
            node = node.items
        else:
            node = next(each for key, each in node.properties.items() if quote(key, "") == part)
    assert node.items is not None  # a list's name
    return node.items


def _removed(fields: Fields, name: str, index: int) -> tuple[dict[str, str], str]:
    """Without the row, those behind it moved up."""
    changed: dict[str, str] = {}
    begin = f"{name}/"
    for field, value in fields.items():
        number, slash, rest = field.removeprefix(begin).partition("/")
        number, hash_, _ = number.partition(COUNT)
        if not field.startswith(begin) or not number.isdigit():
            changed[field] = value
        elif int(number) != index:
            moved = int(number) - (int(number) > index)
            changed[f"{begin}{moved}{hash_}{slash}{rest}"] = value
    left = _count(fields, name) - 1
    changed[name + COUNT] = str(left)
    return changed, f"{name}/{min(index, left - 1)}" if left else ""
