"""The state machine of a backtest, over every pair of states."""

import pytest

from domain.rules.backtest_states import ENDED, MOVES, UNFINISHED, BacktestState, can_move

LEGAL = {
    "queued": "running canceled",
    "running": "queued running done canceled failed",
    "done": "",
    "canceled": "",
    "failed": "",
}


@pytest.mark.parametrize("source", list(BacktestState))
@pytest.mark.parametrize("target", list(BacktestState))
def test_every_pair_is_a_legal_move_or_none(source: BacktestState, target: BacktestState) -> None:
    assert can_move(source, target) is (target.value in LEGAL[source.value].split())


def test_the_states_are_all_there() -> None:
    assert {state.value for state in BacktestState} == set(LEGAL)
    assert set(MOVES) == set(BacktestState)


def test_nothing_leaves_a_state_in_which_it_has_ended() -> None:
    assert {"done", "canceled", "failed"} == ENDED
    assert {"queued", "running"} == UNFINISHED


def test_whatever_has_not_ended_can_be_canceled() -> None:
    assert all(can_move(state, BacktestState.CANCELED) for state in UNFINISHED)
