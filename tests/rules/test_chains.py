"""What a workflow trigger watches, circles among workflows, and the body of an end's event."""

import json
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.rules.chains import (
    DEEPEST_CHAIN,
    MOST_DEPTH,
    MOST_OCTETS,
    end_body,
    find_cycle,
    parse_watch,
    waits_for,
)
from domain.rules.execution_states import ExecutionState
from domain.rules.ids import new_id

NOW = datetime(2026, 11, 27, tzinfo=UTC)
NODES = st.integers(0, 6)


def ended(**changes: Any) -> dict[str, Any]:
    usual = {
        "id": new_id(), "state": "succeeded", "reason": None, "workflow_id": new_id(),
        "workflow_name": "Notify", "workflow_version": 1, "trigger_id": new_id(),
        "event_id": new_id(), "attempt": 1, "started_at": NOW, "finished_at": NOW,
        "content_type": "application/json", "body": b'{"n": 1.10}',
    }  # fmt: skip
    return {**usual, **changes}


def step(body: str | None, content_type: str = "application/json") -> dict[str, Any]:
    return {"key": "notify", "status": 200, "content_type": content_type, "body": body}


@pytest.mark.parametrize(
    ("config", "fields"),
    [
        ({}, ["config.source_workflow_id"]),
        ({"source_workflow_id": 7, "on": "later"}, ["config.source_workflow_id", "config.on"]),
        ({"source_workflow_id": str(new_id()), "most_depth": 0}, ["config.most_depth"]),
        ({"source_workflow_id": str(new_id()), "most_depth": True}, ["config.most_depth"]),
        ({"source_workflow_id": str(new_id()), "most_depth": 51}, ["config.most_depth"]),
        ({"source_workflow_id": str(new_id()), "when": 1}, ["config.when"]),
        ({"source_workflow_id": str(new_id()), "on": []}, ["config.on"]),
    ],
)
def test_a_config_is_refused_at_every_field(config: dict[str, Any], fields: list[str]) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_watch(config)
    assert [problem.field for problem in refused.value.problems] == fields


def test_what_is_left_out_is_the_default() -> None:
    source = new_id()
    watch = parse_watch({"source_workflow_id": str(source)})
    assert (watch.source_workflow_id, watch.on) == (source, "succeeded")
    assert watch.most_depth == MOST_DEPTH <= DEEPEST_CHAIN


@pytest.mark.parametrize("state", list(ExecutionState))
def test_any_is_every_end_and_nothing_else(state: ExecutionState) -> None:
    assert waits_for("any", state) is (state in {"succeeded", "failed", "dead", "canceled"})


@given(st.sets(st.tuples(NODES, NODES), max_size=20), st.tuples(NODES, NODES))
def test_a_circle_is_found_if_and_only_if_the_new_edge_closes_one(
    edges: set[tuple[int, int]], new: tuple[int, int]
) -> None:
    circle = find_cycle(edges, new)
    reached, row = {new[1]}, {new[1]}
    while row:
        row = {to for at, to in edges if at in row} - reached
        reached |= row
    assert (circle is not None) is (new[0] in reached)
    if circle is not None:
        assert (circle[0], circle[1], circle[-1]) == (*new, new[0])
        assert set(pairwise(circle[1:])) <= edges


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('{"ok": true}', {"ok": True}),
        ("all is well", "all is well"),
        ("", None),
        (None, None),
        ('{"cut": "of', '{"cut": "of'),
        ("é" * MOST_OCTETS, "é" * (MOST_OCTETS // 2)),
    ],
)
def test_an_answer_is_its_document_or_its_text(body: str | None, told: Any) -> None:
    content_type = "text/plain" if body == "all is well" else "application/json"
    made = json.loads(end_body(ended(), None, [step(body, content_type)]))
    assert made["steps"]["notify"] == {"status": 200, "body": told}


def test_the_event_before_is_repeated_digit_by_digit() -> None:
    assert b'"event":{"n":1.10}' in end_body(ended(), None, [])
    assert json.loads(end_body(ended(body=None), None, []))["event"] is None


def test_a_failure_says_why() -> None:
    made = end_body(ended(state="dead", reason="timeout"), {"message": "No answer."}, [])
    error = json.loads(made)["execution"]["error"]
    assert error == {"reason": "timeout", "message": "No answer."}
