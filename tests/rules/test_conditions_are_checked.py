"""What is refused when conditions are saved, and at which field people are told."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.rules.clause_parsing import CLAUSE_KEYS, QUANTIFIERS
from domain.rules.conditions import MAX_CLAUSES, MAX_GROUP_DEPTH, judge, parse_conditions
from domain.rules.json_values import MAX_DEPTH
from domain.rules.operators import OPERATORS
from domain.rules.subjects import SOURCES
from tests.rules.judging import result_of, subject

FINE = {"path": "$.a", "op": "eq", "value": 1}


def problems_of(raw: object) -> dict[str, str]:
    with pytest.raises(InvalidInput) as refusal:
        parse_conditions(raw)
    return {problem.field: problem.message for problem in refusal.value.problems}


def of_one_clause(**changes: Any) -> dict[str, str]:
    return problems_of({"all": [{**FINE, **changes}]})


@pytest.mark.parametrize("raw", [None, {}, {"all": []}])
def test_no_conditions_always_match(raw: object) -> None:
    assert result_of(raw, {"a": 1}) == "matched"
    assert result_of(raw, None, found=False) == "matched"


@pytest.mark.parametrize(
    "raw",
    [
        [],
        "all",
        1,
        {"all": [FINE], "any": [FINE]},
        {"every": [FINE]},
        FINE,
        {"all": [FINE], "x": 1},
    ],
)
def test_the_root_is_one_group(raw: object) -> None:
    assert "exactly one of all, any, none" in problems_of(raw)["conditions"]


@pytest.mark.parametrize("members", [[], {}, None, "x"])
@pytest.mark.parametrize("kind", ["any", "none"])
def test_a_group_needs_members(kind: str, members: object) -> None:
    """An empty `any` would never match: better told now than wondered about later."""
    assert list(problems_of({kind: members})) == [f"conditions.{kind}"]


def test_every_problem_is_told_at_its_own_field() -> None:
    raw = {
        "all": [
            {"path": "order", "op": "eq", "value": 1},
            {"any": [{"path": "$.a", "op": "like", "value": 1}, {"none": [7]}]},
            {"path": "$.a", "op": "gt", "value": None, "missing": "maybe", "colour": "red"},
        ]
    }
    assert list(problems_of(raw)) == [
        "conditions.all.0.path",
        "conditions.all.1.any.0.op",
        "conditions.all.1.any.1.none.0",
        "conditions.all.2.colour",
        "conditions.all.2.missing",
        "conditions.all.2.value",
    ]


@pytest.mark.parametrize("path", [None, 1, ["$.a"]])
def test_a_path_is_a_text(path: object) -> None:
    assert "must be a JSONPath" in of_one_clause(path=path)["conditions.all.0.path"]


def test_fifty_problems_are_enough() -> None:
    assert len(problems_of({"all": [{}] * 100})) == 50


def test_a_bad_path_is_told_with_its_column() -> None:
    assert "column 5" in of_one_clause(path="$.a[")["conditions.all.0.path"]


@pytest.mark.parametrize("op", ["eq", "ne", "gt", "in", "contains", "starts_with"])
def test_a_value_is_required(op: str) -> None:
    problems = problems_of({"all": [{"path": "$.a", "op": op}]})
    assert "required" in problems["conditions.all.0.value"]


def test_exists_takes_no_type() -> None:
    problems = problems_of({"all": [{"path": "$.a", "op": "exists", "type": "number"}]})
    assert problems == {"conditions.all.0.type": "must be left out for this operator"}


@pytest.mark.parametrize("op", ["exists", "not_exists"])
def test_exists_takes_no_value_and_no_missing(op: str) -> None:
    assert set(of_one_clause(op=op, missing="match")) == {
        "conditions.all.0.value",
        "conditions.all.0.missing",
    }


@pytest.mark.parametrize(
    ("op", "value"),
    [
        ("gt", True),
        ("lte", None),
        ("gte", [1]),
        ("in", "abc"),
        ("in", []),
        ("not_in", [[1]]),
        ("in", list(range(1001))),
        ("starts_with", 1),
        ("ends_with", None),
        ("eq", float("nan")),
        ("eq", 10**400),
        ("eq", "a\0"),
        ("eq", "\ud800"),
        ("eq", {"a\0": 1}),
        ("eq", object()),
        ("eq", "x" * 100_001),
        ("eq", [0] * 10_000),
        ("eq", Decimal("NaN")),
        ("eq", Decimal("1e400")),
    ],
)
def test_a_value_that_the_operator_cannot_use_is_refused(op: str, value: object) -> None:
    problems = of_one_clause(op=op, value=value)
    assert all(field.startswith("conditions.all.0.value") for field in problems)


@pytest.mark.parametrize(
    ("op", "kind", "value"),
    [
        ("eq", "date", 1),
        ("eq", 1, 1),
        ("gt", "boolean", "true"),
        ("contains", "number", 1),
    ],
)
def test_a_type_that_the_operator_cannot_use_is_refused(
    op: str, kind: object, value: object
) -> None:
    assert "conditions.all.0.type" in of_one_clause(op=op, type=kind, value=value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [("number", "ten"), ("number", True), ("time", "yesterday"), ("boolean", 1), ("string", None)],
)
def test_an_expected_value_that_is_not_of_its_type_is_refused(kind: str, value: object) -> None:
    assert "cannot be read" in of_one_clause(type=kind, value=value)["conditions.all.0.value"]


def test_a_time_without_a_zone_is_refused() -> None:
    problems = of_one_clause(type="time", value="2026-01-01T00:00:00")
    assert "no zone" in problems["conditions.all.0.value"]


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"source": "cookies"}, "source", "body, headers, query, meta"),
        ({"quantifier": "most"}, "quantifier", "any, all, none, count"),
        ({"quantifier": "count", "op": "matches", "value": "a"}, "quantifier", "count goes with"),
        ({"quantifier": "count", "missing": "match"}, "missing", "means nothing for count"),
        ({"value_path": "$.b"}, "value_path", "instead of a value"),
        ({"op": "matches", "value": "("}, "value", "not valid: missing )"),
        ({"op": "matches", "value": "a" * 1_025}, "value", "longer than 1,024"),
        ({"op": "matches", "value": "(a)\\1"}, "value", "back-references"),
        ({"op": "matches", "value": "(?<=a)b"}, "value", "look-behind"),
        ({"op": "matches", "value": "((a{1000}){1000})"}, "value", "at most 1,000"),
        ({"op": "matches", "value": "(\\pL{500}){2}"}, "value", "too large"),
        ({"op": "matches", "value": 5}, "value", "must be a text"),
        ({"case_insensitive": "yes"}, "case_insensitive", "true or false"),
        ({"case_insensitive": True, "op": "gt"}, "case_insensitive", "means nothing"),
        ({"op": "between", "value": [1]}, "value", "a list of two"),
        ({"op": "between", "value": [2, 1]}, "value", "begin with the lower"),
        ({"op": "between", "value": [1, "2"]}, "value", "two numbers or two texts"),
        ({"op": "between", "value": ["1", None]}, "value", "two numbers or two texts"),
        ({"op": "is_type", "value": "text"}, "value", "must be one of null, boolean"),
        ({"op": "length_gt", "value": -1}, "value", "at least 0"),
        ({"op": "length_eq", "value": 1.5}, "value", "whole number"),
        ({"op": "within_last", "value": "soon"}, "value", "span of time"),
        ({"op": "within_last", "value": -5}, "value", "span of time"),
        ({"op": "older_than", "value": "9999999d"}, "value", "span of time"),
        ({"op": "before", "value": "tomorrow"}, "value", "cannot be read as a time"),
        ({"op": "before", "value": "2026-01-01T00:00:00"}, "value", "no zone"),
        ({"op": "is_null"}, "value", "not taken"),
        ({"op": "is_empty"}, "value", "not taken"),
        ({"source": "headers", "path": "$.*"}, "path", "name one header"),
    ],
)
def test_what_a_clause_cannot_say_is_told_at_its_field(
    changes: dict[str, Any], field: str, words: str
) -> None:
    assert words in of_one_clause(**changes)[f"conditions.all.0.{field}"]


def test_another_fields_value_is_one_value_of_an_operator_that_compares() -> None:
    def problems(**clause: Any) -> dict[str, str]:
        return problems_of({"all": [{"path": "$.a", "op": "eq", **clause}]})

    assert "finds one value" in problems(value_path="$..b")["conditions.all.0.value_path"]
    assert "column" in problems(value_path="$.b[")["conditions.all.0.value_path"]
    assert "not taken" in problems(op="matches", value_path="$.b")["conditions.all.0.value_path"]


def nested(depth: int) -> object:
    raw: object = FINE
    for _ in range(depth):
        raw = {"all": [raw]}
    return raw


def test_groups_nest_eight_deep_and_no_deeper() -> None:
    parse_conditions(nested(MAX_GROUP_DEPTH))
    assert len(problems_of(nested(MAX_GROUP_DEPTH + 1))) == 1
    assert len(problems_of(nested(400))) == 1


def test_two_hundred_clauses_are_taken_and_one_more_is_not() -> None:
    parse_conditions({"any": [FINE] * MAX_CLAUSES})
    assert "200 clauses" in problems_of({"any": [FINE] * (MAX_CLAUSES + 1)})["conditions"]
    spread = {"any": [{"all": [FINE] * 67}] * 3}
    assert "200 clauses" in problems_of(spread)["conditions"]


def test_a_value_nested_too_deep_is_refused() -> None:
    value: object = 1
    for _ in range(MAX_DEPTH + 1):
        value = [value]
    assert len(of_one_clause(value=value)) == 1


anything: st.SearchStrategy[object] = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.floats(),
        st.integers(),
        st.text(max_size=5),
        st.sampled_from(["$.a", "$..b", "$", "1h", "number", "time", "match", "2026", "string"]),
        st.sampled_from([*OPERATORS, *QUANTIFIERS, *SOURCES]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["all", "any", "none", *CLAUSE_KEYS]), inner, max_size=6),
    ),
    max_leaves=15,
)


@given(anything)
def test_nothing_that_is_sent_raises_anything_but_invalid_input(raw: object) -> None:
    try:
        conditions = parse_conditions(raw)
    except InvalidInput as refusal:
        assert refusal.problems  # noqa: PT017  # Refusing is right; this is about no third way.
    else:
        judge(conditions, subject({"a": 1}))
