"""Schedules agree: with the auditor's own reckoning, with Debian's cron, and with themselves."""

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim, CronSimError
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.rules.schedules.cron import parse_cron
from domain.rules.schedules.expected import expected
from domain.rules.schedules.schedule import Schedule, read_schedule
from domain.rules.schedules.wall_times import FIRST, SECOND, Change, changes
from domain.rules.schedules.zones import ZONES
from tests.rules.schedule_strategies import crons, field, near_jumps

START = datetime(2026, 1, 1, tzinfo=UTC)
THREE_YEARS = timedelta(days=1_100)
HOUR = timedelta(hours=1)
MANY = 10_000
WALLS = (datetime.fromisoformat("1980-01-01"), datetime.fromisoformat("2090-01-01"))

NearJump = tuple[dict[str, Any], datetime, datetime]


@settings(max_examples=400, deadline=None)
@given(near_jumps())
def test_the_auditor_comes_to_the_same_by_another_path(case: NearJump) -> None:
    config, start, end = case
    found = [each.at for each in read_schedule(config).between(start, end, MANY)]
    assert found == expected(config, start, end)


@settings(max_examples=150, deadline=None)
@given(near_jumps(), st.data())
def test_from_every_second_between_two_occurrences_the_next_is_the_same(
    case: NearJump, data: st.DataObject
) -> None:
    config, start, _ = case
    schedule = read_schedule(config)
    found = schedule.between(start, start + timedelta(days=3), 40)
    for one, other in islice(pairwise(found), 12):
        apart = int((other.at - one.at).total_seconds())
        seconds = {0, 1, apart - 1, data.draw(st.integers(0, apart - 1))} - {apart}
        assert {schedule.after(one.at + each * SECOND) for each in seconds} == {other}


@pytest.mark.parametrize(
    ("cron", "fold"),
    [("*/20 * * * *", "twice"), ("15,40 1,2 * * *", "once_first"), ("40 1 * * *", "once_second")],
)
def test_that_holds_for_really_every_second_of_a_gap_and_of_a_fold(cron: str, fold: str) -> None:
    zone = "Australia/Lord_Howe"
    schedule = read_schedule({"form": "cron", "cron": cron, "zone": zone, "fold": fold})
    for jump in changes(ZoneInfo(zone), START, START + timedelta(days=365)):
        coming = schedule.between(jump.at - HOUR, jump.at + timedelta(days=2), MANY)
        for second in range(-3_600, 3_600):
            instant = jump.at + second * SECOND
            following = next(each for each in coming if each.at > instant)
            assert schedule.after(instant) == following


def _crons_around(jump: Change) -> list[str]:
    """Fixed and real times at the hours that a jump leaves out or repeats."""
    early, late = sorted((jump.wall_before.hour, jump.wall_after.hour))
    return [
        f"30 {early} * * *",
        f"0,17 {early},{late} * * *",
        f"*/15 {late} * * *",
        "5 * * * *",
    ]


def test_every_zone_of_the_list_is_right_around_its_changes_of_three_years() -> None:
    checked = 0
    for zone in sorted(ZONES):
        for jump in changes(ZoneInfo(zone), START, START + THREE_YEARS):
            start, end = jump.at - 2 * HOUR, jump.at + 2 * HOUR
            for cron in _crons_around(jump):
                config = {"form": "cron", "cron": cron, "zone": zone}
                found = read_schedule(config).between(start, end, MANY)
                assert [each.at for each in found] == expected(config, start, end), (config, jump)
                assert all(
                    each.at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == each.wall
                    for each in found
                    if each.change != "gap"
                ), (config, jump)
                checked += 1
    assert checked > 2_000


def test_no_zone_changes_twice_within_the_time_between_two_looks() -> None:
    """`wall_times` compares offsets two days apart; here they are compared half a day apart, in
    years that had the strangest changes."""
    look = timedelta(hours=12)
    for zone in map(ZoneInfo, sorted(ZONES)):
        for year in (1983, 2000, 2011, 2040):
            start = datetime(year, 1, 1, tzinfo=UTC)
            looks = [
                (start + place * look).astimezone(zone).utcoffset() for place in range(2 * 364)
            ]
            seen = sum(one != other for one, other in pairwise(looks))
            assert len(list(changes(zone, start, start + (2 * 364 - 1) * look))) == seen, (
                zone,
                year,
            )


@settings(max_examples=300, deadline=None)
@given(crons(field(0, 23)), st.datetimes(*WALLS))
def test_wall_times_are_those_of_debians_cron(text: str, wall: datetime) -> None:
    try:
        oracle = CronSim(text, wall)
        theirs = list(islice(oracle, 8))
    except CronSimError:
        return
    cron, ours = parse_cron(text), [wall]
    while len(ours) <= len(theirs) and (following := cron.next_wall(ours[-1])):
        ours.append(following)
    assert ours[1:] == theirs


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Kathmandu"])
@pytest.mark.parametrize("cron", ["*/20 * * * *", "7 0-23/3 * * *", "30 6 L * 5", "0 12 * * 1-5"])
def test_instants_are_those_of_debians_cron_away_from_the_changes(zone: str, cron: str) -> None:
    jumps = [jump.at for jump in changes(ZoneInfo(zone), START, START + timedelta(days=365))]
    schedule: Schedule = read_schedule({"form": "cron", "cron": cron, "zone": zone})

    def calm(at: datetime) -> bool:
        return all(abs(at - jump) > timedelta(days=1) for jump in jumps)

    for days in (0, 85, 297):
        start = START + timedelta(days=days)
        ours = schedule.between(start, start + timedelta(days=8), MANY)
        theirs = islice(CronSim(cron, start.astimezone(ZoneInfo(zone))), len(ours))
        assert [each.at for each in ours if calm(each.at)] == list(filter(calm, theirs))


def test_nothing_comes_before_1970_or_after_2199() -> None:
    schedule = read_schedule({"form": "cron", "cron": "0 0 1 1 *", "zone": "Pacific/Kiritimati"})
    first = schedule.after(datetime.min.replace(tzinfo=UTC))
    assert first is not None
    assert first.at >= FIRST
    last = schedule.after(datetime(2198, 12, 30, tzinfo=UTC))
    assert last is not None
    assert last.at == datetime(2198, 12, 31, 10, tzinfo=UTC)
    assert schedule.after(datetime(2199, 12, 30, tzinfo=UTC)) is None
    assert schedule.after(datetime.max.replace(tzinfo=UTC)) is None
