"""The pure rules of breakers: what opens one, for how long, and who gets the probe."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.rules.breakers import (
    DEFAULTS,
    Breaker,
    BreakerSettings,
    Report,
    asked,
    cool_down,
    counted,
    is_failure,
    parse_settings,
    probed,
    settings_as_stored,
)
from domain.rules.destination_shares import HALF, QUARTER, may_take_a_place, next_turn, spread_s

ONE = BreakerSettings(in_a_row=3, min_calls=4, failure_rate=0.5, window_s=12, cool_down_s=10)
OPEN_FOR_10 = Breaker("open", 100.0, 1, 110.0, 10.0)


def after(*outcomes: bool, at: float = 100.0, settings: BreakerSettings = ONE) -> Breaker:
    """A breaker after calls that were answered (True) or failed, one by one."""
    breaker = Breaker()
    for answered in outcomes:
        report = Report(1, int(not answered), int(not answered))
        breaker, _ = counted(breaker, settings, report, at)
    return breaker


@pytest.mark.parametrize(
    ("outcomes", "state"),
    [
        ((False, False), "closed"),
        ((False, False, False), "open"),
        ((False, False, True, False), "open"),  # three of four
        ((False, True, True, False), "open"),  # two of four
        ((True, True, False, True), "closed"),
        ((False, True, True, True, True, False), "closed"),
    ],
)
def test_it_opens_by_failures_in_a_row_or_by_their_part(
    outcomes: tuple[bool, ...], state: str
) -> None:
    assert after(*outcomes).state == state


def test_what_has_left_the_window_counts_no_more() -> None:
    breaker = after(False, False, True)
    later = 100.0 + ONE.window_s
    breaker, reason = counted(breaker, ONE, Report(1, 1, 1), later)
    assert (breaker.state, reason) == ("closed", None)
    assert breaker.counts(ONE, later) == (1, 1)


def test_an_open_one_lets_nobody_out_before_its_cool_down_and_one_after() -> None:
    before, admitted = asked(OPEN_FOR_10, 5.0, 109.9)
    assert (before, admitted) == (OPEN_FOR_10, False)
    half_open, admitted = asked(OPEN_FOR_10, 5.0, 110.0)
    assert (half_open.state, admitted) == ("half_open", True)
    assert asked(half_open, 5.0, 119.9)[1] is False
    # One that is never heard of is given up, but no two go out within a cool-down.
    assert asked(half_open, 5.0, 120.0)[1] is True
    longer, _ = asked(OPEN_FOR_10, 65.0, 110.0)
    assert asked(longer, 65.0, 174.9)[1] is False


def test_the_cool_down_doubles_up_to_its_cap_and_begins_anew_after_a_rest() -> None:
    assert [cool_down(DEFAULTS, trips) for trips in (1, 2, 3, 7, 99)] == [10, 20, 40, 600, 600]
    again = probed(OPEN_FOR_10, ONE, 110.0, answered=False)
    assert (again.state, again.cool_down_s, again.probe_at) == ("open", 20.0, 130.0)
    closed = probed(again, ONE, 130.0, answered=True)
    assert closed.state == "closed"
    soon, _ = counted(closed, ONE, Report(3, 3, 3), 150.0)
    rested, _ = counted(closed, ONE, Report(3, 3, 3), 191.0)
    assert (soon.cool_down_s, rested.cool_down_s) == (40.0, 10.0)


@given(
    st.lists(st.tuples(st.sampled_from(["call", "fail"]), st.floats(0, 30)), max_size=80),
    st.integers(1, 20),
)
def test_no_two_probes_within_a_cool_down_whatever_happens(
    steps: list[tuple[str, float]], hold: int
) -> None:
    breaker, now, probes = Breaker(), 1_000.0, []
    for kind, passed in steps:
        now += passed
        cool_down_s, was_closed = breaker.cool_down_s, breaker.state == "closed"
        breaker, admitted = asked(breaker, hold, now)
        if not admitted:
            continue
        if was_closed:
            failed = int(kind == "fail")
            breaker, _ = counted(breaker, ONE, Report(1, failed, failed), now)
        else:
            probes.append((now, cool_down_s))
            breaker = probed(breaker, ONE, now, answered=kind == "call")
    for (first, waited), (second, _) in itertools.pairwise(probes):
        assert second - first >= waited


@pytest.mark.parametrize(
    ("status", "failure"), [(200, False), (404, False), (429, True), (500, True), (599, True)]
)
def test_5xx_and_429_are_failures_other_4xx_are_answers(status: int, failure: bool) -> None:  # noqa: FBT001
    assert is_failure(status) is failure


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({"failure_rate": 0}, "settings.failure_rate"),
        ({"window_s": 9}, "settings.window_s"),
        ({"in_a_row": 1.5}, "settings.in_a_row"),
        ({"cool_down_s": 60, "longest_s": 30}, "settings.longest_s"),
        ({"most_at_once": "many"}, "settings.most_at_once"),
        ({"colour": 1}, "settings.colour"),
        ([], "settings"),
    ],
)
def test_bad_settings_are_refused_at_their_field(raw: Any, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_settings(raw)
    assert [problem.field for problem in refused.value.problems] == [field]


def test_only_what_differs_from_the_defaults_is_stored() -> None:
    settings = parse_settings({"in_a_row": 5, "window_s": 60, "most_at_once": None})
    assert settings_as_stored(settings) == {"in_a_row": 5}
    assert parse_settings(settings_as_stored(settings)) == settings


def test_a_slow_destination_has_a_quarter_of_the_places_and_a_fast_one_all() -> None:
    assert may_take_a_place(QUARTER - 1, fast=False, others=True)
    assert not may_take_a_place(QUARTER, fast=False, others=True)
    assert may_take_a_place(QUARTER, fast=False, others=False)
    assert not may_take_a_place(HALF, fast=False, others=False)
    assert may_take_a_place(HALF, fast=True, others=True)


def test_who_waits_comes_back_in_turn_and_spread_out() -> None:
    first = next_turn(0.0, 100.0)
    assert [next_turn(first, 100.0) - first] == pytest.approx([0.1])
    assert spread_s(4.0, 10.0, 0.0) == 5.0
    assert spread_s(4.0, 100.0, 0.5) == 105.0
