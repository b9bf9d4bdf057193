"""What a workflow must be given: a JSON Schema (2020-12), of which a subset is understood.

| for | keywords |
|---|---|
| any value | `type` (one, or a list), `enum`, `const`, `default` |
| people | `title`, `description`, `examples` |
| objects | `properties`, `required`, `additionalProperties` (true or false) |
| lists | `items`, `minItems`, `maxItems`, `uniqueItems` |
| texts | `minLength`, `maxLength`, `pattern` (RE2), `format`: date, date-time, email, uri, uuid |
| numbers | `minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum`, `multipleOf` |

Anything else (`$ref`, `anyOf`, …) is refused by its name, never ignored: a schema says what it
seems to say. The schema as a whole describes an object. Unlike a validator that only annotates,
`format` is checked, and a `default` must fit its own schema.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from domain.errors import InvalidInput
from domain.rules.bodies import read_stored
from domain.rules.checking import Problems, clean_json
from domain.rules.input_values import FORMATS, TYPES, InputNode, ValueCheck
from domain.rules.json_values import JsonValue, Number, number_of, write_json
from domain.rules.regexes import InvalidRegex, Regex, compile_regex

MOST_BYTES = 32 * 1024
MOST_DEPTH = 8
MOST_CHOICES = 200
LONGEST_WORDS = 2_000
MOST_COUNT = 1_000_000_000
DIALECT = "https://json-schema.org/draft/2020-12/schema"


@dataclass(frozen=True, slots=True)
class InputSchema:
    """A schema that was read: `text` is how it is stored, `root` what it comes to."""

    text: str
    root: InputNode

    @property
    def document(self) -> dict[str, Any]:
        """The schema as JSON."""
        stored: Any = read_stored(self.text)
        document: dict[str, Any] = stored
        return document

    @property
    def required(self) -> tuple[tuple[str, ...], ...]:
        """The names that lead to each input that must be there: required, and within what is."""
        return tuple(_required(self.root, ()))


def _required(node: InputNode, before: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for name in node.required:
        yield (*before, name)
        if name in node.properties:
            yield from _required(node.properties[name], (*before, name))


def parse_input_schema(value: object, field: str = "input_schema") -> InputSchema:
    """The schema that `value` spells. Raises InvalidInput with each problem at its field
    (`input_schema.properties.order.type`)."""
    problems = Problems()
    cleaned = clean_json(value, field, problems)
    problems.raise_any()
    if not isinstance(cleaned, dict):
        raise InvalidInput.at(field, "must be a JSON Schema: an object")
    text = write_json(cleaned).decode()
    if len(text.encode()) > MOST_BYTES:
        raise InvalidInput.at(field, f"has more than {MOST_BYTES // 1024} KiB")
    root = _Reader(problems).root(cleaned, field)
    problems.raise_any()
    return InputSchema(text, root)


def read_input_schema(text: str | None) -> InputSchema | None:
    """A stored schema; None when there is none."""
    return None if text is None else parse_input_schema(read_stored(text))


def check_input(schema: InputSchema, value: JsonValue, field: str = "input") -> None:
    """Raises InvalidInput with what keeps `value` from fitting, each at its field
    (`input.order.id`)."""
    problems = Problems()
    ValueCheck(problems).check(schema.root, value, field)
    problems.raise_any()


class _Reader:
    """Reads a schema, noting every problem and going on with something harmless."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems

    def root(self, raw: Mapping[str, Any], at: str) -> InputNode:
        if raw.get("$schema", DIALECT) != DIALECT:
            self._problems.add(f"{at}.$schema", f"must be {DIALECT}")
        if raw.get("type") != "object":
            self._problems.add(f"{at}.type", 'must be "object": inputs have names')
        return self._node({key: raw[key] for key in raw if key != "$schema"}, at, 1)

    def _node(self, raw: JsonValue, at: str, depth: int) -> InputNode:
        if not isinstance(raw, dict):
            self._problems.add(at, "must be a schema: an object")
            return InputNode()
        if depth > MOST_DEPTH:
            self._problems.add(at, f"is nested deeper than {MOST_DEPTH} schemas")
            return InputNode()
        found: dict[str, Any] = {}
        for keyword, value in raw.items():
            if keyword in _NESTED:
                continue
            if keyword in _READERS:
                name, read = _READERS[keyword]
                self._read(found, name, read, value, f"{at}.{keyword}")
            elif keyword != "examples":
                self._problems.add(f"{at}.{keyword}", "is a keyword that is not supported here")
        self._nested(found, raw, at, depth)
        node = InputNode(**found)
        self._check_default(node, at)
        return node

    def _read(
        self, found: dict[str, Any], name: str, read: Callable[[Any], Any], value: Any, at: str
    ) -> None:
        try:
            found[name] = read(value)
        except (InvalidRegex, _Refused) as refused:
            self._problems.add(at, str(refused))

    def _nested(
        self, found: dict[str, Any], raw: Mapping[str, JsonValue], at: str, depth: int
    ) -> None:
        if "items" in raw:
            found["items"] = self._node(raw["items"], f"{at}.items", depth + 1)
        properties = raw.get("properties", {})
        if not isinstance(properties, dict):
            self._problems.add(f"{at}.properties", "must be an object of schemas")
        elif properties:
            found["properties"] = {
                name: self._node(inner, f"{at}.properties.{name}", depth + 1)
                for name, inner in properties.items()
            }

    def _check_default(self, node: InputNode, at: str) -> None:
        if node.default:
            ValueCheck(self._problems).check(node, node.default[0], f"{at}.default")


