"""What becomes of overdue slots, of overlapping ones, and how far a slot is moved."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.rules.schedules.catch_up import (
    CatchUp,
    CatchUpPolicy,
    Fire,
    Missed,
    Overdue,
    Skip,
    decide_overdue,
)
from domain.rules.schedules.jitter import jitter_of
from domain.rules.schedules.occurrences import Occurrence
from domain.rules.schedules.overlap import OverlapDecision, OverlapPolicy, decide_overlap

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
TRIGGER, OTHER = UUID(int=1), UUID(int=2)


def overdue(late_s: int, *, dst: bool = False) -> Overdue:
    due_at = NOW - timedelta(seconds=late_s)
    at = due_at - timedelta(seconds=7)
    return Overdue(Occurrence(at, at.replace(tzinfo=None), skipped="dst" if dst else None), due_at)


def words(policy: CatchUp, *slots: Overdue) -> list[str]:
    decided = decide_overdue(slots, policy, NOW)
    assert [each.overdue for each in decided] == list(slots)
    return [
        each.catch_up or "on time"
        if isinstance(each, Fire)
        else each.reason
        if isinstance(each, Skip)
        else "missed"
        for each in decided
    ]


@pytest.mark.parametrize(
    ("policy", "found"),
    [
        (CatchUp("none"), ["missed", "catch_up", "catch_up", "catch_up", "on time", "on time"]),
        (CatchUp("latest"), ["missed", "catch_up", "catch_up", "latest", "on time", "on time"]),
        (CatchUp("all", most=2), ["missed", "catch_up", "all", "all", "on time", "on time"]),
        (CatchUp("all", most=9), ["missed", "all", "all", "all", "on time", "on time"]),
        (CatchUp("all", most=9, window_s=60), [*["missed"] * 4, "on time", "on time"]),
    ],
)
def test_each_policy_at_each_lateness(policy: CatchUp, found: list[str]) -> None:
    slots = [overdue(late) for late in (3_601, 3_600, 1_800, 61, 60, 0)]
    assert words(policy, *slots) == found


def test_what_a_clock_change_skips_takes_no_other_slots_place() -> None:
    slots = [overdue(900), overdue(600), overdue(300, dst=True), overdue(9_000, dst=True)]
    assert words(CatchUp("latest"), *slots) == ["catch_up", "latest", "dst", "dst"]


@given(
    st.lists(st.integers(0, 8_000), max_size=30),
    st.sampled_from(["none", "latest", "all"]),
    st.integers(1, 5),
)
def test_no_more_is_caught_up_than_the_policy_says_and_nothing_late_before_it(
    lates: list[int], policy: CatchUpPolicy, most: int
) -> None:
    slots = [overdue(late) for late in sorted(set(lates), reverse=True)]
    decided = decide_overdue(slots, CatchUp(policy, most), NOW)
    late = [each for each in decided if not (isinstance(each, Fire) and each.catch_up is None)]
    fired = [place for place, each in enumerate(late) if isinstance(each, Fire)]
    assert len(fired) <= {"none": 0, "latest": 1, "all": most}[policy]
    assert fired == list(range(len(late) - len(fired), len(late)))
    for each in decided:
        beyond = NOW - each.overdue.due_at > timedelta(seconds=3_600)
        assert isinstance(each, Missed) is beyond


@pytest.mark.parametrize(
    ("policy", "free", "running", "waiting", "both"),
    [
        ("allow", "fire", "fire", "fire", "fire"),
        ("skip", "fire", "skip", "skip", "skip"),
        ("queue_one", "fire", "wait", "skip", "skip"),
        ("cancel_running", "fire", "cancel_and_fire", "fire", "cancel_and_fire"),
    ],
)
def test_every_overlap_policy_in_every_case(
    policy: OverlapPolicy,
    free: OverlapDecision,
    running: OverlapDecision,
    waiting: OverlapDecision,
    both: OverlapDecision,
) -> None:
    cases = [(False, False), (True, False), (False, True), (True, True)]
    assert [decide_overlap(policy, *case) for case in cases] == [free, running, waiting, both]


@given(st.datetimes(timezones=st.just(UTC)), st.integers(0, 86_400))
def test_the_jitter_is_the_same_for_a_slot_and_within_its_bounds(
    at: datetime, jitter_s: int
) -> None:
    jitter = jitter_of(TRIGGER, at, jitter_s)
    assert jitter == jitter_of(TRIGGER, at.astimezone(UTC), jitter_s)
    assert timedelta(0) <= jitter < timedelta(seconds=max(jitter_s, 1))
    assert jitter % timedelta(milliseconds=1) == timedelta(0)


def test_the_jitter_spreads_slots_and_triggers_evenly() -> None:
    slots = [NOW + timedelta(days=day) for day in range(1_000)]
    for trigger in (TRIGGER, OTHER):
        found = [jitter_of(trigger, at, 600).total_seconds() for at in slots]
        minutes = Counter(each // 60 for each in found)
        assert min(minutes[minute] for minute in range(10)) > 60
    assert jitter_of(TRIGGER, NOW, 600) != jitter_of(OTHER, NOW, 600)
