"""Conditions as rows of a form: the fields say what was stored, and no button loses anything."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.rules.conditions import MAX_GROUP_DEPTH, parse_conditions
from domain.rules.json_values import JsonValue, same, write_json
from domain.rules.operators import OPERATORS
from tests.pages.browsing import Sent
from tests.rules.strategies import documents, scalars, texts
from web.forms.condition_acts import acted
from web.forms.condition_clauses import ClauseRow
from web.forms.condition_values import fitted, spelled, value_in
from web.forms.conditions import (
    ConditionsForm,
    GroupRow,
    Place,
    RawRow,
    Row,
    fields_of,
    rows_in,
    rows_of,
)
from web.forms.trigger import TriggerForm
from web.presenters.environment import Assets, make_environment
from web.presenters.trigger_forms import form_shown

ACTS = ("add", "group", "remove", "wrap", "unwrap", "up", "down", "fit")

_WITH_VALUE = [op for op, operator in OPERATORS.items() if operator.takes != "nothing"]
_WITHOUT_VALUE = [op for op, operator in OPERATORS.items() if operator.takes == "nothing"]
_PATHS = st.sampled_from(["$", "$.a", "$['x y']", "$..id", "$.tags[*]"])
_EXTRAS: dict[str, st.SearchStrategy[Any]] = {
    "source": st.sampled_from(["body", "headers", "query", "meta"]),
    "type": st.sampled_from(["number", "string", "boolean", "time"]),
    "quantifier": st.sampled_from(["any", "all", "none", "count"]),
    "missing": st.sampled_from(["no_match", "match", "error"]),
    "case_insensitive": st.booleans(),
}
# What the language knows, and what only someone who writes JSON by hand comes up with.
_clauses = st.one_of(
    st.fixed_dictionaries(
        {
            "path": _PATHS,
            "op": st.sampled_from(_WITH_VALUE),
            "value": st.one_of(documents, st.lists(scalars, min_size=2, max_size=2)),
        },
        optional=_EXTRAS,
    ),
    st.fixed_dictionaries(
        {"path": _PATHS, "op": st.sampled_from(_WITH_VALUE), "value_path": texts}, optional=_EXTRAS
    ),
    st.fixed_dictionaries({"path": texts, "op": st.sampled_from(_WITHOUT_VALUE)}, optional=_EXTRAS),
    st.fixed_dictionaries(
        {"op": st.just("expr"), "value": st.sampled_from(["body.a > 1", "\nbody.a\n\t&& true\n"])}
    ),
    st.dictionaries(
        st.sampled_from(["path", "op", "value", "value_path", "odd", *_EXTRAS]), scalars
    ),
)
_members = st.recursive(
    _clauses,
    lambda inner: st.dictionaries(
        st.sampled_from(["all", "any", "none"]), st.lists(inner, max_size=3), min_size=1, max_size=1
    ),
    max_leaves=6,
)
conditions: st.SearchStrategy[Any] = st.dictionaries(
    st.sampled_from(["all", "any", "none"]),
    st.lists(_members, min_size=1, max_size=4),
    min_size=1,
    max_size=1,
)


@given(conditions)
def test_conditions_become_fields_and_the_same_conditions_again(stored: JsonValue) -> None:
    sent = fields_of(ConditionsForm.of(stored).root)

    value, problems = ConditionsForm.typed(sent).read()

    assert not problems
    assert same(value, stored)


@given(conditions)
def test_rows_become_json_and_the_same_rows_again(stored: JsonValue) -> None:
    rows = ConditionsForm.of(stored)

    assert rows.as_json().as_rows() == rows


_DRAWN = make_environment(Assets()).get_template("conditions/_drawn.html")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(conditions)
def test_what_the_page_draws_is_what_a_browser_sends_back(stored: JsonValue) -> None:
    form = TriggerForm(conditions=ConditionsForm.of(stored))

    sent = Sent(_DRAWN.render(form_shown(form, {}))).fields

    value, problems = ConditionsForm.typed(sent).read()
    assert not problems
    assert same(value, stored)


@given(documents)
def test_a_value_is_spelled_so_that_it_is_read_again(value: JsonValue) -> None:
    kind, text = spelled(value)

    assert "\n" not in text
    assert "\r" not in text
    assert same(value_in(kind, text), value)


@pytest.mark.parametrize(
    ("op", "typed", "wanted"),
    [
        ("in", ("text", "open"), ("list", '["open"]')),
        ("in", ("number", "7"), ("list", "[7]")),
        ("in", ("text", ""), ("list", "")),
        ("in", ("number", "seven"), ("number", "seven")),
        ("eq", ("list", '["open"]'), ("text", "open")),
        ("eq", ("list", "[1, 2]"), ("list", "[1, 2]")),
        ("eq", ("list", ""), ("text", "")),
        ("gte", ("text", ""), ("number", "")),
        ("gte", ("text", "b"), ("text", "b")),
        ("starts_with", ("number", "49"), ("text", "49")),
        ("is", ("text", "a"), ("text", "a")),
        ("between", ("text", ""), ("number", "")),
        ("between", ("list", "[7]"), ("number", "7")),
        ("between", ("list", "[7, 9]"), ("list", "[7, 9]")),
        ("length_gt", ("text", "7"), ("number", "7")),
        ("within_last", ("number", "90"), ("number", "90")),
        ("gt", ("field", "$.b"), ("field", "$.b")),
        ("exists", ("number", "7"), ("number", "7")),
    ],
)
def test_another_operator_takes_what_was_typed_along(
    op: str, typed: tuple[str, str], wanted: tuple[str, str]
) -> None:
    assert fitted(op, *typed) == wanted


# --- Buttons -----------------------------------------------------------------------------------


def _leaves(row: Row) -> Iterator[Row]:
    if isinstance(row, GroupRow):
        for member in row.members:
            yield from _leaves(member)
    else:
        yield row


def _places(row: Row, place: Place = ()) -> Iterator[Place]:
    yield place
    if isinstance(row, GroupRow):
        for index, member in enumerate(row.members):
            yield from _places(member, (*place, index))


def _depth(row: Row) -> int:
    return 1 + max(map(_depth, row.members), default=0) if isinstance(row, GroupRow) else 0


@given(conditions, st.data())
def test_no_button_loses_a_clause_or_nests_too_deep(stored: JsonValue, data: st.DataObject) -> None:
    root = rows_of(stored)
    for _ in range(6):
        word = data.draw(st.sampled_from(ACTS))
        place = data.draw(st.sampled_from(list(_places(root))))
        before = list(_leaves(root))

        root = acted(root, f"{word}:{'.'.join(map(str, place))}").root

        after = list(_leaves(root))
        if word in {"up", "down", "wrap", "unwrap"}:
            assert sorted(map(repr, after)) == sorted(map(repr, before))
        elif word in {"add", "group"}:
            assert len(after) - len(before) in {0, 1}
        elif word == "fit":
            assert len(after) == len(before)
        else:
            assert all(row in before for row in after)
    assert _depth(root) <= MAX_GROUP_DEPTH


@given(conditions, st.data())
def test_down_takes_back_what_up_did_to_a_clause(stored: JsonValue, data: st.DataObject) -> None:
    root = rows_of(stored)
    clauses = [place for place in _places(root) if place and not _is_group(root, place)]
    if not clauses:
        return
    place = data.draw(st.sampled_from(clauses))

    moved = acted(root, f"up:{'.'.join(map(str, place))}")

    if place == (0,):
        assert moved.root == root
        return
    there = moved.focus.removeprefix("conditions.").rpartition(".")[0]
    assert list(_leaves(acted(moved.root, f"down:{there}").root)) == list(_leaves(root))


def _is_group(root: GroupRow, place: Place) -> bool:
    row: Row = root
    for index in place:
        assert isinstance(row, GroupRow)
        row = row.members[index]
    return isinstance(row, GroupRow)


A, B, C = (ClauseRow(path=f"$.{name}") for name in "abc")


@pytest.mark.parametrize(
    ("act", "before", "after", "focus"),
    [
        ("add:", (A,), (A, ClauseRow()), "1.path"),
        ("add:0", (GroupRow("any", (A,)),), (GroupRow("any", (A, ClauseRow())),), "0.1.path"),
        ("group:", (A,), (A, GroupRow("any", (ClauseRow(),))), "1.0.path"),
        ("wrap:1", (A, B), (A, GroupRow("any", (B,))), "1.group"),
        ("unwrap:0", (GroupRow("any", (A, B)), C), (A, B, C), "0.path"),
        ("remove:0", (A, B), (B,), "0.remove"),
        ("remove:1", (A, B), (A,), "0.remove"),
        ("remove:0", (A,), (), "add"),
        ("up:1", (A, B), (B, A), "0.down"),
        ("up:2", (A, B, C), (A, C, B), "1.up"),
        ("up:1", (GroupRow("any", (A,)), B), (GroupRow("any", (A, B)),), "0.1.up"),
        ("up:0.0", (GroupRow("any", (A, B)),), (A, GroupRow("any", (B,))), "0.down"),
        ("down:0", (A, B), (B, A), "1.up"),
        ("down:0", (A, GroupRow("any", (B,))), (GroupRow("any", (A, B)),), "0.0.down"),
        ("down:0.0", (GroupRow("any", (A,)), B), (GroupRow("any", ()), A, B), "1.down"),
        ("up:0", (A,), (A,), "0.up"),
        ("launch:0", (A,), (A,), None),
        ("up:7", (A,), (A,), None),
        ("up:x", (A,), (A,), None),
        ("remove:", (A,), (A,), None),
    ],
)
def test_a_button_does_what_it_says_and_the_focus_goes_on(
    act: str, before: tuple[Row, ...], after: tuple[Row, ...], focus: str | None
) -> None:
    done = acted(GroupRow("all", before), act)

    assert done.root == GroupRow("all", after)
    assert done.focus == ("" if focus is None else f"conditions.{focus}")


def test_a_form_that_cannot_be_ours_costs_little() -> None:
    deep = rows_in({"conditions" + ".0" * 40 + ".path": "$.a"})
    many = {f"conditions.{n}.path": "$" for n in range(5000)}

    assert deep == GroupRow()
    with pytest.raises(Exception, match="more than 200 clauses"):
        rows_in(many)


@pytest.mark.parametrize(
    "clause",
    [
        {"path": "$.a", "op": "between", "value": [1, 5]},
        {"path": "$.a", "op": "gt", "value_path": "$.b", "source": "query"},
        {"path": "$.a", "op": "eq", "value": "x", "case_insensitive": True, "quantifier": "none"},
        {"path": "$.a", "op": "is_empty", "missing": "error", "quantifier": "all"},
        {"path": "$['x-event']", "source": "headers", "op": "not_exists"},
        {"op": "expr", "value": "body.a > 1 &&\n  body.b"},
    ],
)
def test_what_the_language_says_stands_in_fields_of_its_own(clause: dict[str, JsonValue]) -> None:
    form = ConditionsForm.of({"all": [clause]})

    assert isinstance(form.root.members[0], ClauseRow)
    assert form.read() == ({"all": [clause]}, [])


def test_each_bound_of_a_range_is_told_at_its_own_field() -> None:
    row = ClauseRow(path="$.a", op="between", kind="number", value="one", upto="ten")
    form = ConditionsForm(root=GroupRow("all", (row,)))

    names = form.names()
    _value, problems = form.read()

    assert [names[p.field] for p in problems] == ["conditions.0.value", "conditions.0.upto"]


def test_a_clause_that_has_no_fields_here_is_shown_as_json_and_kept() -> None:
    odd: dict[str, JsonValue] = {"path": "$.a", "op": "eq", "value": 1, "type": None}
    parse_conditions({"all": [odd]})  # which the rules take

    form = ConditionsForm.of({"all": [odd]})

    assert form.root.members == (RawRow(write_json(odd).decode()),)
    assert form.read() == ({"all": [odd]}, [])
