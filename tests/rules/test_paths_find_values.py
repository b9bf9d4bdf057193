"""What a compiled path finds."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonpath_ng.ext.parser import parse as parse_with_jsonpath_ng

from domain.rules.json_values import JsonValue
from domain.rules.paths import compile_path

ORDER: JsonValue = {
    "order": {
        "id": 7,
        "total": Decimal("250.5"),
        "lines": [
            {"sku": "a", "qty": 1, "price": Decimal("9.99")},
            {"sku": "b", "qty": 20, "price": Decimal("0.5"), "gift": None},
        ],
    },
    "x y": {"it's": 1},
    "where": "here",
    "größe": 3,
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$", [ORDER]),
        ("$.order.id", [7]),
        ("$['order'][\"id\"]", [7]),
        ("$.order.lines[0].sku", ["a"]),
        ("$.order.lines[-1].sku", ["b"]),
        (r"$['x y']['it\'s']", [1]),
        ("$.where", ["here"]),
        ("$..where", ["here"]),
        ("$.größe", [3]),
        ("$.order.lines[*].qty", [1, 20]),
        ("$.order.lines[0:1].qty", [1]),
        ("$.order.lines[0,1].qty", [1, 20]),
        ("$.order['id','nothing','total']", [7, Decimal("250.5")]),
        ("$..sku", ["a", "b"]),
        ("$.order.lines[?(@.qty > 5)].sku", ["b"]),
        ("$.order.lines[?(@.gift)].sku", ["b"]),
        ("$.order.lines[?(!@.gift)].sku", ["a"]),
        ("$.order.lines[?(@.gift == null)].sku", ["b"]),
        ("$.order.lines[?(@.sku == 'a' || @.qty == 20)].qty", [1, 20]),
        ("$.order.lines[?(@.sku == 'a' && @.qty == 20)].qty", []),
        ("$.order.lines[?(@.qty < $.order.id)].sku", ["a"]),
    ],
)
def test_a_path_finds_its_values_in_order(path: str, found: list[JsonValue]) -> None:
    assert compile_path(path).find(ORDER) == found


@pytest.mark.parametrize(
    "path",
    ["$.nothing", "$.order.lines[2]", "$.order.lines[-3]", "$.order.id.more", "$.order[0]", "$[0]"],
)
def test_what_is_not_there_is_an_empty_list(path: str) -> None:
    assert compile_path(path).find(ORDER) == []


def test_a_null_that_is_there_is_found() -> None:
    assert compile_path("$.order.lines[1].gift").find(ORDER) == [None]


def test_a25_keys_that_mean_something_elsewhere_are_plain_data() -> None:
    document: JsonValue = {"__class__": 1, "constructor": 2, "$where": 3, "__proto__": {"a": 4}}
    for path, value in (
        ("$.__class__", 1),
        ("$.constructor", 2),
        ("$['$where']", 3),
        ("$.__proto__.a", 4),
    ):
        assert compile_path(path).find(document) == [value]
    assert compile_path("$.__class__.__mro__").find({}) == []
    assert compile_path("$..__class__").find({"a": "text"}) == []


def test_filters_compare_fractions_and_great_numbers_exactly() -> None:
    document: JsonValue = [Decimal("0.1"), Decimal("9.51"), 9007199254740993]
    assert compile_path("$[?(@ > 9.5)]").find(document) == [Decimal("9.51"), 9007199254740993]
    assert compile_path("$[?(@ == 0.1)]").find(document) == [Decimal("0.1")]
    assert compile_path("$[?(@ == 9007199254740992)]").find(document) == []
    assert compile_path("$[?(@ > 9007199254740993.5)]").find([9007199254740994])


def test_filters_never_take_a_boolean_for_a_number() -> None:
    assert compile_path("$[?(@ == 1)]").find([True, 1]) == [1]
    assert compile_path("$[?(@ == true)]").find([True, 1]) == [True]


def test_only_paths_of_names_and_indices_are_singular() -> None:
    assert compile_path("$.a[0]['b']").singular
    for path in ("$.a[*]", "$..a", "$.a[0:1]", "$['a','b']", "$.a[?(@.b)]"):
        assert not compile_path(path).singular


names = st.sampled_from(["a", "b", "c"])
indices = st.integers(-3, 3)
literals = st.sampled_from(["1", "0", "-2", "'a'", "'1'", "true", "null", "1.5"])
operators = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
queries = st.builds(
    lambda start, steps: start + "".join(steps),
    st.sampled_from(["@", "$"]),
    st.lists(st.one_of(names.map(".{}".format), indices.map("[{}]".format)), max_size=2),
)
tests = st.one_of(
    queries,
    queries.map("!{}".format),
    st.builds("{} {} {}".format, queries, operators, st.one_of(literals, queries)),
)
filters = st.one_of(
    tests, st.builds("{} && {}".format, tests, tests), st.builds("{} || {}".format, tests, tests)
)
segments = st.one_of(
    names.map(".{}".format),
    indices.map("[{}]".format),
    st.just("[*]"),
    st.just(".*"),
    st.builds("[{}:{}]".format, st.one_of(st.just(""), indices), st.one_of(st.just(""), indices)),
    st.lists(names, min_size=2, max_size=3, unique=True).map(
        lambda several: "[" + ",".join(f"'{name}'" for name in several) + "]"
    ),
    filters.map("[?({})]".format),
)
paths = st.builds(
    lambda before, descent, after: "$" + "".join(before) + descent + "".join(after),
    st.lists(segments, max_size=3),
    st.one_of(st.just(""), names.map("..{}".format), st.just("..*"), st.just("..[0]")),
    st.lists(segments, max_size=2),
)
small_documents: st.SearchStrategy[JsonValue] = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-2, 3), st.sampled_from(["", "a", "1"]), st.just(1.5)
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=16,
)


@given(paths, small_documents)
def test_our_walk_finds_what_jsonpath_ng_finds(path: str, document: JsonValue) -> None:
    """jsonpath-ng is the oracle, on documents without the fractions that it cannot compare."""
    expected = [match.value for match in parse_with_jsonpath_ng(path).find(document)]
    assert repr(compile_path(path).find(document)) == repr(expected)
