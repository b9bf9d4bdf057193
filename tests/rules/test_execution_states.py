"""The state machine of an execution, over every pair of states."""

import pytest

from domain.rules.execution_states import (
    CANCELABLE,
    CLAIMABLE,
    MOVES,
    TERMINAL,
    ExecutionState,
    can_move,
)

LEGAL = {
    "queued": "running dead canceled",
    "running": "queued running retrying succeeded failed dead canceled unknown",
    "retrying": "running dead canceled",
    "unknown": "queued failed dead canceled",
    "succeeded": "",
    "failed": "",
    "dead": "",
    "canceled": "",
}


@pytest.mark.parametrize("source", list(ExecutionState))
@pytest.mark.parametrize("target", list(ExecutionState))
def test_every_pair_is_a_legal_move_or_none(source: ExecutionState, target: ExecutionState) -> None:
    assert can_move(source, target) is (target.value in LEGAL[source.value].split())


def test_the_states_are_those_of_the_design() -> None:
    assert {state.value for state in ExecutionState} == set(LEGAL)
    assert set(MOVES) == set(ExecutionState)


def test_nothing_leaves_a_terminal_state() -> None:
    assert {"succeeded", "failed", "dead", "canceled"} == TERMINAL


def test_every_state_that_is_not_terminal_can_be_canceled() -> None:
    assert set(ExecutionState) - TERMINAL == CANCELABLE


def test_every_state_is_reached_from_the_first_one() -> None:
    reached = {ExecutionState.QUEUED}
    for _ in ExecutionState:
        reached |= {target for source in reached for target in MOVES[source]}
    assert reached == set(ExecutionState)


def test_what_can_be_claimed_can_run() -> None:
    assert all(can_move(state, ExecutionState.RUNNING) for state in CLAIMABLE)
