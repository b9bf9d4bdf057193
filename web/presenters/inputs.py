"""What a workflow must be given, in rows that people read."""

from collections.abc import Iterator
from dataclasses import dataclass

from domain.errors import InvalidInput
from domain.rules.input_schemas import read_input_schema
from domain.rules.input_values import FORMATS, TYPES, InputNode
from domain.rules.json_values import text_of, write_json
from web.forms.reading import errors_by_field
from web.forms.workflow import WorkflowForm


@dataclass(frozen=True, slots=True)
class InputShown:
    """One input: `order.lines[].sku`, what it is, and whether it must be there."""

    name: str
    kind: str
    required: bool
    words: str


def inputs_shown(schema: str | None) -> tuple[InputShown, ...]:
    """The inputs that a stored schema names; none without a schema."""
    read = read_input_schema(schema)
    return () if read is None else tuple(_below(read.root, ""))


@dataclass(frozen=True, slots=True)
class SchemaTold:
    """What a schema that is being typed asks for, or what is wrong with it."""

    inputs: tuple[InputShown, ...]
    errors: tuple[str, ...]


def schema_told(form: WorkflowForm) -> SchemaTold:
    """What to say beside the field of the form."""
    try:
        schema = form.parsed_schema()
    except InvalidInput as refused:
        told = errors_by_field(refused.problems, ("input_schema",), {})
        return SchemaTold((), tuple(told["input_schema"]))
    text = None if schema is None else write_json(schema).decode()
    return SchemaTold(inputs_shown(text), ())


def _below(node: InputNode, before: str) -> Iterator[InputShown]:
    for name, inner in node.properties.items():
        path = f"{before}{name}"
        yield InputShown(path, _kind(inner), name in node.required, _words(inner))
        yield from _below(inner, f"{path}.")
        if inner.items is not None:
            yield from _below(inner.items, f"{path}[].")
    for name in node.required:
        if name not in node.properties:
            yield InputShown(f"{before}{name}", "anything", required=True, words="")


def _kind(node: InputNode) -> str:
    """What it is, in words."""
    if node.const or node.enum:
        return "one of " + ", ".join(map(text_of, node.const or node.enum))[:200]
    if node.format:
        return FORMATS[node.format][1]
    words = " or ".join(TYPES[kind] for kind in node.types) or "anything"
    if node.items is not None and node.items.types:
        return f"{words}, each {_kind(node.items)}"
    return words


def _words(node: InputNode) -> str:
    """What its writer says of it."""
    default = f"Default: {text_of(node.default[0])}." if node.default else ""
    told = [f"{part.rstrip('.')}." for part in (node.title, node.description) if part]
    return " ".join([*told, default]).strip()
