"""Laws that hold for all conditions over all documents, with errors as the third truth value."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.rules.json_values import JsonValue
from tests.rules.judging import explained, result_of
from tests.rules.strategies import KEYS, documents, scalars

Raw = dict[str, Any]

paths = st.one_of(
    st.lists(st.sampled_from(KEYS), max_size=3).map(
        lambda keys: "$" + "".join(f"['{key}']" for key in keys)
    ),
    st.sampled_from(["$[0]", "$[*]", "$..a", "$.a[-1]", "$[?(@.a > 1)].b", "$['a','b']"]),
)
typed = {
    "number": st.one_of(st.integers(), st.sampled_from(["1", "-2.5"])),
    "string": st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=3),
    "time": st.sampled_from(["2026-01-01T00:00:00Z", 0, 1_700_000_000]),
}
orderable = st.one_of(st.integers(-3, 3), st.sampled_from(["", "a", "1"]))
values = scalars.filter(lambda value: "\0" not in str(value))
plain_clauses = st.one_of(
    st.fixed_dictionaries(
        {"path": paths, "op": st.sampled_from(["eq", "ne", "contains"]), "value": values}
    ),
    st.fixed_dictionaries(
        {"path": paths, "op": st.sampled_from(["gt", "gte", "lt", "lte"]), "value": orderable}
    ),
    st.fixed_dictionaries(
        {
            "path": paths,
            "op": st.sampled_from(["in", "not_in"]),
            "value": st.lists(values, min_size=1, max_size=3),
        }
    ),
    st.fixed_dictionaries(
        {"path": paths, "op": st.sampled_from(["starts_with", "ends_with"]), "value": st.just("a")}
    ),
    *(
        st.fixed_dictionaries({"path": paths, "op": st.sampled_from(ops), "value": strategy})
        for ops, strategy in (
            (["not_contains"], values),
            (["matches"], st.sampled_from(["a", "^[0-9]+$", "", "(a|b)*c"])),
            (["between"], st.sampled_from([[0, 2], ["", "b"]])),
            (["is_type"], st.sampled_from(["null", "string", "number", "array", "object"])),
            (["length_eq", "length_gt", "length_lt"], st.integers(0, 3)),
            (["before", "after"], st.sampled_from(["2026-01-01T00:00:00Z", 0])),
            (["within_last", "older_than"], st.sampled_from(["1h", "10w", 5])),
        )
    ),
    st.fixed_dictionaries({"path": paths, "op": st.sampled_from(["is_null", "is_empty"])}),
    st.fixed_dictionaries(
        {
            "path": paths,
            "op": st.sampled_from(["eq", "gt", "in", "contains", "between", "before"]),
            "value_path": st.sampled_from(["$.a", "$[0]", "$.b.a"]),
        }
    ),
    *(
        st.fixed_dictionaries(
            {"path": paths, "op": st.just("eq"), "value": strategy, "type": st.just(kind)}
        )
        for kind, strategy in typed.items()
    ),
)
clauses: st.SearchStrategy[Raw] = st.one_of(
    st.builds(
        lambda clause, missing, quantifier: {
            **clause,
            "missing": missing,
            "quantifier": quantifier,
        },
        plain_clauses,
        st.sampled_from(["no_match", "match", "error"]),
        st.sampled_from(["any", "all", "none"]),
    ),
    st.fixed_dictionaries(
        {
            "path": paths,
            "op": st.sampled_from(["eq", "gte"]),
            "value": st.integers(0, 2),
            "quantifier": st.just("count"),
        }
    ),
    st.fixed_dictionaries({"path": paths, "op": st.sampled_from(["exists", "not_exists"])}),
)
groups: st.SearchStrategy[Raw] = st.recursive(
    st.lists(clauses, min_size=1, max_size=3).map(lambda members: {"all": members}),
    lambda inner: st.builds(
        lambda kind, members: {kind: members},
        st.sampled_from(["all", "any", "none"]),
        st.lists(st.one_of(inner, clauses), min_size=1, max_size=3),
    ),
    max_leaves=6,
)
several = st.lists(st.one_of(clauses, groups), min_size=1, max_size=4)


def negated(raw: Raw) -> Raw:
    return {"none": [raw]}


@given(several, documents)
def test_de_morgan_not_all_is_any_of_the_negated(members: list[Raw], document: JsonValue) -> None:
    not_all = negated({"all": members})
    any_not = {"any": [negated(member) for member in members]}
    assert result_of(not_all, document) == result_of(any_not, document)


@given(several, documents)
def test_de_morgan_none_is_all_of_the_negated(members: list[Raw], document: JsonValue) -> None:
    all_not = {"all": [negated(member) for member in members]}
    assert result_of({"none": members}, document) == result_of(all_not, document)


@given(clauses, documents)
def test_negating_twice_changes_nothing(clause: Raw, document: JsonValue) -> None:
    assert result_of({"all": [clause]}, document) == result_of(negated(negated(clause)), document)


@given(
    several, documents, st.randoms(use_true_random=False), st.sampled_from(["all", "any", "none"])
)
def test_order_does_not_matter(
    members: list[Raw], document: JsonValue, shuffler: Any, kind: str
) -> None:
    shuffled = list(members)
    shuffler.shuffle(shuffled)
    assert result_of({kind: members}, document) == result_of({kind: shuffled}, document)


@given(raw=groups, document=documents, found=st.booleans())
def test_no_input_makes_it_raise_and_every_clause_is_traced(
    raw: Raw, document: JsonValue, *, found: bool
) -> None:
    judgement = explained(raw, document, found=found)
    assert len(judgement.clauses) == str(raw).count("'op':")
    if judgement.result == "error":
        assert judgement.error
    if not found:
        assert not any(t.found for t in judgement.clauses if t.quantifier != "count")


@given(st.integers(), st.integers())
def test_numbers_of_any_size_order_exactly(left: int, right: int) -> None:
    for op, truth in (
        ("eq", left == right),
        ("gt", left > right),
        ("lte", left <= right),
    ):
        clause = {"path": "$", "op": op, "value": right}
        assert (result_of({"all": [clause]}, left) == "matched") is truth


@given(documents, documents)
def test_the_outcome_over_a_document_does_not_hang_on_earlier_ones(
    one: JsonValue, other: JsonValue
) -> None:
    raw = {"any": [{"path": "$..a", "op": "eq", "value": 1}]}
    first = explained(raw, one)
    explained(raw, other)
    assert explained(raw, one) == first
