"""How far our clock is off, and when it is to blame."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.rules.clock_skew import TOLERATED_S, blamed_reason, skew_of

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("there_s", "skew_s"), [(-3, 3), (0, 0), (1, 0), (2, 0), (5, -3)],
    ids=["behind both looks", "at the first", "between", "at the second", "ahead of both"],
)  # fmt: skip
def test_what_lies_between_two_looks_is_no_skew(there_s: int, skew_s: int) -> None:
    there = NOON + timedelta(seconds=there_s)
    found = skew_of(NOON, there, NOON + timedelta(seconds=2))
    assert found == timedelta(seconds=skew_s)


@pytest.mark.parametrize(
    ("reason", "skew_s", "blamed"),
    [
        ("too_old", TOLERATED_S, "too_old"),
        ("too_old", TOLERATED_S + 0.1, "our_clock_ahead"),
        ("too_old", -TOLERATED_S - 0.1, "too_old"),
        ("too_new", -TOLERATED_S - 0.1, "our_clock_behind"),
        ("too_new", TOLERATED_S + 0.1, "too_new"),
        ("bad_signature", TOLERATED_S + 0.1, "bad_signature"),
    ],
)
def test_our_clock_is_blamed_for_what_it_explains(reason: str, skew_s: float, blamed: str) -> None:
    assert blamed_reason(reason, skew_s) == blamed
