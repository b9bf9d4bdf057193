"""When schedules come due, most of all where the clock jumps (F42, F43 of the fault catalogue)."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.rules.schedules.occurrences import Occurrence
from domain.rules.schedules.schedule import Schedule, complete_config, read_schedule

BERLIN = "Europe/Berlin"
GAP_OF_2027 = "2027-03-28"
FOLD_OF_2027 = "2027-10-31"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


def cron(text: str, zone: str = "UTC", **more: Any) -> Schedule:
    return read_schedule({"form": "cron", "cron": text, "zone": zone, **more})


def due(schedule: Schedule, start: str, days: float = 1) -> list[str]:
    """What comes due within some days, each as an instant and what happened to it."""
    since = utc(start)
    found = schedule.between(since, since + timedelta(days=days), 1_000)
    return [
        " ".join(filter(None, (f"{each.at:%m-%d %H:%M}", each.change, each.skipped)))
        for each in found
    ]


@pytest.mark.parametrize(
    ("text", "start", "instants"),
    [
        ("30 9 * * 1-5", "2026-11-27T10:00", ["11-30 09:30", "12-01 09:30"]),
        ("0 0 L * *", "2027-01-28", ["01-31 00:00"]),
        ("0 0 * * mon#2", "2026-12-10", ["12-14 00:00"]),
        ("0 0 * * 0,fri#1", "2026-12-04T12:00", ["12-06 00:00"]),
        ("0 0 * * 7", "2026-12-05", ["12-06 00:00"]),
        # A day that either field names will do; where one begins with *, it must be in both.
        ("0 0 1 * fri", "2026-11-30T12:00", ["12-01 00:00", "12-04 00:00"]),
        ("0 0 5 * fri#1", "2026-12-03T12:00", ["12-04 00:00", "12-05 00:00"]),
        ("0 0 */4 * fri", "2026-11-30T12:00", []),
        ("0 0 */3 * fri", "2026-11-30T12:00", ["12-04 00:00"]),
        # croniter takes it for every minute.
        ("5-5 0-6/3 * * *", "2026-11-30T23:00", ["12-01 00:05", "12-01 03:05", "12-01 06:05"]),
    ],
)
def test_cron_means_what_debian_means(text: str, start: str, instants: list[str]) -> None:
    assert due(cron(text), start, 5)[: len(instants) or None] == instants


def test_leap_days_and_the_31st_come_when_there_is_one() -> None:
    leap = cron("0 0 29 2 *").between(utc("2095-01-01"), utc("2108-01-01"), 9)
    assert [each.at for each in leap] == [utc("2096-02-29"), utc("2104-02-29")]
    assert due(cron("0 0 31 * *"), "2027-01-31T00:00", 60) == ["03-31 00:00"]
    assert cron("0 0 29 2 */7").after(utc("2026-01-01")) == Occurrence(
        utc("2032-02-29"), wall("2032-02-29")
    )
    assert cron("0 0 30 2 *").after(utc("2026-01-01")) is None


@pytest.mark.parametrize(
    ("policies", "instants"),
    [
        ({}, ["03-28 01:00 gap"]),
        ({"gap": "skip"}, ["03-28 01:00 gap dst"]),
    ],
)
def test_all_fixed_times_of_a_gap_are_one_slot_at_its_end(
    policies: dict[str, str], instants: list[str]
) -> None:
    schedule = cron("15,30 2 * * *", BERLIN, **policies)
    assert due(schedule, GAP_OF_2027) == instants
    found = schedule.after(utc(GAP_OF_2027))
    assert found is not None
    assert found.wall == wall("2027-03-28T02:15")


def test_a_time_that_exists_at_the_end_of_a_gap_runs_whatever_the_policy() -> None:
    assert due(cron("30 2,3 * * *", BERLIN, gap="skip"), GAP_OF_2027) == [
        "03-28 01:00 gap dst",
        "03-28 01:30",
    ]
    assert due(cron("0,30 2,3 * * *", BERLIN, gap="skip"), GAP_OF_2027)[0] == "03-28 01:00"


@pytest.mark.parametrize(
    ("fold", "first", "second"),
    [("once_first", "", " dst"), ("once_second", " dst", ""), ("twice", "", "")],
)
def test_a_fixed_time_of_a_fold_runs_in_the_pass_that_the_policy_says(
    fold: str, first: str, second: str
) -> None:
    assert due(cron("30 2 * * *", BERLIN, fold=fold), FOLD_OF_2027) == [
        f"10-31 00:30 fold_first{first}",
        f"10-31 01:30 fold_second{second}",
    ]


def test_wildcard_times_run_in_real_time() -> None:
    for text, minutes in (("*/10 * * * *", 10), ("*/30 2 * * *", 30), ("0 * * * *", 60)):
        schedule = cron(text, BERLIN, gap="skip", fold="once_first")
        for day in (GAP_OF_2027, FOLD_OF_2027):
            found = schedule.between(utc(day), utc(day) + timedelta(hours=5), 100)
            assert all(each.skipped is None for each in found)
            if " 2 " not in text:
                apart = {other.at - one.at for one, other in pairwise(found)}
                assert apart == {timedelta(minutes=minutes)}
    # What does not exist is none of theirs; what comes twice is two.
    assert due(cron("*/30 2 * * *", BERLIN), GAP_OF_2027, 0.5) == []
    assert len(due(cron("*/30 2 * * *", BERLIN), "2027-10-30T12:00", 1)) == 4


@pytest.mark.parametrize(
    ("zone", "text", "start", "instants"),
    [
        # Half an hour: 02:00 becomes 02:30, and in April 02:00 becomes 01:30.
        ("Australia/Lord_Howe", "15 2 * * *", "2026-10-03T12:00", ["10-03 15:30 gap"]),
        ("Australia/Lord_Howe", "45 1 * * *", "2027-04-03T12:00",
         ["04-03 14:45 fold_first", "04-03 15:15 fold_second dst"]),
        # At midnight: the day begins at one.
        ("Asia/Beirut", "0 0 * * *", "2026-03-28T12:00", ["03-28 22:00 gap"]),
        ("Asia/Beirut", "30 23 * * *", "2026-10-24T12:00",
         ["10-24 20:30 fold_first", "10-24 21:30 fold_second dst"]),
        ("Africa/Cairo", "0 0 * * 5", "2026-04-23T12:00", ["04-23 22:00 gap"]),
        ("Africa/Cairo", "59 23 * * *", "2026-10-29T12:00",
         ["10-29 20:59 fold_first", "10-29 21:59 fold_second dst"]),
        # A whole day that does not exist: what was to run on it runs as the next one begins.
        ("Pacific/Apia", "0 9,17 30 12 *", "2011-12-29T12:00", ["12-30 10:00 gap"]),
        ("Pacific/Apia", "*/30 9 30 12 *", "2011-12-29T12:00", []),
        # Forward and back around Ramadan.
        ("Africa/Casablanca", "30 2 * * *", "2025-02-22T12:00",
         ["02-23 01:30 fold_first", "02-23 02:30 fold_second dst"]),
        ("Africa/Casablanca", "30 2 * * *", "2025-04-05T12:00", ["04-06 02:00 gap"]),
    ],
)  # fmt: skip
def test_strange_zones(zone: str, text: str, start: str, instants: list[str]) -> None:
    assert due(cron(text, zone), start, 1) == instants


def test_every_few_minutes_is_real_time_from_the_anchor_on() -> None:
    schedule = read_schedule(
        {"form": "every", "every": 45, "unit": "minutes", "anchor": f"{GAP_OF_2027}T01:30",
         "zone": BERLIN}
    )  # fmt: skip
    assert due(schedule, "2027-03-20", 8.08) == ["03-28 00:30", "03-28 01:15"]


def test_every_few_days_is_the_same_wall_time() -> None:
    schedule = read_schedule(
        {"form": "every", "every": 2, "unit": "days", "anchor": "2027-03-26T02:30", "zone": BERLIN}
    )
    assert due(schedule, "2027-03-01", 30) == ["03-26 01:30", "03-28 01:00 gap", "03-30 00:30"]
    assert due(schedule, "2027-10-29T12:00", 4)[-1] == "11-01 01:30"


def test_an_anchor_that_is_left_out_is_the_minute_of_the_save() -> None:
    now = utc("2026-11-27T08:00:42")
    config = {"form": "every", "every": 2, "unit": "days", "zone": BERLIN}
    assert complete_config(config, now)["anchor"] == "2026-11-27T09:00"
    assert complete_config({**config, "unit": "hours"}, now)["anchor"] == "2026-11-27T08:00:00Z"
    assert due(read_schedule(complete_config(config, now)), "2026-11-27T08:00", 5) == [
        "11-29 08:00",
        "12-01 08:00",
    ]


def test_listed_instants_come_once_each_in_order() -> None:
    given = [
        f"{FOLD_OF_2027}T02:30",
        f"{GAP_OF_2027}T02:30",
        f"{FOLD_OF_2027}T01:30:00Z",
        f"{GAP_OF_2027}T03:00",
    ]
    schedule = read_schedule({"form": "instants", "instants": given, "zone": BERLIN})
    # An instant that was meant as such runs, also where the policy would leave its wall time out.
    assert due(schedule, "2027-01-01", 365) == [
        "03-28 01:00",
        "10-31 00:30 fold_first",
        "10-31 01:30 fold_second",
    ]


def test_the_start_and_the_end_are_included() -> None:
    schedule = cron("0 * * * *", BERLIN, starts_at="2026-12-01T09:00", ends_at="2026-12-01T10:00Z")
    assert due(schedule, "2026-11-01", 60) == ["12-01 08:00", "12-01 09:00", "12-01 10:00"]
    # A start or an end within a fold leaves nothing of it out.
    fold = cron("30 2 * * *", BERLIN, fold="twice",
                starts_at=f"{FOLD_OF_2027}T02:30", ends_at=f"{FOLD_OF_2027}T02:30")  # fmt: skip
    assert len(due(fold, "2027-01-01", 365)) == 2


def test_the_shortest_time_between_two_runs_knows_about_the_clock() -> None:
    now = utc("2026-11-27")

    def shortest(schedule: Schedule) -> float | None:
        return schedule.shortest_gap_s(now)

    assert shortest(cron("0 9 * * *")) == 86_400
    assert shortest(cron("0 9 * * *", BERLIN)) == 23 * 3_600
    assert shortest(cron("30 2 * * *", BERLIN, fold="twice")) == 3_600
    assert shortest(cron("40 2 * * *", BERLIN)) == 24 * 3_600 - 40 * 60
    assert shortest(cron("50 1,2 * * *", BERLIN)) == 600
    assert shortest(cron("50 1,2 * * *", BERLIN, gap="skip")) == 3_600
    assert shortest(cron("*/7 * * * *")) == 240
    assert shortest(cron("* * * * *", BERLIN)) == 60
    assert shortest(cron("0 0,23 * * *")) == 3_600
    assert shortest(cron("0 0,23 * * 1")) == 23 * 3_600
    assert shortest(cron("0 0 29 2 *")) is None
    every = {"form": "every", "every": 3, "anchor": "2026-11-01T09:30", "zone": BERLIN}
    assert shortest(read_schedule({**every, "unit": "hours"})) == 3 * 3_600
    assert shortest(read_schedule({**every, "unit": "days"})) == 71 * 3_600
    once = {"form": "once", "at": "2027-01-01T00:00"}
    assert shortest(read_schedule(once)) is None


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([BERLIN, "Australia/Lord_Howe", "Africa/Cairo", "UTC"]),
    st.sampled_from(["5,50 0-3", "0 23,0", "30 1,2,3", "15 2", "0 */5", "*/50 1,2"]),
    st.sampled_from(["* * *", "* * 0", "28-31 * *", "* * mon-fri", "1,15 * 5", "*/3 * *"]),
    st.sampled_from(["run_after", "skip"]),
    st.sampled_from(["once_first", "once_second", "twice"]),
)
def test_the_shortest_time_is_that_of_a_year_walked_through(
    zone: str, times: str, days: str, gap: str, fold: str
) -> None:
    schedule = cron(f"{times} {days}", zone, gap=gap, fold=fold)
    start = utc("2026-06-01")
    runs = [
        each.at
        for each in schedule.between(start, start + timedelta(days=366), 10_000)
        if each.skipped is None
    ]
    walked = min((other - one).total_seconds() for one, other in pairwise(runs))
    assert schedule.shortest_gap_s(start) == walked