class _Refused(ValueError):
    """The value of a keyword means nothing; the text says what it must be."""


def _types(value: Any) -> tuple[str, ...]:
    kinds = value if isinstance(value, list) else [value]
    if not kinds or not all(isinstance(kind, str) and kind in TYPES for kind in kinds):
        raise _Refused(f"must be one of {', '.join(TYPES)}, or a list of them")
    if len(set(kinds)) < len(kinds):
        raise _Refused("names a type twice")
    return tuple(kinds)


def _words(value: Any) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_WORDS:
        raise _Refused(f"must be a text of at most {LONGEST_WORDS:,} characters")
    return value


def _one(value: Any) -> tuple[JsonValue, ...]:
    return (value,)


def _choices(value: Any) -> tuple[JsonValue, ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_CHOICES:
        raise _Refused(f"must be a list of 1 to {MOST_CHOICES} values")
    return tuple(value)


def _names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise _Refused("must be a list of names")
    if len(set(value)) < len(value):
        raise _Refused("names the same twice")
    return tuple(value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Refused("must be true or false")
    return value


def _count(value: Any) -> int:
    number = number_of(value)
    if number is None or number != int(number) or not 0 <= number <= MOST_COUNT:
        raise _Refused("must be a whole number, 0 or more")
    return int(number)


def _number(value: Any) -> Number:
    number = number_of(value)
    if number is None:
        raise _Refused("must be a number")
    return number


def _divisor(value: Any) -> Number:
    number = _number(value)
    if number <= 0:
        raise _Refused("must be more than 0")
    return number


def _pattern(value: Any) -> Regex:
    if not isinstance(value, str):
        raise _Refused("must be a text")
    return compile_regex(value)


def _format(value: Any) -> str:
    if not isinstance(value, str) or value not in FORMATS:
        raise _Refused(f"must be one of {', '.join(FORMATS)}")
    return value


_NESTED = frozenset({"properties", "items"})
_READERS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "type": ("types", _types),
    "title": ("title", _words),
    "description": ("description", _words),
    "default": ("default", _one),
    "enum": ("enum", _choices),
    "const": ("const", _one),
    "required": ("required", _names),
    "additionalProperties": ("additional", _flag),
    "minItems": ("min_items", _count),
    "maxItems": ("max_items", _count),
    "uniqueItems": ("unique_items", _flag),
    "minimum": ("minimum", _number),
    "maximum": ("maximum", _number),
    "exclusiveMinimum": ("exclusive_minimum", _number),
    "exclusiveMaximum": ("exclusive_maximum", _number),
    "multipleOf": ("multiple_of", _divisor),
    "minLength": ("min_length", _count),
    "maxLength": ("max_length", _count),
    "pattern": ("pattern", _pattern),
    "format": ("format", _format),
}
