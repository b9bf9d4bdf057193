"""What a comparison may look at is bounded as what a path may visit is: 200 clauses over a body of
several MiB take a fraction of a second together, and whoever asks for more is told so."""

import time
from typing import Any

import pytest

from domain.clock import utc_now
from domain.rules.conditions import FULL_BUDGETS, explain, judge, parse_conditions
from domain.rules.path_walk import MAX_VISITS
from domain.rules.subjects import Subject, sample_event, subject_of
from domain.rules.traces import Judgement

LARGE = b"[" + b"0," * 1_000_000 + b"1]"
ITEMS = b'["' + b'","'.join([b"2026-01-01T00:00:00Z"] * 40_000) + b'"]'
BODY = (
    b'{"list": ' + LARGE + b', "same": ' + LARGE + b', "text": "' + "é".encode() * 3_000_000
    + b'", "items": ' + ITEMS + b', "few": [1, 2, 3], "word": "Word"}'
)  # fmt: skip

CLAUSES: dict[str, dict[str, Any]] = {
    "two equal lists": {"path": "$.list", "op": "ne", "value_path": "$.same"},
    "an item of a list": {"path": "$.list", "op": "contains", "value": 2},
    "an object in a list": {"path": "$.list", "op": "contains", "value": {"a": [1, 2]}},
    "a long list to choose from": {
        "path": "$.word", "op": "in", "value_path": "$.list", "type": "number",
    },
    "a text in a text": {"path": "$.text", "op": "contains", "value": "é" * 400 + "e"},
    "a text whatever its case": {
        "path": "$.text", "op": "eq", "value": "e", "case_insensitive": True,
    },
    "a list whatever its case": {
        "path": "$.list", "op": "in", "value": ["e"], "case_insensitive": True,
    },
    "many texts read as times": {"path": "$.items[*]", "op": "before", "value": 0},
    "many texts that are no numbers": {"path": "$.items[*]", "op": "gt", "value": 0},
    "more values than can be gathered": {"path": "$.list[*]", "op": "gt", "value": 5},
    "a slice of them": {"path": "$.list[0:]", "op": "gt", "value": 5},
    "a pattern": {"path": "$.text", "op": "matches", "value": "x"},
}  # fmt: skip


@pytest.fixture(scope="module")
def subject() -> Subject:
    """The large event."""
    return subject_of(sample_event(BODY, utc_now()), 1)


def _of(clause: dict[str, Any], subject: Subject) -> Judgement:
    return judge(parse_conditions({"all": [clause]}), subject)


@pytest.mark.parametrize("clause", CLAUSES.values(), ids=CLAUSES)
def test_200_clauses_over_a_large_body_take_a_fraction_of_a_second(
    clause: dict[str, Any], subject: Subject
) -> None:
    conditions = parse_conditions({"any": [clause] * 200})
    begun = time.process_time()
    judged = judge(conditions, subject)
    assert time.process_time() - begun < 1.0
    assert explain(conditions, subject).result == judged.result != "matched"


def test_what_is_too_large_to_compare_is_an_error_that_says_so(subject: Subject) -> None:
    judged = _of(CLAUSES["two equal lists"], subject)
    assert judged.error == "$.list: there is too much here to compare"


def test_of_something_large_what_is_known_at_once_is_still_judged(subject: Subject) -> None:
    for asked in (
        {"op": "exists"},
        {"op": "is_type", "value": "array"},
        {"op": "length_eq", "value": 1_000_001},
        {"op": "ne", "value": [0, 1]},
        {"op": "ne", "value": "text"},
        {"op": "ne", "value_path": "$.few"},
    ):
        assert _of({"path": "$.list"} | asked, subject).result == "matched", asked


def test_other_clauses_leave_a_plain_one_what_it_may_spend(subject: Subject) -> None:
    plain = {"path": "$.word", "op": "eq", "value": "wORD", "case_insensitive": True}
    assert judge(parse_conditions({"all": [plain] * 200}), subject).result == "matched"


def test_only_what_may_be_costly_shares_what_there_is_to_spend() -> None:
    light = [
        {"path": "$.word", "op": "in", "value": ["a", "b"]},
        {"path": "$.word", "op": "between", "value": [1, 2]},
        {"path": "$.word", "op": "eq", "value": "a", "case_insensitive": True},
        {"path": "$.word", "op": "after", "value": 0},
    ]
    heavy = [
        {"path": "$.word", "op": "eq", "value": ["a", "b"]},
        {"path": "$.word", "op": "eq", "value_path": "$.few"},
        {"path": "$.word", "op": "contains", "value": "a"},
        {"path": "$.word", "op": "matches", "value": "a"},
        {"path": "$.few[*]", "op": "eq", "value": 1},
    ]
    assert parse_conditions({"all": light * 50}).visits == MAX_VISITS
    assert parse_conditions({"all": heavy}).visits == MAX_VISITS * FULL_BUDGETS // 5
