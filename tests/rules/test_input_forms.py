"""Forms out of schemas: what is typed comes back as the input, row by row, and nothing is lost."""

from typing import Any

import pytest

from domain.errors import InvalidInput
from domain.rules.input_forms import MOST_ROWS, controls, initial_fields, read_input, with_rows
from domain.rules.input_schemas import parse_input_schema
from domain.rules.input_values import InputNode
from web.forms.reading import json_in


def root_of(**properties: Any) -> InputNode:
    return parse_input_schema({"type": "object", "properties": properties}).root


@pytest.mark.parametrize(
    ("schema", "default"),
    [
        ({"type": "string"}, "text, with a line"),
        ({"type": "integer"}, 12),
        ({"type": "number"}, 2.5),
        ({"type": "boolean"}, False),
        ({"enum": ["red", 1, None]}, "red"),
        ({"const": {"a": 1}}, {"a": 1}),
        ({}, {"any": [1, None]}),
        ({"type": "array"}, [1, "two"]),
        ({"type": ["string", "integer"]}, "7"),
        ({"type": "array", "items": {"type": "integer"}}, [3, 1, 2]),
        (
            {"type": "array", "items": {"type": "array", "items": {"type": "string"}}},
            [["a"], ["b"]],
        ),
        ({"type": "object", "properties": {"a.b/c %": {"type": "string"}}}, {"a.b/c %": "x"}),
    ],
)
def test_a_default_goes_through_the_form_unchanged(schema: dict[str, Any], default: Any) -> None:
    root = root_of(it={**schema, "default": default})
    fields = initial_fields(root)
    names = {each.name for each in controls(root, fields).walk()}
    assert {name.removesuffix("#") for name in fields} <= names
    assert read_input(root, fields, json_in) == {"it": default}


def test_what_is_left_empty_is_left_out() -> None:
    root = root_of(a={"type": "string"}, b={"type": "object", "properties": {"c": {}}})
    assert read_input(root, {"input/a": "  ", "input/b/c": ""}, json_in) == {}
    assert read_input(root, {}, json_in) == {}


def test_a_field_of_json_says_where_it_is_none() -> None:
    with pytest.raises(InvalidInput) as refused:
        read_input(root_of(more={}), {"input/more": "{"}, json_in)
    assert refused.value.problems[0].field == "input.more"


def test_rows_are_bounded_and_move_up_with_all_inside_of_them() -> None:
    tags = {"type": "array", "items": {"type": "string"}}
    lines = {"type": "array", "items": {"type": "object", "properties": {"tags": tags}}}
    root = root_of(lines=lines)
    fields: dict[str, str] = initial_fields(root)
    for _ in range(MOST_ROWS + 5):
        fields, _ = with_rows(root, fields, "add:input/lines")
    assert fields["input/lines#"] == str(MOST_ROWS)
    fields, _ = with_rows(root, fields, "add:input/lines/1/tags")
    fields["input/lines/1/tags/0"] = "kept"
    fields, row = with_rows(root, fields, "remove:input/lines/0")
    assert row == "input/lines/0"
    assert fields["input/lines/0/tags/0"] == "kept"
    assert fields["input/lines#"] == str(MOST_ROWS - 1)


@pytest.mark.parametrize("count", ["-1", "x", "9" * 30, "²", ""])
def test_a_forged_count_makes_no_rows(count: str) -> None:
    root = root_of(lines={"type": "array", "items": {"type": "string"}})
    assert read_input(root, {"input/lines#": count}, json_in) == {}
