"""What a decision keeps of each clause: plain JSON, cut, and harmless to PostgreSQL's `jsonb`."""

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.rules.json_values import JsonValue
from domain.rules.shown import MAX_BYTES, shown
from domain.rules.traces import Judgement
from tests.rules.judging import explained
from tests.rules.strategies import documents


def test_a_judgement_is_the_trace_that_the_api_promises() -> None:
    raw = {
        "all": [
            {"path": "$.action", "op": "eq", "value": "opened"},
            {"any": [{"path": "$.total", "op": "gt", "value": "100"}]},
            {"path": "$.draft", "op": "not_exists"},
        ]
    }
    judgement = explained(raw, {"action": "opened", "total": Decimal("250.5")})
    assert json.loads(msgspec.json.encode(judgement)) == {
        "result": "error",
        "clauses": [
            {
                "path": "$.action",
                "op": "eq",
                "expected": "opened",
                "actual": "opened",
                "found": True,
                "passed": True,
                "group": "all",
                "index": 0,
            },
            {
                "path": "$.total",
                "op": "gt",
                "expected": "100",
                "actual": 250.5,
                "found": True,
                "passed": None,
                "group": "all.1.any",
                "index": 1,
                "error": "a text is needed here, not a value of type number",
            },
            {
                "path": "$.draft",
                "op": "not_exists",
                "expected": None,
                "actual": None,
                "found": False,
                "passed": True,
                "group": "all",
                "index": 2,
            },
        ],
    }
    assert judgement.error == "$.total: a text is needed here, not a value of type number"


def test_only_an_error_has_a_reason() -> None:
    assert Judgement("matched", ()).error is None


@pytest.mark.parametrize(
    ("value", "result"),
    [
        (2**63 - 1, 2**63 - 1),
        (2**63, str(2**63)),
        (-(10**30), "-1" + "0" * 30),
        (Decimal("250.50"), 250.5),
        (Decimal("0.1"), 0.1),
        (Decimal("9007199254740993.5"), "9007199254740993.5"),
        (Decimal("1e-400"), "1E-400"),
        (float("inf"), "inf"),
        (False, False),
        ([Decimal("0.5"), {"a": None}], [0.5, {"a": None}]),
    ],
)
def test_a_number_that_json_readers_would_round_is_shown_as_text(
    value: JsonValue, result: JsonValue
) -> None:
    assert shown(value) == (result, None)


def test_what_is_short_enough_is_shown_whole() -> None:
    assert shown("x" * MAX_BYTES) == ("x" * MAX_BYTES, None)


@pytest.mark.parametrize("value", ["x" * 257, "€" * 86, "x" * 10_000_000])
def test_a_longer_text_is_cut_between_characters_and_marked(value: str) -> None:
    text, mark = shown(value)
    assert isinstance(text, str)
    assert mark == "cut"
    assert text.endswith("…")
    assert value.startswith(text[:-1])
    assert MAX_BYTES - 2 <= len(text[:-1].encode()) <= MAX_BYTES


def test_a_longer_list_is_shown_as_the_beginning_of_its_json() -> None:
    text, mark = shown(list(range(1_000_000)))
    assert mark == "cut"
    assert str(text).startswith("[0, 1, 2, 3")


def test_a7_nul_and_half_pairs_are_replaced_and_marked() -> None:
    assert shown("a\0b") == ("a\ufffdb", "replaced")
    assert shown("a\ud800") == ("a\ufffd", "replaced")
    assert shown({"k\0": ["\0"]}) == ({"k\ufffd": ["\ufffd"]}, "replaced")


def test_deep_documents_are_shown_without_walking_them_down() -> None:
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    text, mark = shown(deep)
    assert (str(text)[:3], mark) == ("[[[", "cut")
    while isinstance(deep, list):  # Freed level by level: the interpreter would recurse.
        deep = deep.pop()


@given(st.one_of(documents, st.text(), st.floats(), st.integers()))
def test_whatever_is_shown_can_be_stored_and_is_short(value: JsonValue) -> None:
    result, _mark = shown(value)
    text = msgspec.json.encode(result).decode()
    assert "\\u0000" not in text.replace("\\\\", "")
    assert len(text) <= 6 * MAX_BYTES + 2
