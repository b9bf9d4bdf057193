"""How long a target asks to be left alone, and what becomes of that."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.rules.retries import Failure, Retry, RetryPolicy, decide_retry
from domain.rules.retry_after import retry_after_s

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY_S = 86_400.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("Mon, 23 Nov 2026 12:02:00 GMT", 120.0),
        ("Monday, 23-Nov-26 12:02:00 GMT", 120.0),
        ("Mon Nov 23 12:02:00 2026", 120.0),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0.0),
        ("99999999999999999999999", 1e23),
        ("-1", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        ("٣", None),
        ("Mon, 99 Nov 2026 12:00:00 GMT", None),
        ("Fri, 31 Dec 99999 23:59:59 GMT", None),
    ],
)
def test_seconds_and_dates_are_read_and_all_else_is_ignored(
    text: str, seconds: float | None
) -> None:
    assert retry_after_s([("Retry-After", text)], NOW) == seconds


def test_no_header_asks_for_nothing() -> None:
    assert retry_after_s([("Content-Type", "text/plain")], NOW) is None


@given(st.text(max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    found = retry_after_s([("retry-after", text)], NOW)
    assert found is None or found >= 0


@given(
    st.one_of(st.none(), st.floats(-1e6, 1e30)),
    st.floats(0, 1, exclude_max=True),
    st.integers(1, 49),
)
def test_the_wait_is_at_least_what_was_asked_for_up_to_a_day_and_little_more(
    asked: float | None, drawn: float, tries: int
) -> None:
    policy = RetryPolicy(attempts=50, cap_s=60.0)
    failure = Failure("status_429", retryable=True, retry_after_s=asked)
    decision = decide_retry(policy, tries, failure, NOW, lambda: drawn)
    assert isinstance(decision, Retry)
    least = min(max(asked or 0.0, 0.0), DAY_S)
    waits = (decision.at - NOW).total_seconds()
    assert least - 0.001 <= waits <= max(60.0, least + 300.0) + 0.001


def test_a_retry_at_or_after_the_deadline_is_none() -> None:
    failure = Failure("status_429", retryable=True, retry_after_s=60)
    outcomes = [
        decide_retry(
            RetryPolicy(), 1, failure, NOW, lambda: 0.0, deadline=NOW + timedelta(seconds=s)
        )
        for s in (59, 60, 61)
    ]
    assert [getattr(one, "reason", None) for one in outcomes] == [
        "deadline_exceeded", "deadline_exceeded", None,
    ]  # fmt: skip
