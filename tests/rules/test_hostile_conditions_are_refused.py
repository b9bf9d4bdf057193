"""Rows A39 to A48 of the attack catalogue, one by one, at the door where conditions are saved."""

from typing import Any

import pytest

from domain.errors import InvalidInput
from domain.rules.conditions import judge, parse_conditions
from tests.rules.hostile import REFUSED, costly
from tests.rules.judging import result_of, subject


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_condition_is_refused_at_its_field(name: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_conditions({"all": [REFUSED[name]]})
    (problem,) = refusal.value.problems
    assert problem.field in {"conditions.all.0.value", "conditions.all.0.path"}
    assert len(problem.message) < 200
    if REFUSED[name]["op"] in {"expr", "exists"}:  # an expression, or a path
        assert "(column " in problem.message


def test_what_costs_the_most_comes_to_an_end_without_being_true() -> None:
    """How soon is measured by `make bench`; here nothing may hang, raise, or turn out true."""
    for name, clause, document in costly():
        judgement = judge(parse_conditions({"all": [clause]}), subject(document))
        assert judgement.result in {"not_matched", "error"} or clause["op"] != "eq", name


@pytest.mark.parametrize(
    ("clause", "document"),
    [
        ({"op": "expr", "value": 'body.amount > "10"'}, {"amount": 5}),
        ({"op": "expr", "value": "body.amount < 1"}, {"amount": None}),
        ({"op": "expr", "value": "body.amount > 0"}, {"amount": True}),
        ({"op": "expr", "value": "body.amount > 0"}, {}),
        ({"op": "expr", "value": "body.a / body.b > 0"}, {"a": 1, "b": 0}),
        ({"op": "expr", "value": "body.a * body.a > 0"}, {"a": 10**300}),
        ({"path": "$.amount", "op": "gt", "value": "10"}, {"amount": 5}),
        ({"path": "$.amount", "op": "gt", "value": 0}, {"amount": True}),
    ],
)
def test_a43_what_does_not_fit_together_is_an_error_and_never_true(
    clause: dict[str, Any], document: Any
) -> None:
    assert result_of({"all": [clause]}, document) == "error"
    assert result_of({"none": [clause]}, document) == "error"
