"""Whether a value fits a schema: the checking half of `input_schemas.py`.

Numbers compare exactly, `1.0` is an integer (JSON Schema 2020-12, §6.1.1), lengths count code
points, and patterns go to RE2 with a budget, so no value holds up who checks it.
"""

import re
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from domain.rules.checking import MAX_PROBLEMS, Problems
from domain.rules.json_values import JsonValue, Number, number_of, same, write_json
from domain.rules.regexes import COST, Regex

MOST_MATCHING = 5 * COST
"""What all patterns of one check may spend, in the unit of `domain.rules.regexes.COST`."""

TYPES: Mapping[str, str] = {
    "string": "a text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}

_DATE_TIME = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_EMAIL = re.compile(r"[^\s@\x00-\x1f\x7f]{1,64}@[^\s@\x00-\x1f\x7f]{1,189}", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_URI = re.compile(r"""[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"{}|\\^`\x00-\x1f\x7f]+""", re.ASCII)


def _is_date(text: str) -> bool:
    return _DATE.fullmatch(text) is not None and _reads(date.fromisoformat, text)


def _is_date_time(text: str) -> bool:
    return _DATE_TIME.fullmatch(text) is not None and _reads(datetime.fromisoformat, text.upper())


def _reads(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True


FORMATS: Mapping[str, tuple[Callable[[str], bool], str]] = {
    "date": (_is_date, "a date such as 2026-11-27"),
    "date-time": (_is_date_time, "an instant such as 2026-11-27T09:00:00Z"),
    "email": (lambda text: _EMAIL.fullmatch(text) is not None, "an e-mail address"),
    "uri": (lambda text: _URI.fullmatch(text) is not None, "a URI such as https://example.org/"),
    "uuid": (lambda text: _UUID.fullmatch(text) is not None, "a UUID"),
}


@dataclass(frozen=True, slots=True)
class InputNode:
    """A schema or a part of one, read. No `types`: any type. `default`, `enum` and `const` are
    one-element or longer tuples, empty where the schema has none."""

    types: tuple[str, ...] = ()
    title: str = ""
    description: str = ""
    default: tuple[JsonValue, ...] = ()
    enum: tuple[JsonValue, ...] = ()
    const: tuple[JsonValue, ...] = ()
    properties: Mapping[str, "InputNode"] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    additional: bool = True
    items: "InputNode | None" = None
    min_items: int = 0
    max_items: int | None = None
    unique_items: bool = False
    minimum: Number | None = None
    maximum: Number | None = None
    exclusive_minimum: Number | None = None
    exclusive_maximum: Number | None = None
    multiple_of: Number | None = None
    min_length: int = 0
    max_length: int | None = None
    pattern: Regex | None = None
    format: str = ""


class ValueCheck:
    """One check of one value; what does not fit goes to `problems`."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._left = MOST_MATCHING
        self._choices: dict[int, frozenset[Hashable]] = {}

    def check(self, node: InputNode, value: JsonValue, at: str) -> None:
        """Note what keeps `value` from being what `node` describes."""
        if self._problems.count >= MAX_PROBLEMS:
            return  # no further one is noted
        if node.types and not any(_is(kind, value) for kind in node.types):
            words = " or ".join(TYPES[kind] for kind in node.types)
            self._problems.add(at, f"must be {words}")
            return
        if node.const and not same(node.const[0], value):
            self._problems.add(at, f"must be {_shown(node.const[0])}")
        if node.enum and _key(value) not in self._choices_of(node):
            self._problems.add(at, f"must be one of {', '.join(map(_shown, node.enum))}"[:300])
        if isinstance(value, dict):
            self._object(node, value, at)
        elif isinstance(value, list):
            self._list(node, value, at)
        elif isinstance(value, str):
            self._text(node, value, at)
        elif (number := number_of(value)) is not None:
            self._number(node, number, at)

    def _choices_of(self, node: InputNode) -> frozenset[Hashable]:
        """Its `enum`, to be looked up: a long list may hold one of 200 ten thousand times."""
        if id(node) not in self._choices:
            self._choices[id(node)] = frozenset(map(_key, node.enum))
        return self._choices[id(node)]

    def _object(self, node: InputNode, value: dict[str, JsonValue], at: str) -> None:
        for name in node.required:
            if name not in value:
                self._problems.add(f"{at}.{name}", "is missing")
        for name, inner in value.items():
            known = node.properties.get(name)
            if known is not None:
                self.check(known, inner, f"{at}.{name}")
            elif not node.additional:
                self._problems.add(f"{at}.{name}", "is not known here")

    def _list(self, node: InputNode, value: list[JsonValue], at: str) -> None:
        self._size(len(value), node.min_items, node.max_items, at, "entries")
        if node.unique_items and len({_key(item) for item in value}) < len(value):
            self._problems.add(at, "must not hold the same entry twice")
        if node.items is not None:
            for index, item in enumerate(value):
                self.check(node.items, item, f"{at}.{index}")

    def _text(self, node: InputNode, value: str, at: str) -> None:
        self._size(len(value), node.min_length, node.max_length, at, "characters")
        if node.format:
            fits, words = FORMATS[node.format]
            if not fits(value):
                self._problems.add(at, f"must be {words}")
        if node.pattern is not None:
            self._match(node.pattern, value, at)

    def _match(self, pattern: Regex, value: str, at: str) -> None:
        self._left -= pattern.cost(value)
        if self._left < 0 or pattern.cuts(value):
            self._problems.add(at, "is too long to be matched with its pattern")
        elif not pattern.search(value):
            self._problems.add(at, f"must match {pattern.text}")

    def _size(self, size: int, least: int, most: int | None, at: str, words: str) -> None:
        if size < least:
            self._problems.add(at, f"must have at least {least:,} {words}")
        if most is not None and size > most:
            self._problems.add(at, f"must have at most {most:,} {words}")

    def _number(self, node: InputNode, value: Number, at: str) -> None:
        if node.minimum is not None and value < node.minimum:
            self._problems.add(at, f"must be at least {node.minimum}")
        if node.maximum is not None and value > node.maximum:
            self._problems.add(at, f"must be at most {node.maximum}")
        if node.exclusive_minimum is not None and value <= node.exclusive_minimum:
            self._problems.add(at, f"must be more than {node.exclusive_minimum}")
        if node.exclusive_maximum is not None and value >= node.exclusive_maximum:
            self._problems.add(at, f"must be less than {node.exclusive_maximum}")
        if node.multiple_of is not None and not _divides(node.multiple_of, value):
            self._problems.add(at, f"must be a multiple of {node.multiple_of}")


def _is(kind: str, value: JsonValue) -> bool:
    if kind == "null":
        return value is None
    if kind in _CLASSES:
        return isinstance(value, _CLASSES[kind])
    number = number_of(value)
    return number is not None and (kind == "number" or _is_whole(number))


_CLASSES: Mapping[str, type] = {"string": str, "boolean": bool, "array": list, "object": dict}


def _is_whole(number: Number) -> bool:
    return isinstance(number, int) or number == number.to_integral_value()


def _divides(divisor: Number, number: Number) -> bool:
    # Not by `%`: a Decimal's remainder fails beyond the digits of its context.
    return (Fraction(number) / Fraction(divisor)).denominator == 1


def _key(value: JsonValue) -> Hashable:
    """Equal for the same JSON values, and only for them."""
    if isinstance(value, dict):
        return frozenset((name, _key(inner)) for name, inner in value.items())
    if isinstance(value, list):
        return tuple(_key(item) for item in value)
    number = number_of(value)
    return (type(value) if number is None else Decimal, value if number is None else number)


def _shown(value: JsonValue) -> str:
    return write_json(value).decode()[:80]
