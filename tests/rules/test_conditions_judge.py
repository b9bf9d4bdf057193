"""What each operator means: strict types, exact numbers, missing fields that never match."""

from decimal import Decimal
from typing import Any

import pytest

from domain.rules.bodies import read_json
from domain.rules.json_values import JsonValue
from domain.rules.traces import ClauseTrace
from tests.rules.judging import explained


def traced(op: str, actual: JsonValue, path: str = "$.v", **clause: Any) -> ClauseTrace:
    judgement = explained({"all": [{"path": path, "op": op, **clause}]}, {"v": actual})
    (trace,) = judgement.clauses
    words = {True: "matched", False: "not_matched", None: "error"}
    assert judgement.result == words[trace.passed]
    assert (trace.error is None) == (trace.passed is not None)
    return trace


def passed(op: str, actual: JsonValue, value: object, **clause: Any) -> bool | None:
    return traced(op, actual, value=value, **clause).passed


@pytest.mark.parametrize(
    ("actual", "value", "equal"),
    [
        ("opened", "opened", True),
        ("opened", "Opened", False),
        ("é", "e\u0301", False),
        (1, 1, True),
        (1, Decimal("1.0"), True),
        (Decimal("0.1"), 0.1, True),
        (Decimal("0.3"), 0.1 + 0.2, False),
        (9007199254740993, 9007199254740992, False),
        (Decimal("9007199254740993.0"), 9007199254740993, True),
        (10**30 + 1, 10**30, False),
        (1, "1", False),
        (1, True, False),
        (0, False, False),
        (None, False, False),
        (None, None, True),
        ([], {}, False),
        ([1, [True]], [1, [True]], True),
        ([1, [True]], [1, [1]], False),
        ({"a": 1, "b": 2}, {"b": 2, "a": Decimal("1.0")}, True),
        ({"a": 1}, {"a": 1, "b": None}, False),
    ],
)
def test_equality_is_strict_and_exact(actual: JsonValue, value: object, *, equal: bool) -> None:
    assert passed("eq", actual, value) is equal
    assert passed("ne", actual, value) is not equal
    if not isinstance(value, list | dict):
        assert passed("in", actual, ["nothing", value]) is equal
        assert passed("not_in", actual, ["nothing", value]) is not equal


@pytest.mark.parametrize(
    ("actual", "value", "sign"),
    [
        (1, 2, -1),
        (9007199254740993, 9007199254740992, 1),
        (Decimal("250.5"), 250.5, 0),
        (Decimal("1e-400"), 0, 1),
        (10**399, Decimal("1e399"), 0),
        ("a", "b", -1),
        ("Z", "a", -1),
        ("10", "9", -1),
        ("ß", "ss", 1),
        ("", "", 0),
    ],
)
def test_ordering_within_a_type(actual: JsonValue, value: object, sign: int) -> None:
    assert passed("gt", actual, value) is (sign > 0)
    assert passed("gte", actual, value) is (sign >= 0)
    assert passed("lt", actual, value) is (sign < 0)
    assert passed("lte", actual, value) is (sign <= 0)


@pytest.mark.parametrize("op", ["gt", "gte", "lt", "lte"])
@pytest.mark.parametrize(
    ("actual", "value"),
    [(1, "10"), ("10", 9), (None, 1), (True, 0), ([1], 0), ({}, ""), (float("nan"), 1)],
)
def test_a43_ordering_between_types_is_an_error_with_a_reason(
    op: str, actual: JsonValue, value: object
) -> None:
    trace = traced(op, actual, value=value)
    assert trace.passed is None
    assert "is needed here" in str(trace.error)


@pytest.mark.parametrize(
    ("op", "actual", "value", "result"),
    [
        ("contains", "a bug", "bug", True),
        ("contains", "a bug", "Bug", False),
        ("contains", "", "", True),
        ("contains", ["bug", "ui"], "bug", True),
        ("contains", ["bugs"], "bug", False),
        ("contains", [1, 2], Decimal("2.0"), True),
        ("contains", [True], 1, False),
        ("contains", [[1], {"a": 1}], {"a": 1}, True),
        ("contains", "12", 1, None),
        ("contains", 12, "1", None),
        ("contains", None, "1", None),
        ("contains", {"bug": 1}, "bug", None),
        ("starts_with", "refs/heads/main", "refs/heads/", True),
        ("starts_with", "refs", "refs/", False),
        ("starts_with", 12, "1", None),
        ("ends_with", "a@example.com", "@example.com", True),
        ("ends_with", "example.com.evil", "example.com", False),
        ("ends_with", ["x"], "x", None),
    ],
)
def test_looking_into_texts_and_lists(
    op: str, actual: JsonValue, value: object, *, result: bool | None
) -> None:
    assert passed(op, actual, value) is result


@pytest.mark.parametrize(
    "op", ["eq", "ne", "gt", "gte", "lt", "lte", "in", "not_in", "contains", "starts_with"]
)
@pytest.mark.parametrize(("missing", "result"), [(None, False), ("match", True), ("error", None)])
def test_a_missing_field_never_matches_unless_the_clause_says_so(
    op: str, missing: str | None, *, result: bool | None
) -> None:
    value: object = ["x"] if op in {"in", "not_in"} else "x"
    clause = {"value": value} if missing is None else {"value": value, "missing": missing}
    trace = traced(op, "x", path="$.nothing.here", **clause)
    assert (trace.passed, trace.found, trace.actual) == (result, False, None)


