"""Input schemas: what is understood of JSON Schema, and what values fit."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.rules.input_schemas import MOST_BYTES, check_input, parse_input_schema
from domain.rules.json_values import JsonValue


def told(schema: Any, value: JsonValue) -> list[tuple[str, str]]:
    """What keeps the input `a` of that schema from being `value`."""
    whole = parse_input_schema({"type": "object", "properties": {"a": schema}})
    try:
        check_input(whole, {"a": value})
    except InvalidInput as refused:
        return [(problem.field, problem.message) for problem in refused.problems]
    return []


def refused_at(schema: Any) -> list[str]:
    with pytest.raises(InvalidInput) as refused:
        parse_input_schema(schema)
    return [problem.field for problem in refused.value.problems]


@pytest.mark.parametrize(
    ("schema", "fits", "fails"),
    [
        ({"type": "integer"}, [1, Decimal("2.0"), 10**30], [Decimal("1.5"), True, "1", None]),
        ({"type": "number"}, [1, Decimal("1.5")], [False, "1"]),
        ({"type": ["string", "null"]}, ["", None], [0, []]),
        ({"type": "boolean"}, [True], [1, "true"]),
        ({"enum": [1, "a", None]}, [Decimal("1.0"), "a", None], [True, "A"]),
        ({"const": {"b": [1]}}, [{"b": [Decimal(1)]}], [{"b": [1, 1]}]),
        ({"minimum": 1, "exclusiveMaximum": 2}, [1, Decimal("1.9")], [Decimal("0.9"), 2]),
        ({"multipleOf": Decimal("0.1")}, [Decimal("0.3"), 10**40], [Decimal("0.35")]),
        ({"minLength": 2, "maxLength": 3}, ["aé", "\U0001f600aa"], ["a", "abcd"]),
        ({"pattern": "^a+$"}, ["aa"], ["ab"]),
        ({"format": "date"}, ["2026-02-28"], ["2026-02-30", "20260228"]),
        ({"format": "date-time"}, ["2026-11-27T09:00:00Z", "2026-11-27T09:00:00.5+01:00"],
         ["2026-11-27T09:00:00", "2026-11-27", "2026-11-27T25:00:00Z"]),
        ({"format": "email"}, ["a@example.org"], ["a@", "a b@example.org"]),
        ({"format": "uri"}, ["https://example.org/?a=b"], ["example.org", "https://a b"]),
        ({"format": "uuid"}, ["01939F5E-0000-7000-8000-000000000001"], ["01939f5e"]),
        ({"type": "array", "items": {"type": "string"}, "maxItems": 2}, [[], ["a"]],
         [[1], ["a", "b", "c"]]),
        ({"uniqueItems": True}, [[1, True, "1", [1], {"a": 1}]], [[1, Decimal("1.0")]]),
        ({"additionalProperties": False, "properties": {"b": {}}}, [{"b": 1}, {}], [{"c": 1}]),
        ({"required": ["b"]}, [{"b": None}], [{}]),
    ],
)  # fmt: skip
def test_values_fit_as_the_specification_has_it(
    schema: Any, fits: list[JsonValue], fails: list[JsonValue]
) -> None:
    assert [told(schema, value) for value in fits] == [[] for _ in fits]
    assert all(told(schema, value) for value in fails)


def test_problems_name_the_input_and_what_it_must_be() -> None:
    schema = {
        "type": "object",
        "required": ["id", "lines"],
        "properties": {"lines": {"type": "array", "items": {"type": "integer"}}},
    }

    assert told(schema, {"lines": [1, "b"]}) == [
        ("input.a.id", "is missing"),
        ("input.a.lines.1", "must be a whole number"),
    ]


@pytest.mark.parametrize(
    ("schema", "field"),
    [
        ({"type": "object", "$ref": "#/x"}, "input_schema.$ref"),
        ({"type": "object", "properties": {"a": {"anyOf": []}}}, "input_schema.properties.a.anyOf"),
        ({"type": "array"}, "input_schema.type"),
        ({}, "input_schema.type"),
        (["type"], "input_schema"),
        (True, "input_schema"),
        ({"type": "object", "properties": {"a": True}}, "input_schema.properties.a"),
        ({"type": "object", "properties": {"a": {"pattern": "(?=a)"}}},
         "input_schema.properties.a.pattern"),
        ({"type": "object", "properties": {"a": {"type": "integer", "default": "1"}}},
         "input_schema.properties.a.default"),
        ({"type": "object", "minLength": -1}, "input_schema.minLength"),
        ({"type": "object", "multipleOf": 0}, "input_schema.multipleOf"),
        ({"type": "object", "required": ["a", "a"]}, "input_schema.required"),
        ({"type": "object", "format": "hostname"}, "input_schema.format"),
        ({"type": "object", "additionalProperties": {}}, "input_schema.additionalProperties"),
        ({"type": "object", "$schema": "http://json-schema.org/draft-07/schema#"},
         "input_schema.$schema"),
        ({"type": "object", "description": "a\x00b"}, "input_schema.description"),
        ({"type": "object", "enum": ["x" * MOST_BYTES]}, "input_schema"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused_at_its_keyword(schema: Any, field: str) -> None:
    assert field in refused_at(schema)


def test_schemas_nest_eight_deep_and_no_deeper() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(7):
        schema = {"type": "object", "required": ["a"], "properties": {"a": schema}}

    assert parse_input_schema(schema).required[-1] == ("a",) * 7
    deeper = {"type": "object", "properties": {"a": schema}}
    assert refused_at(deeper) == ["input_schema" + ".properties.a" * 8]


def test_many_long_texts_cannot_hold_up_who_matches_them() -> None:
    schema = {"type": "array", "items": {"type": "string", "pattern": "(a|b){1,100}c"}}

    problems = told(schema, ["ab" * 5_000] * 1_000)

    assert problems[-1][1] == "is too long to be matched with its pattern"


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(-999, 999, places=2) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=10,
)
schemas = st.fixed_dictionaries(
    {"type": st.just("object")},
    optional=dict.fromkeys(
        ("properties", "required", "default", "enum", "minLength", "pattern", "items"), json_values
    ),
)


@given(json_values | schemas)
def test_any_value_at_all_is_a_schema_or_refused_and_no_surprise(value: Any) -> None:
    try:
        schema = parse_input_schema(value)
    except InvalidInput:
        return
    assert parse_input_schema(schema.document).root == schema.root


@given(json_values)
def test_any_value_fits_what_says_nothing_and_itself(value: Any) -> None:
    assert told({}, value) == []
    assert told({"const": value}, value) == told({"enum": [value]}, value) == []
