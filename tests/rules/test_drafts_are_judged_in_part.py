"""Conditions that are being written: what can be judged of them is, and nothing makes it raise."""

from hypothesis import given
from hypothesis import strategies as st

from domain.clock import utc_now
from domain.errors import Problem
from domain.rules.conditions import judge, parse_conditions
from domain.rules.json_values import JsonValue, write_json
from domain.rules.subjects import Subject, sample_event, subject_of
from domain.rules.trials import read_draft, try_draft
from tests.rules.strategies import documents

_clauses: st.SearchStrategy[JsonValue] = st.one_of(
    st.fixed_dictionaries(
        {
            "path": st.sampled_from(["$.a", "$.b[*]", "$", "a", ""]),
            "op": st.sampled_from(["eq", "gt", "exists", "between", "matches", "nonsense"]),
        },
        optional={"value": documents, "missing": st.sampled_from(["match", "error"])},
    ),
    st.fixed_dictionaries({"op": st.just("expr"), "value": st.sampled_from(["body.a > 1", "("])}),
    documents,
)
drafts: st.SearchStrategy[JsonValue] = st.recursive(
    _clauses,
    lambda inner: st.dictionaries(
        st.sampled_from(["all", "any", "none"]), st.lists(inner, max_size=4), max_size=2
    ),
    max_leaves=10,
)


def subject(body: JsonValue) -> Subject:
    return subject_of(sample_event(write_json(body), utc_now()), 1)


@given(drafts, documents)
def test_a_draft_is_judged_as_the_conditions_would_be_once_it_is_whole(
    raw: JsonValue, body: JsonValue
) -> None:
    draft, event = read_draft(raw), subject(body)

    trial = try_draft(draft, event)

    assert [field for field, _ in trial.clauses] == list(draft.fields)
    if draft.whole:
        assert trial.result == judge(parse_conditions(raw), event).result
    else:
        assert trial.result is None


@given(st.lists(_clauses, min_size=1, max_size=5), documents)
def test_each_clause_is_judged_as_it_would_be_alone(
    clauses: list[JsonValue], body: JsonValue
) -> None:
    event = subject(body)

    trial = try_draft(read_draft({"any": clauses}), event)

    for field, trace in trial.clauses:
        alone = read_draft({"any": [clauses[int(field.rpartition(".")[2])]]})
        assert alone.whole
        assert try_draft(alone, event).clauses[0][1].passed is trace.passed


def test_a_value_that_could_not_even_be_read_leaves_its_clause_out() -> None:
    clause: JsonValue = {"path": "$.a", "op": "eq", "value": None}
    unread = Problem("conditions.all.0.value", "must be a number")

    draft = read_draft({"all": [clause, clause]}, [unread])

    assert draft.fields == ("conditions.all.1",)
    assert draft.problems == (unread,)
