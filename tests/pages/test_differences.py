"""What differs between two JSON values, told field by field."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from domain.rules.json_values import JsonValue, same
from tests.rules.strategies import documents
from web.presenters.differences import MOST_ALIGNED, Difference, differences


def told(before: Any, after: Any) -> list[tuple[str, str, str, str]]:
    return [(d.path, d.change, d.before, d.after) for d in differences(before, after)]


@pytest.mark.parametrize(
    ("before", "after", "rows"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": Decimal("1.0")}, []),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, []),
        ({"a": 1}, {"a": 2}, [("a", "changed", "1", "2")]),
        ({"a": "x"}, {"a": "y"}, [("a", "changed", "x", "y")]),
        ({"a": "7"}, {"a": 7}, [("a", "changed", '"7"', "7")]),
        ({"a": ""}, {"a": None}, [("a", "changed", '""', "null")]),
        ({"a": True}, {}, [("a", "removed", "true", "")]),
        ({}, {"a": {"b": [1]}}, [("a", "added", "", '{"b":[1]}')]),
        ({"a": {"b": {"c": 1}}}, {"a": {"b": {"c": 2}}}, [("a.b.c", "changed", "1", "2")]),
        ({"a": [1]}, {"a": {"b": 1}}, [("a", "changed", "[1]", '{"b":1}')]),
        (None, 1, [("", "changed", "null", "1")]),
    ],
)
def test_objects_are_compared_key_by_key(before: Any, after: Any, rows: list[Any]) -> None:
    assert told(before, after) == rows


@pytest.mark.parametrize(
    ("before", "after", "rows"),
    [
        ([1, 2, 3], [2, 3], [("0", "removed", "1", "")]),
        ([2, 3], [1, 2, 3], [("0", "added", "", "1")]),
        ([1, 2, 3], [1, 9, 3], [("1", "changed", "2", "9")]),
        ([{"op": "eq"}], [{"op": "ne"}], [("0.op", "changed", "eq", "ne")]),
        ([1, 2], [3], [("0", "changed", "1", "3"), ("1", "removed", "2", "")]),
    ],
)
def test_in_a_list_what_is_equal_stays_where_it_moved_to(
    before: Any, after: Any, rows: list[Any]
) -> None:
    assert told(before, after) == rows


def test_steps_belong_together_by_their_key() -> None:
    first, second = {"key": "first", "url": "a"}, {"key": "second", "url": "b"}
    assert told({"steps": [first, second]}, {"steps": [{**second, "url": "c"}]}) == [
        ("steps.first", "removed", '{"key":"first","url":"a"}', ""),
        ("steps.second.url", "changed", "b", "c"),
    ]


def test_steps_that_only_moved_are_told_as_another_order() -> None:
    steps = [{"key": "a"}, {"key": "b"}, {"key": "c"}]
    assert told(steps, [steps[2], steps[0], steps[1]]) == [
        ("order", "changed", "a, b, c", "c, a, b")
    ]


def test_a_long_value_is_laid_out() -> None:
    (row,) = differences({}, {"a": {"name": "x" * 40, "other": "y" * 40}})
    assert row.after.splitlines()[0] == "{"


def test_a_very_long_list_is_compared_place_by_place() -> None:
    numbers: list[JsonValue] = list(range(MOST_ALIGNED + 1))
    assert len(differences(numbers, [*numbers[1:], 0])) == MOST_ALIGNED + 1


@given(documents, documents)
def test_there_are_differences_exactly_when_the_values_are_not_the_same(
    before: JsonValue, after: JsonValue
) -> None:
    found = differences(before, after)
    assert bool(found) != same(before, after)
    assert all(isinstance(each, Difference) for each in found)
