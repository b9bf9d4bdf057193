"""How the API reads bodies: raw, under guard, strictly.

The framework's own way answers 500 to deep nesting and to invalid UTF-8, and turns "1" into 1.
"""

import re
from collections.abc import Generator
from typing import Any, Generic, TypeVar

import msgspec
from litestar._openapi.schema_generation import SchemaCreator
from litestar.dto import AbstractDTO
from litestar.dto.data_structures import DTOFieldDefinition
from litestar.openapi.spec import Reference, Schema
from litestar.typing import FieldDefinition

from domain.errors import InvalidInput, Problem
from domain.rules.bodies import read_json
from domain.rules.checking import Problems, clean_json
from domain.rules.json_values import JsonValue

T = TypeVar("T")
# msgspec says: "Expected `int`, got `str` - at `$.steps[0].timeout_s`".
_REASON = re.compile(r"(?P<why>.*?)(?: - at `\$\.?(?P<path>.*)`)?", re.DOTALL)
_NAMED = re.compile(
    r"Object (?:contains unknown|missing required) field `(?P<field>.*)`", re.DOTALL
)


def read_as(kind: type[T], body: bytes) -> T:
    """The JSON in `body` as a `kind`.

    Raises UnreadableBody for what is not JSON, InvalidInput naming the field for all else.
    """
    document = read_json(body)
    _check_values(document)
    try:
        return msgspec.convert(document, kind, strict=True)
    except msgspec.ValidationError as error:
        raise _named(str(error)) from None


def _check_values(document: JsonValue) -> None:
    """Refuse what could not be stored later on, such as NUL in a text."""
    problems = Problems()
    try:
        clean_json(document, "body", problems)
        problems.raise_any()
    except InvalidInput as refused:
        raise InvalidInput(
            [Problem(each.field.removeprefix("body."), each.message) for each in refused.problems]
        ) from None


def _named(text: str) -> InvalidInput:
    match = _REASON.fullmatch(text)
    why, path = (match["why"], match["path"] or "") if match else (text, "")
    path = re.sub(r"\[(\d+)\]", r".\1", path).strip(".")
    if field := _NAMED.fullmatch(why):
        name = f"{path}.{field['field']}".strip(".")
        return InvalidInput.at(name, "is not known here" if "unknown" in why else "is missing")
    return InvalidInput.at(path or "body", why[:1].lower() + why[1:].replace("`", ""))


class Body(AbstractDTO[T], Generic[T]):
    """Hands the raw body of a request to `read_as` (`dto=Body[CreateTrigger]`)."""

    def decode_bytes(self, value: bytes) -> Any:
        """Called by Litestar with the raw body."""
        return read_as(self.model_type, value)

    @classmethod
    def create_for_field_definition(cls, *_: Any, **__: Any) -> None:
        """Nothing to generate: the body is decoded by `read_as`."""

    @classmethod
    def create_openapi_schema(
        cls, field_definition: FieldDefinition, handler_id: str, schema_creator: SchemaCreator
    ) -> Reference | Schema:
        """The schema of the body's type."""
        del handler_id
        return schema_creator.for_field_definition(field_definition)

    @classmethod
    def generate_field_definitions(
        cls, model_type: type[Any]
    ) -> Generator[DTOFieldDefinition, None, None]:
        """None: see `create_for_field_definition`."""
        del model_type
        yield from ()

    @classmethod
    def detect_nested_field(cls, field_definition: FieldDefinition) -> bool:
        """None: see `create_for_field_definition`."""
        del field_definition
        return False
