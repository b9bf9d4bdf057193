"""Step inputs with placeholders: compiled when a workflow is saved, rendered when a step runs.

A text that is one placeholder becomes the value itself, with its type; inside a longer text a value
is inserted as text (lists and objects as JSON). Values are data: what comes out of a placeholder is
never read as a template again, because only the saved text is ever scanned (row A49). A value that
is missing fails the rendering; nothing is sent with a hole in it.

Two braces that are meant as such are written as a placeholder that is them, quoted: `{{ '{{' }}`
or `{{ "{{" }}`, as in other template languages. `}}` alone needs nothing.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from domain.errors import InvalidInput
from domain.rules.checking import Problems, clean_json
from domain.rules.json_values import JsonValue, text_of
from domain.rules.placeholders import (
    InvalidPlaceholder,
    Reference,
    RenderContext,
    RenderFailed,
    parse_reference,
)

BRACES = "{{"
MAX_PLACEHOLDERS = 200
MAX_RENDERED = 16 * 1024 * 1024
"""Characters that placeholders may insert together: the largest event fits, many copies do not."""

_PLACEHOLDER = re.compile(r"""\{\{((?:[^{}'"]|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")*)\}\}""")

_QUOTED_BRACES = frozenset({"'{{'", '"{{"'})

Parts = tuple[str | Reference, ...]


@dataclass(frozen=True, slots=True)
class References:
    """What a template needs: names of secrets, keys of earlier steps, and what it reads of the
    event, as the placeholders say it (`$.order.id`)."""

    secrets: frozenset[str] = frozenset()
    steps: frozenset[str] = frozenset()
    event: frozenset[str] = frozenset()

    def __or__(self, other: "References") -> "References":
        return References(
            self.secrets | other.secrets, self.steps | other.steps, self.event | other.event
        )


def references_of(found: Iterable[Reference]) -> References:
    """What these references need."""
    known = list(found)
    return References(
        frozenset(one.secret for one in known if one.secret is not None),
        frozenset(one.step for one in known if one.step is not None),
        frozenset(one.text for one in known if one.text.startswith(("$", "event."))),
    )


class Rendering:
    """One rendering: its context, and how much placeholders may still insert."""

    __slots__ = ("_context", "_left")

    def __init__(self, context: RenderContext) -> None:
        self._context = context
        self._left = MAX_RENDERED

    def value(self, reference: Reference) -> JsonValue:
        """The value of `reference`, paid for by its size. Raises RenderFailed."""
        value = reference.value(self._context)
        stack = [value]
        while stack:
            node = stack.pop()
            self._left -= 1 + (len(node) if isinstance(node, str) else 0)
            if self._left < 0:
                raise RenderFailed("too_large", reference.text)
            if isinstance(node, dict):
                self._left -= sum(map(len, node))
                stack.extend(node.values())
            elif isinstance(node, list):
                stack.extend(node)
        return value


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled JSON value. `tree` is the saved value, its texts with placeholders taken apart."""

    tree: object
    references: References

    def render(self, context: RenderContext) -> JsonValue:
        """The value with every placeholder filled; treat it as read-only, parts are shared.

        Raises RenderFailed.
        """
        return _rendered(self.tree, Rendering(context))


@dataclass(frozen=True, slots=True)
class _Text:
    parts: Parts


def compile_template(value: object, field: str) -> Template:
    """The template that a JSON value spells. Raises InvalidInput at the field of each fault."""
    problems = Problems()
    found: list[Reference] = []
    tree = _compiled(clean_json(value, field, problems), field, problems, found)
    if len(found) > MAX_PLACEHOLDERS:
        problems.add(field, f"has more than {MAX_PLACEHOLDERS} placeholders")
    problems.raise_any()
    return Template(tree, references_of(found))


def parts_of(text: str, field: str) -> Parts:
    """The plain texts and references that make up `text`. Raises InvalidInput at `field`."""
    parts: list[str | Reference] = []
    position = 0
    while (start := text.find(BRACES, position)) >= 0:
        found = _PLACEHOLDER.match(text, start)
        if found is None:
            raise InvalidInput.at(field, "has a {{ without its }}")
        literal = found[1].strip() in _QUOTED_BRACES
        parts += [text[position:start], BRACES if literal else _reference(found[1], field)]
        position = found.end()
    parts.append(text[position:])
    return tuple(_joined(parts))


def _joined(parts: Iterable[str | Reference]) -> Iterator[str | Reference]:
    """The parts with plain texts that stand side by side as one, and without empty ones."""
    plain = ""
    for part in parts:
        if isinstance(part, str):
            plain += part
            continue
        if plain:
            yield plain
        yield part
        plain = ""
    if plain:
        yield plain


def _reference(text: str, field: str) -> Reference:
    try:
        return parse_reference(text)
    except InvalidPlaceholder as error:
        raise InvalidInput.at(field, str(error)) from None


def _compiled(value: JsonValue, field: str, problems: Problems, found: list[Reference]) -> object:
    if isinstance(value, str):
        return _compiled_text(value, field, problems, found)
    if isinstance(value, list):
        return [
            _compiled(item, f"{field}.{index}", problems, found) for index, item in enumerate(value)
        ]
    if isinstance(value, dict):
        for key in value:
            if "{{" in key:
                problems.add(field, "has a key with a placeholder; only values can have them")
        return {
            key: _compiled(item, f"{field}.{key}", problems, found) for key, item in value.items()
        }
    return value


def _compiled_text(
    text: str, field: str, problems: Problems, found: list[Reference]
) -> str | _Text:
    try:
        parts = parts_of(text, field)
    except InvalidInput as error:
        problems.absorb(error)
        return text
    references = [part for part in parts if isinstance(part, Reference)]
    found.extend(references)
    return _Text(parts) if references else "".join(map(str, parts))


def _rendered(node: object, rendering: Rendering) -> JsonValue:
    if isinstance(node, _Text):
        return _rendered_text(node.parts, rendering)
    if isinstance(node, list):
        return [_rendered(item, rendering) for item in node]
    if isinstance(node, dict):
        return {key: _rendered(item, rendering) for key, item in node.items()}
    return node  # type: ignore[return-value]  # What is left came from a JSON value as it is.


def _rendered_text(parts: Parts, rendering: Rendering) -> JsonValue:
    if len(parts) == 1 and isinstance(parts[0], Reference):
        return rendering.value(parts[0])
    return "".join(
        part if isinstance(part, str) else text_of(rendering.value(part)) for part in parts
    )
