"""When an execution is tried again, and when it is given up."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.rules.retries import (
    Failure,
    GiveUp,
    Retry,
    RetryPolicy,
    decide_lost_lease,
    decide_retry,
    parse_retry,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TIMEOUT = Failure("timeout", retryable=True)
policies = st.builds(
    RetryPolicy,
    attempts=st.integers(1, 50),
    base_s=st.floats(0, 3600),
    factor=st.floats(1, 10),
    cap_s=st.floats(0, 86400),
)


def longest_wait_s(attempt: int, policy: RetryPolicy) -> float:
    decision = decide_retry(policy, attempt, TIMEOUT, NOW, lambda: 1.0)
    assert isinstance(decision, Retry)
    return (decision.at - NOW).total_seconds()


def test_the_wait_doubles_up_to_its_cap() -> None:
    policy = RetryPolicy(attempts=50, base_s=1.0, factor=2.0, cap_s=10.0)
    assert [longest_wait_s(attempt, policy) for attempt in range(1, 7)] == [1, 2, 4, 8, 10, 10]
    assert longest_wait_s(49, policy) == 10


@pytest.mark.parametrize(("drawn", "wait_s"), [(0.0, 0.0), (0.25, 0.5), (0.5, 1.0)])
def test_the_jitter_is_full_from_zero_to_the_whole_wait(drawn: float, wait_s: float) -> None:
    decision = decide_retry(RetryPolicy(), 2, TIMEOUT, NOW, lambda: drawn)
    assert decision == Retry(NOW + timedelta(seconds=wait_s))


def test_the_last_attempt_is_the_last() -> None:
    policy = RetryPolicy(attempts=3)
    outcomes = [decide_retry(policy, attempt, TIMEOUT, NOW, lambda: 0.0) for attempt in (2, 3, 4)]
    assert outcomes == [Retry(NOW), GiveUp("attempts_exhausted"), GiveUp("attempts_exhausted")]


def test_a_failure_that_no_retry_can_mend_is_given_up_at_once() -> None:
    hopeless = Failure("other", retryable=False)
    decision = decide_retry(RetryPolicy(), 1, hopeless, NOW, lambda: 0.0)
    assert decision == GiveUp("not_retryable")


@given(policies, st.integers(1, 60), st.floats(0, 1, exclude_max=True))
def test_a_retry_lies_between_now_and_the_cap(
    policy: RetryPolicy, attempt: int, drawn: float
) -> None:
    decision = decide_retry(policy, attempt, TIMEOUT, NOW, lambda: drawn)
    if attempt >= policy.attempts:
        assert decision == GiveUp("attempts_exhausted")
    else:
        assert isinstance(decision, Retry)
        assert timedelta(0) <= decision.at - NOW <= timedelta(seconds=policy.cap_s)


def test_the_third_lost_lease_makes_a_dead_letter() -> None:
    assert decide_lost_lease(1, NOW) == Retry(NOW)
    assert decide_lost_lease(2, NOW) == Retry(NOW)
    assert decide_lost_lease(3, NOW) == GiveUp("worker_lost")
    assert decide_lost_lease(4, NOW) == GiveUp("worker_lost")


@pytest.mark.parametrize("raw", [None, {}])
def test_without_settings_there_are_three_attempts(raw: object) -> None:
    assert parse_retry(raw) == RetryPolicy(attempts=3, base_s=1.0, factor=2.0, cap_s=300.0)


def test_settings_are_taken() -> None:
    assert parse_retry({"attempts": 5, "base_s": 0.5, "factor": 3, "cap_s": 60}) == RetryPolicy(
        5, 0.5, 3.0, 60.0
    )


@pytest.mark.parametrize(
    "raw",
    [
        {"attempts": 0},
        {"attempts": 51},
        {"attempts": 2.5},
        {"attempts": True},
        {"attempts": "3"},
        {"base_s": -1},
        {"base_s": 3601},
        {"factor": 0.5},
        {"factor": 11},
        {"cap_s": 86401},
        {"cap_s": float("inf")},
        {"cap_s": None},
        {"speed": 1},
    ],
)
def test_settings_out_of_bounds_are_refused_at_their_field(raw: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_retry(raw)
    assert [problem.field for problem in refusal.value.problems] == [f"retry.{next(iter(raw))}"]


@pytest.mark.parametrize("raw", [3, "3", [3]])
def test_settings_are_an_object(raw: object) -> None:
    with pytest.raises(InvalidInput, match="retry: must be an object"):
        parse_retry(raw)
