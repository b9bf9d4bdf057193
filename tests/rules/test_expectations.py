"""By when the next event is expected: what can be said, and when that is."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.rules.expectations import deadline, look_again_at, parse_expectation

NINE = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
DAILY = {"cron": "0 9 * * *", "zone": "UTC", "grace_s": 600}


def problems_of(value: object) -> list[str]:
    with pytest.raises(InvalidInput) as refused:
        parse_expectation(value)
    return [problem.field for problem in refused.value.problems]


def test_it_is_stored_whole() -> None:
    assert parse_expectation(None) is None
    assert parse_expectation({"every_s": 60}) == {"every_s": 60}
    assert parse_expectation({"cron": "0 9 * * *"}) == DAILY
    assert parse_expectation(DAILY) == DAILY


@pytest.mark.parametrize(
    ("value", "fields"),
    [
        ([], ["expected_by"]),
        ({}, ["expected_by"]),
        ({"every_s": 60, "cron": "0 9 * * *"}, ["expected_by"]),
        ({"every_s": 59}, ["expected_by.every_s"]),
        ({"every_s": 6_912_001}, ["expected_by.every_s"]),
        ({"every_s": True}, ["expected_by.every_s"]),
        ({"every_s": 60, "zone": "UTC"}, ["expected_by.zone"]),
        ({"cron": "0 9 * *"}, ["expected_by.cron"]),
        ({"cron": "0 0 30 2 *"}, ["expected_by.cron"]),
        ({"cron": 5}, ["expected_by.cron"]),
        ({"cron": "0 9 * * *", "zone": "Mars"}, ["expected_by.zone"]),
        ({"cron": "0 9 * * *", "grace_s": -1}, ["expected_by.grace_s"]),
        ({"cron": "0 9 * * *", "starts_at": "2026-01-01T00:00"}, ["expected_by.starts_at"]),
    ],
)
def test_what_means_nothing_is_refused_at_its_field(value: object, fields: list[str]) -> None:
    assert problems_of(value) == fields


@pytest.mark.parametrize(
    ("config", "since", "until"),
    [
        ({"every_s": 3600}, NINE, NINE + timedelta(hours=1)),
        # What came a little late was the event of nine o'clock, what came early was not.
        (DAILY, NINE + timedelta(minutes=5), NINE + timedelta(days=1, minutes=10)),
        (DAILY, NINE, NINE + timedelta(days=1, minutes=10)),
        (DAILY, NINE - timedelta(minutes=5), NINE + timedelta(minutes=10)),
    ],
)
def test_the_deadline_counts_from_the_last_event(
    config: dict[str, Any], since: datetime, until: datetime
) -> None:
    assert deadline(config, since) == until


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_later_event_never_brings_the_deadline_nearer(first: int, second: int) -> None:
    low, high = (NINE + timedelta(seconds=each) for each in sorted((first, second)))
    for config in ({"every_s": 900}, DAILY):
        earlier, later = deadline(config, low), deadline(config, high)
        assert earlier is not None
        assert later is not None
        assert earlier <= later


def test_it_is_looked_at_again_at_the_deadline_and_ever_less_often_after_it() -> None:
    assert look_again_at(NINE, NINE + timedelta(hours=1)) == NINE + timedelta(hours=1)
    assert look_again_at(NINE, NINE) == NINE + timedelta(seconds=2)
    assert look_again_at(NINE, NINE - timedelta(minutes=10)) == NINE + timedelta(seconds=10)
    assert look_again_at(NINE, NINE - timedelta(days=10)) == NINE + timedelta(seconds=60)
