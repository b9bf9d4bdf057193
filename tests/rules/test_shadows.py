"""A draft beside the live conditions: every pair of results, and every move of a shadow."""

from itertools import product

import pytest

from domain.rules.shadows import (
    KINDS,
    MOVES,
    OUTCOMES,
    Counts,
    ShadowState,
    can_move,
    compared,
    counts_of,
    live_result,
)
from domain.rules.traces import Result

RESULTS: tuple[Result, ...] = ("matched", "not_matched", "error")
EXPECTED = {
    ("matched", "matched"): "agreed_fired",
    ("matched", "not_matched"): "only_live",
    ("matched", "error"): "error",
    ("not_matched", "matched"): "only_shadow",
    ("not_matched", "not_matched"): "agreed_filtered",
    ("not_matched", "error"): "error",
    ("error", "matched"): "only_shadow",
    ("error", "not_matched"): "live_error",
    ("error", "error"): "agreed_error",
}


@pytest.mark.parametrize(("live", "draft"), list(product(RESULTS, RESULTS)))
def test_every_pair_of_results_counts_as_one_thing(live: Result, draft: Result) -> None:
    assert compared(live, draft) == EXPECTED[live, draft]
    assert (compared(live, draft) in KINDS) == (live != draft)


def test_verdicts_are_what_the_live_conditions_came_to() -> None:
    found = [live_result(verdict) for verdict in ("fired", "filtered", "error")]
    assert found == ["matched", "not_matched", "error"]


def test_a_count_of_each_outcome_is_in_the_sums() -> None:
    counts = counts_of(dict.fromkeys(OUTCOMES, 1), skipped=5)
    assert (counts.judged, counts.agreed, counts.skipped) == (7, 3, 5)
    assert Counts().judged == 0


@pytest.mark.parametrize(("source", "target"), list(product(ShadowState, ShadowState)))
def test_a_shadow_ends_once_and_for_good(source: ShadowState, target: ShadowState) -> None:
    running = source is ShadowState.RUNNING
    assert can_move(source, target) == (running and target is not ShadowState.RUNNING)
    assert MOVES.keys() == set(ShadowState)