def test_exists_asks_for_presence_and_null_is_present() -> None:
    assert traced("exists", None).passed is True
    assert traced("not_exists", None).passed is False
    assert traced("exists", 1, path="$.w").passed is False
    assert traced("not_exists", 1, path="$.w").passed is True


def test_without_a_document_every_path_is_missing() -> None:
    raw = {"any": [{"path": "$", "op": "exists"}, {"path": "$.a", "op": "ne", "value": 1}]}
    judgement = explained(raw, None, found=False)
    assert judgement.result == "not_matched"
    assert [trace.found for trace in judgement.clauses] == [False, False]


def test_a_path_that_finds_several_passes_when_one_of_them_passes() -> None:
    lines: JsonValue = [{"qty": 1}, {"qty": 20}]
    assert traced("gt", lines, path="$.v[*].qty", value=10).passed is True
    assert traced("gt", lines, path="$.v[*].qty", value=99).passed is False
    assert traced("ne", lines, path="$.v[*].qty", value=1).passed is True
    assert traced("gt", lines, path="$.v[*].qty", value=10).actual == [1, 20]


def test_one_value_that_cannot_be_judged_gives_way_to_one_that_passes() -> None:
    assert traced("gt", ["x", 20], path="$.v[*]", value=10).passed is True
    assert traced("gt", [20, "x"], path="$.v[*]", value=10).passed is True
    assert traced("gt", ["x", 2], path="$.v[*]", value=10).passed is None


@pytest.mark.parametrize(
    ("kind", "op", "actual", "value", "result"),
    [
        ("number", "gt", "250", 100, True),
        ("number", "eq", "2.50", 2.5, True),
        ("number", "eq", "2.5e2", "250", True),
        ("number", "eq", "9007199254740993", 9007199254740992, False),
        ("number", "in", "7", [1, "7"], True),
        ("number", "gt", "1,000", 1, None),
        ("number", "gt", "0x10", 1, None),
        ("number", "gt", "١٢", 1, None),
        ("number", "gt", "1e999", 1, None),
        ("number", "gt", True, 0, None),
        ("number", "gt", None, 0, None),
        ("string", "eq", 250, "250", True),
        ("string", "eq", True, "true", True),
        ("string", "eq", Decimal("2.50"), "2.50", True),
        ("string", "starts_with", 250, "2", True),
        ("string", "eq", None, "null", None),
        ("string", "eq", [1], "[1]", None),
        ("boolean", "eq", "true", True, True),
        ("boolean", "eq", "false", False, True),
        ("boolean", "eq", "True", True, None),
        ("boolean", "eq", 1, True, None),
        ("time", "gt", "2026-03-01T12:00:00+02:00", "2026-03-01T09:59:59Z", True),
        ("time", "eq", "2026-03-01T12:00:00+02:00", "2026-03-01T10:00:00Z", True),
        ("time", "eq", 1772359200, "2026-03-01T10:00:00Z", True),
        ("time", "eq", 1772359200000, "2026-03-01T10:00:00Z", True),
        ("time", "eq", "1772359200", "2026-03-01T10:00:00Z", True),
        ("time", "eq", Decimal("1772359200.5"), "2026-03-01T10:00:00.500Z", True),
        ("time", "gt", "2026-03-01T12:00:00", "2026-03-01T10:00:00Z", None),
        ("time", "gt", "2026-03-01", "2026-03-01T10:00:00Z", None),
        ("time", "gt", "soon", "2026-03-01T10:00:00Z", None),
        ("time", "gt", None, "2026-03-01T10:00:00Z", None),
        ("time", "lt", "0001-01-01T00:00:00+23:59", "2026-03-01T10:00:00Z", True),
    ],
)
def test_a_type_coerces_and_what_cannot_be_coerced_is_an_error(
    kind: str, op: str, actual: JsonValue, value: object, *, result: bool | None
) -> None:
    assert passed(op, actual, value, type=kind) is result


def test_without_a_type_nothing_is_coerced() -> None:
    assert passed("eq", "250", 250) is False
    assert passed("gt", "250", 100) is None


def test_a25_names_that_mean_something_elsewhere_are_fields_like_any_other() -> None:
    raw = {
        "all": [
            {"path": "$.__class__", "op": "eq", "value": "constructor"},
            {"path": "$['$where']", "op": "eq", "value": "' OR 1=1"},
            {"path": "$.__proto__.polluted", "op": "not_exists"},
        ]
    }
    body = b'{"__class__":"constructor","$where":"\' OR 1=1"}'
    assert explained(raw, read_json(body)).result == "matched"


def test_a_list_too_long_to_look_through_is_an_error() -> None:
    assert passed("contains", [1] * 100_000, 2) is False
    assert passed("contains", [1] * 100_001, 1) is None


def test_a44_clauses_that_would_visit_too_much_are_errors_and_share_one_budget() -> None:
    document: JsonValue = [{"a": 1}] * 2_000
    raw = {"path": "$..a", "op": "eq", "value": 2}
    assert explained({"any": [raw]}, document).result == "not_matched"
    judgement = explained({"any": [raw] * 200}, document)
    assert judgement.result == "error"
    assert "too many parts" in str(judgement.error)
