"""The rest of what a clause can ask: sources, quantifiers, other fields, time, patterns, sizes."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.rules.json_values import JsonValue
from domain.rules.traces import ClauseTrace
from tests.rules.judging import NOON, explained


def traced(document: JsonValue, clause: dict[str, Any], **event: Any) -> ClauseTrace:
    (trace,) = explained({"all": [clause]}, document, **event).clauses
    assert (trace.error is None) == (trace.passed is not None)
    return trace


def passed(value: JsonValue, op: str, expected: object = None, **clause: Any) -> bool | None:
    given = {} if expected is None else {"value": expected}
    return traced({"v": value}, {"path": "$.v", "op": op, **given, **clause}).passed


HEADERS = [("X-GitHub-Event", "push"), ("x-many", "one"), ("x-many", "two")]


@pytest.mark.parametrize(
    ("source", "path", "value"),
    [
        ("headers", "$.X-GitHub-Event", "push"),
        ("headers", "$['x-github-event']", "push"),
        ("headers", "$.x-many", "two"),
        ("query", "$.page", "2"),
        ("query", "$['empty']", ""),
        ("meta", "$.kind", "webhook"),
        ("meta", "$.received_at", "2026-03-01T12:00:00Z"),
        ("meta", "$.content_type", "application/json"),
        ("meta", "$.sender_id", None),
    ],
)
def test_a_clause_can_look_beside_the_body(source: str, path: str, value: str | None) -> None:
    clause = {"path": path, "source": source, "op": "eq", "value": value}
    event: dict[str, Any] = {"headers": HEADERS, "query": "page=1&page=2&empty="}
    trace = traced({}, clause, **event)
    assert (trace.passed, trace.source, trace.actual) == (True, source, value)
    # An event without a document still has headers, a query, and what is known of it.
    assert traced(None, clause, found=False, **event).passed is True


@pytest.mark.parametrize(
    ("quantifier", "values", "result"),
    [
        ("any", [1, 20], True),
        ("any", [1, 2], False),
        ("all", [20, 30], True),
        ("all", [20, 3], False),
        ("none", [1, 2], True),
        ("none", [1, 20], False),
        ("all", [20, "x"], None),
        ("all", [1, "x"], False),
        ("none", [1, "x"], None),
        ("none", ["x", 20], False),
        ("any", [], False),
        ("all", [], False),
        ("none", [], False),
    ],
)
def test_a_quantifier_says_how_many_values_must_pass(
    quantifier: str, values: JsonValue, *, result: bool | None
) -> None:
    clause = {"path": "$.v[*]", "op": "gt", "value": 10, "quantifier": quantifier}
    trace = traced({"v": values}, clause)
    assert (trace.passed, trace.quantifier) == (result, quantifier)


@pytest.mark.parametrize(
    ("op", "value", "result"),
    [("eq", 3, True), ("gt", 3, False), ("between", [1, 3], True), ("in", [2, 4], False)],
)
def test_the_number_of_values_can_be_judged(op: str, value: object, *, result: bool) -> None:
    clause = {"path": "$.v[?(@.q > 1)]", "op": op, "value": value, "quantifier": "count"}
    document: JsonValue = {"v": [{"q": 1}, {"q": 2}, {"q": 3}, {"q": 4}]}
    trace = traced(document, clause)
    assert (trace.passed, trace.actual, trace.found) == (result, 3, True)
    nothing = {**clause, "op": "eq", "value": 0}
    assert traced({}, nothing).passed is True, "none are 0, and nothing is missing"


def test_another_fields_value_is_compared_with_and_shown() -> None:
    clause = {"path": "$.paid", "op": "gte", "value_path": "$.due"}
    trace = traced({"paid": 10, "due": Decimal("9.99")}, clause)
    assert (trace.passed, trace.expected, trace.expected_path) == (True, 9.99, "$.due")
    assert traced({"paid": 9, "due": 10}, clause).passed is False
    assert traced({"paid": 9, "due": "10"}, clause).passed is None
    assert traced({"paid": 9, "due": None}, clause).passed is None
    typed = {**clause, "type": "number"}
    assert traced({"paid": "11", "due": "9"}, typed).passed is True


@pytest.mark.parametrize(("missing", "result"), [("no_match", False), ("match", True)])
def test_a_missing_other_field_counts_like_a_missing_field(missing: str, *, result: bool) -> None:
    clause = {"path": "$.a", "op": "eq", "value_path": "$.b", "missing": missing}
    assert traced({"a": 1}, clause).passed is result
    assert traced({"b": 1}, clause).passed is result
    error = traced({"a": 1}, {**clause, "missing": "error"})
    assert "the value to compare with finds nothing" in str(error.error)


@pytest.mark.parametrize(
    ("op", "value", "actual", "result"),
    [
        ("eq", "OPENED", "opened", True),
        ("ne", "OPENED", "opened", False),
        ("in", ["A", 1], "a", True),
        ("not_in", ["A"], "a", False),
        ("contains", "BUG", "a bug", True),
        ("contains", "Bug", ["bug", 1], True),
        ("not_contains", "BUG", "a bug", False),
        ("starts_with", "Re:", "RE: hello", True),
        ("ends_with", ".PDF", "a.pdf", True),
        ("matches", "^ERROR", "error 7", True),
        ("eq", "STRASSE", "straße", True),
        # Row A48: İ folds to i and a combining dot; it is not i, and nothing is normalised.
        ("eq", "i", "İ", False),
        ("eq", "\u00e9", "E\u0301", False),
        ("eq", "ops", 5, False),
    ],
)
def test_case_can_be_disregarded(
    op: str, value: object, actual: JsonValue, *, result: bool
) -> None:
    assert passed(actual, op, value, case_insensitive=True) is result


@pytest.mark.parametrize(
    ("pattern", "text", "result"),
    [
        ("^v[0-9]+$", "v12", True),
        ("^v[0-9]+$", "av12", False),
        ("[0-9]", "order 7", True),
        ("^\\pL+$", "żółć", True),
        ("^.$", "🚂", True),
        ("a.b", "a\nb", False),
        ("", "anything", True),
    ],
)
def test_patterns_match_anywhere_unless_anchored(pattern: str, text: str, *, result: bool) -> None:
    assert passed(text, "matches", pattern) is result
    assert passed(5, "matches", pattern) is None, "a number has no text to search"
    assert passed(5, "matches", "^5$", type="string") is True


def test_a_long_text_is_searched_in_part_and_the_trace_says_so() -> None:
    text = "x" * 70_000 + "needle"
    trace = traced({"v": text}, {"path": "$.v", "op": "matches", "value": "needle"})
    assert (trace.passed, trace.note) == (
        False,
        "only the first 65,536 bytes of the text were searched",
    )
    short = traced({"v": "needle"}, {"path": "$.v", "op": "matches", "value": "needle"})
    assert (short.passed, short.note) == (True, None)
    # What a costly pattern may search is shorter, at a character's border.
    costly = {"path": "$.v", "op": "matches", "value": "(.{0,90}a){4}$"}
    assert "bytes of the text were searched" in str(traced({"v": "é" * 60_000}, costly).note)


def test_a47_more_text_than_a_pattern_may_search_is_an_error() -> None:
    clause = {"path": "$.v[*]", "op": "matches", "value": "(a|b)*a(a|b){100}c"}
    assert traced({"v": ["ab" * 100]}, clause).passed is False
    trace = traced({"v": ["ab" * 30_000] * 10}, clause)
    assert (trace.passed, trace.error) == (
        None,
        "there is too much text to search with this pattern",
    )


@pytest.mark.parametrize(
    ("op", "value", "actual", "result"),
    [
        ("is_null", None, None, True),
        ("is_null", None, "", False),
        ("is_null", None, 0, False),
        ("is_empty", None, None, True),
        ("is_empty", None, "", True),
        ("is_empty", None, [], True),
        ("is_empty", None, {}, True),
        ("is_empty", None, " ", False),
        ("is_empty", None, [0], False),
        ("is_empty", None, 0, None),
        ("is_empty", None, False, None),
        ("is_type", "null", None, True),
        ("is_type", "boolean", False, True),
        ("is_type", "number", True, False),
        ("is_type", "number", Decimal("1.5"), True),
        ("is_type", "string", "1", True),
        ("is_type", "array", [], True),
        ("is_type", "object", [], False),
        ("length_eq", 5, "żółć!", True),
        ("length_eq", 2, [1, 2], True),
        ("length_gt", 1, {"a": 1}, False),
        ("length_lt", 3, "ab", True),
        ("length_lt", 3, 12, None),
        ("between", [1, 3], 1, True),
        ("between", [1, 3], Decimal("3.0"), True),
        ("between", [1, 3], Decimal("3.0000001"), False),
        ("between", ["a", "c"], "b", True),
        ("between", [1, 3], "2", None),
        ("not_contains", "x", "abc", True),
        ("not_contains", 1, [1], False),
        ("not_contains", "x", 5, None),
    ],
)
def test_presence_types_sizes_and_ranges(
    op: str, value: object, actual: JsonValue, *, result: bool | None
) -> None:
    assert passed(actual, op, value) is result


def ago(**span: float) -> str:
    return (NOON - timedelta(**span)).isoformat()


@pytest.mark.parametrize(
    ("op", "value", "actual", "result"),
    [
        ("before", "2026-03-01T12:00:00Z", "2026-03-01T13:59:59+02:00", True),
        ("before", "2026-03-01T12:00:00Z", "2026-03-01T14:00:00+02:00", False),
        ("after", 1_772_359_200, "2026-03-01T10:00:01Z", True),
        ("after", "2026-03-01T10:00:00Z", 1_772_359_200_001, True),
        ("after", "2026-03-01T10:00:00Z", "whenever", None),
        ("after", "2026-03-01T10:00:00Z", None, None),
        ("within_last", "15m", ago(minutes=15), True),
        ("within_last", "15m", ago(minutes=15, microseconds=1), False),
        ("within_last", "1.5h", ago(minutes=90), True),
        ("within_last", 60, ago(seconds=60), True),
        ("within_last", "15m", ago(), True),
        ("within_last", "15m", ago(seconds=-1), False),
        ("older_than", "7d", ago(days=7), False),
        ("older_than", "7d", ago(days=7, seconds=1), True),
        ("older_than", "1w", "2026-03-01", None),
    ],
)
def test_times_are_read_and_compared_with_the_events_own_instant(
    op: str, value: object, actual: JsonValue, *, result: bool | None
) -> None:
    trace = traced({"v": actual}, {"path": "$.v", "op": op, "value": value})
    assert (trace.passed, trace.coerced) == (result, "time")


def test_the_verdict_about_a_time_does_not_depend_on_when_it_is_asked() -> None:
    clause = {"path": "$.v", "op": "within_last", "value": "1h"}
    then = datetime(2020, 1, 1, 12, tzinfo=UTC)
    assert traced({"v": "2020-01-01T11:30:00Z"}, clause, at=then).passed is True


def test_between_reads_both_bounds_as_the_type() -> None:
    bounds = ["2026-01-01T00:00:00Z", "2026-12-31T23:59:59Z"]
    clause = {"path": "$.v", "op": "between", "value": bounds, "type": "time"}
    assert traced({"v": "2026-06-01T00:00:00+02:00"}, clause).passed is True
    assert traced({"v": "2027-06-01T00:00:00Z"}, clause).passed is False
