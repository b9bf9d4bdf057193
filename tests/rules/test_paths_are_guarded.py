"""Paths that are refused when they are saved, and the budget of those that are not (A44 to A46)."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.rules.json_values import JsonValue
from domain.rules.path_walk import PathTooCostly
from domain.rules.paths import MAX_LENGTH, InvalidPath, compile_path
from tests.rules.strategies import documents

EXPLOSIVE: JsonValue = [{"a": [{"a": [1] * 20, "s": "x" * 50}] * 20, "s": "x" * 50}] * 200


@pytest.mark.parametrize(
    ("path", "column", "words"),
    [
        ("", 1, r"starts with \$"),
        ("order.id", 1, r"starts with \$"),
        ("@.a", 1, r"starts with \$"),
        ("$.", 3, "not valid"),
        ("$.a b", 5, "not valid"),
        ("$.a[?(", 7, "not valid"),
        ("$..*..*..*..*", 5, "only one"),
        ("$..a[?(@..b)]", 9, "only one"),
        ("$.l[?(@.s =~ '(a+)+$')]", 11, "regular expressions"),
        ("$.s.`sub(/(a+)+$/, x)`", 22, "functions"),
        ("$.a.`len`", 9, "functions"),
        ("$.a.`parent`", 12, "functions"),
        ("$.s * 100000000", 16, "arithmetic"),
        ("$.a + $.b", 5, "arithmetic"),
        ("$.l[(@.length-1)]", 5, "not valid"),
        ("$.l[/x]", 5, "sorting"),
        (r"$.l[\x]", 5, "escaped"),
        (r"$['a\n']", 5, "escaped"),
        ("$['a\n']", 5, "control"),
        ("$.a\0", 4, "control"),
        ("$['\ud800']", 4, "control"),
        ("$.a | $.b", 5, "unions"),
        ("$.a where b", 5, "where"),
        ("$.a[?(@.x == 1 & @.y == 2)]", 16, "&&"),
        ("$.a[?(@.x == y)]", 14, "quotes"),
        ("$.a[?(@.x = 1)]", 11, "=="),
        ("$[?(x == 1)]", 13, "starts with @"),
        ("$.a.$.b", 8, "inside"),
        ("$.a.@", 6, "outside a filter"),
        ("$.größe[*]", 5, "in quotes"),
        ("$[?(@[?(@[?(@[?(@[?(@.a)])])])])]", 34, "nested 4 deep"),
        ("$" + ".a" * 300, MAX_LENGTH + 1, "longer than 512"),
    ],
)
def test_a44_to_a46_a_path_that_could_run_away_is_refused_with_its_column(
    path: str, column: int, words: str
) -> None:
    with pytest.raises(InvalidPath, match=words) as refusal:
        compile_path(path)
    assert refusal.value.column == column
    assert f"column {column}" in refusal.value.message


@pytest.mark.parametrize(
    "path", ["$" + "[" * 400, "$" + "(" * 400, "$" + "[?(" * 100, "$" + ".a" * 250 + "[*]"]
)
def test_a42_long_and_deep_paths_do_not_exhaust_the_stack(path: str) -> None:
    try:
        compile_path(path)
    except InvalidPath as error:
        assert error.column <= MAX_LENGTH + 1  # noqa: PT017  # Refusing is right, crashing is not.


@given(st.text(alphabet="$.@[]()*?'\"ab0-9,:&|!=<>~`/+ \\wher", max_size=40))
@example("$[::]")
@example("$[?(@.a==1.5.5)]")
@example("$[?(@.a==-)]")
def test_no_text_raises_anything_but_an_invalid_path(text: str) -> None:
    try:
        compile_path("$" + text).find({"a": [{"b": 1}]})
    except InvalidPath as error:
        assert 1 <= error.column <= len(text) + 2  # noqa: PT017  # As above.


@pytest.mark.parametrize(
    "path",
    [
        "$..*",
        "$..a[?(@.s == 'y')]",
        "$[?(@.a[?(@.a[?(@ == 2)])])]",
        "$[?($[?($[?(@.s == 'y')])])]",
        "$[?(@ == $[1])].a",
        "$..a.a.a.a.a.a.a.a.a.a",
        "$[?($[0].a == $[1].a && @.s == 'y')]",
    ],
)
def test_a44_a_walk_stops_when_its_budget_is_used_up(path: str) -> None:
    with pytest.raises(PathTooCostly):
        compile_path(path).find(EXPLOSIVE, visits=5_000)


def test_a_walk_within_its_budget_finds_everything() -> None:
    document: JsonValue = [{"sku": str(index)} for index in range(5_000)]
    assert len(compile_path("$..sku").find(document)) == 5_000


def test_a_plain_path_costs_nothing_in_the_greatest_document() -> None:
    assert compile_path("$[199].a[19].a[0]").find(EXPLOSIVE, visits=0) == [1]


@given(documents)
def test_comparing_long_texts_is_paid_for(document: JsonValue) -> None:
    long: JsonValue = ["x" * 640_000] * 5
    with pytest.raises(PathTooCostly):
        compile_path("$[?(@ == $[0])]").find(long, visits=1_000)
    compile_path("$[?(@ == $[0])]").find(document)
