"""Bad schedules are refused with the reason, at the field (A52 to A57 of the attack catalogue)."""

import time
import zoneinfo
from datetime import UTC, datetime
from typing import Any

import pytest
import tzdata
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.rules.schedules.cron import InvalidCron, parse_cron
from domain.rules.schedules.schedule import complete_config, parse_schedule, read_schedule
from domain.rules.schedules.zones import TZDATA, ZONES, zone_named

NOW = datetime(2026, 11, 27, 9, 30, tzinfo=UTC)
CALENDAR = "01936d3e-2f00-7c3a-8e15-0a1b2c3d4e5f"


def problems(**config: Any) -> dict[str, str]:
    with pytest.raises(InvalidInput) as refused:
        parse_schedule(config, NOW)
    return {problem.field: problem.message for problem in refused.value.problems}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("*/1," * 100_000 + "1 * * * *", "longer than 100 characters"),
        ("* * * * * *", "seconds and years are not supported"),
        ("0 0 1 1 * 2027 2028", "seconds and years are not supported"),
        ("* * * *", "exactly five"),
        ("", "exactly five"),
        ("@reboot", "@daily or @reboot are not supported"),
        ("@daily", "write 0 0 * * *"),
        ("R * * * *", "random times (R) are not supported"),
        ("R(0-5) * * * *", "does not know: '('"),
        ("0 H * * *", "hashed times (H) are not supported"),
        ("0 0 ? * *", "write *"),
        ("0 0 15W * *", "nearest weekday (W)"),
        ("0 0 * * 5L", "L stands alone, in the day of the month"),
        ("0 0 L-3 * *", "L stands alone, in the day of the month"),
        ("٣ * * * *", "digit other than 0 to 9"),
        ("² * * * *", "digit other than 0 to 9"),
        ("5 * * * *\n", "one line"),
        ("5 * * * *; ls", "does not know: ';'"),
        ("5-1 * * * *", "runs backwards: 5-1"),
        ("0 0 * * fri-sun", "at the end of a range Sunday is 7"),
        ("60 * * * *", "minute must be from 0 to 59, not 60"),
        ("0 24 * * *", "hour must be from 0 to 23"),
        ("0 0 0 * *", "day of the month must be from 1 to 31"),
        ("0 0 * 13 *", "month must be from 1 to 12"),
        ("0 0 * * 8", "day of the week must be from 0 to 7"),
        ("99999999999999999999 * * * *", "minute must be from 0 to 59"),
        ("*/0 * * * *", "step from 1 to 59, not 0"),
        ("*/90 * * * *", "step from 1 to 59, not 90"),
        ("5/10 * * * *", "such as 5-59/10"),
        ("*-5 * * * *", "* is no end of a range"),
        ("1,,2 * * * *", "empty place in its list"),
        ("1- * * * *", "range without an end"),
        ("-1 * * * *", "minute cannot be -1"),
        ("0 0 * smarch *", "month cannot be smarch"),
        ("0 0 * mon *", "month cannot be mon"),
        ("0 0 * * mon#6", "a number from 1 to 5"),
        ("0 0 * * mon-fri#1", "# follows one weekday"),
        ("0 0 2#1 * *", "# belongs to the day of the week"),
    ],
)
def test_each_bad_cron_is_refused_with_its_own_reason(text: str, reason: str) -> None:
    before = time.process_time()
    assert reason in problems(form="cron", cron=text)["config.cron"]
    assert time.process_time() - before < 0.25


@settings(deadline=None)
@given(st.text("0123456789*/,-#LRHW?@ jan\tmon", max_size=40))
def test_whatever_is_not_refused_can_be_computed(text: str) -> None:
    try:
        cron = parse_cron(text)
    except InvalidCron:
        return
    assert cron.next_wall(NOW.replace(tzinfo=None)) is None or len(text.split()) == 5


@pytest.mark.parametrize("text", ["0 0 30 2 *", "0 0 31 2,4,6,9,11 *", "0 0 30 feb */2"])
def test_a_cron_that_never_comes_due_is_refused(text: str) -> None:
    assert problems(form="cron", cron=text) == {
        "config.cron": "never comes due: no year has such a day"
    }


@pytest.mark.parametrize(
    ("config", "refused"),
    [
        ({"form": "once", "at": "2026-11-27T09:30"}, {"config.at": "is in the past"}),
        (
            {"form": "instants", "instants": ["2020-01-01T00:00", "2021-01-01T00:00Z"]},
            {"config.instants": "are all in the past"},
        ),
        (
            {"form": "once", "at": "2027-03-28T02:30", "zone": "Europe/Berlin", "gap": "skip"},
            {"config.at": "does not exist in Europe/Berlin: the clock goes forward then, and skips "
                          "it"},
        ),
        (
            {"form": "cron", "cron": "0 0 1 1 *", "starts_at": "2027-01-02T00:00",
             "ends_at": "2027-12-31T23:59"},
            {"config.ends_at": "leaves no time at which the schedule comes due"},
        ),
        (
            {"form": "cron", "cron": "* * * * *", "starts_at": "2028-01-01T00:00",
             "ends_at": "2027-01-01T00:00"},
            {"config.ends_at": "must not be earlier than the start"},
        ),
        (
            {"form": "cron", "cron": "* * * * *", "ends_at": "2026-11-27T09:30:00Z"},
            {"config.ends_at": "is in the past"},
        ),
        (
            {"form": "once", "at": "2027-01-01T00:00", "starts_at": "2027-01-02T00:00"},
            {"config.starts_at": "leaves no time at which the schedule comes due"},
        ),
        (
            {"form": "cron", "cron": "0 9 * * *", "zone": "Europe/Berlin", "jitter_s": 86_400},
            {"config.jitter_s": "must not be longer than the shortest time between two runs, "
                                "82800 seconds"},
        ),
    ],
)  # fmt: skip
def test_what_never_runs_is_refused_where_it_can_be_mended(
    config: dict[str, Any], refused: dict[str, str]
) -> None:
    assert problems(**config) == refused


@pytest.mark.parametrize(
    "zone",
    ["../../etc/passwd", "/etc/localtime", "posixrules", "Factory", "localtime", "right/UTC",
     "UTC+99", "europe/berlin", "Europe/Berlin\0", "Z" * 1_000_000, "", 7, ["UTC"]],
)  # fmt: skip
def test_zones_are_those_of_the_list_alone(zone: object) -> None:
    assert "IANA" in problems(form="cron", cron="* * * * *", zone=zone)["config.zone"]


def test_every_zone_of_the_list_is_there_and_none_is_the_machines_own() -> None:
    assert zoneinfo.TZPATH == ()
    assert tzdata.IANA_VERSION == TZDATA
    assert len(ZONES) > 550
    assert {zone_named(name, "zone").key for name in ZONES} == ZONES


@pytest.mark.parametrize("name", ["starts_at", "ends_at"])
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("9999-12-31T23:59", "years 1970 to 2199"),
        ("294277-01-01T00:00", "years 1970 to 2199"),
        ("0000-01-01T00:00", "years 1970 to 2199"),
        ("0001-01-01T00:00+14:00", "years 1970 to 2199"),
        ("2199-12-31T23:59-12:00", "years 1970 to 2199"),
        ("1970-01-01T00:00+01:00", "years 1970 to 2199"),
        ("2026-02-30T00:00", "is no time of any calendar"),
        ("2026-12-01T24:00", "is no time of any calendar"),
        ("2026-12-01T10:00+99:00", "is no time of any calendar"),
        ("2026-12-01T10:00:00.5", "fractions of a second"),
        ("2026-12-01", "must be a time such as"),
        ("2026-W49-1T10:00", "must be a time such as"),
        ("tomorrow", "must be a time such as"),
        ("٢٠٢٦-12-01T10:00", "must be a time such as"),
        (1_764_000_000, "must be a time such as"),
    ],
)
def test_bounds_lie_in_years_that_can_be_computed_with(
    name: str, text: object, reason: str
) -> None:
    assert reason in problems(form="cron", cron="* * * * *", **{name: text})[f"config.{name}"]


def test_all_problems_come_at_once_each_at_its_field() -> None:
    found = problems(
        form="every", every=0, unit="weeks", cron="* * * * *", zone="Mars/Base", gap="jump", fold=1,
        jitter_s=-1, catch_up="some", catch_up_most=101, catch_up_window_s=59, overlap="both",
        starts_at="soon", secret="x", calendars=[{"id": CALENDAR, "use": "never"}],
    )  # fmt: skip
    names = """every unit cron zone gap fold jitter_s catch_up catch_up_most catch_up_window_s
        overlap starts_at secret calendars.0.use"""
    assert set(found) == {f"config.{name}" for name in names.split()}
    assert problems() == {"config.form": "is missing"}
    assert set(problems(form="every")) == {"config.every", "config.unit"}
    assert problems(form="instants", instants=[]) == {"config.instants": "must be a list of times"}
    assert set(problems(form="instants", instants=["2027-01-01T00:00", "x"])) == {
        "config.instants.1"
    }
    assert "config.instants" in problems(form="instants", instants=["2027-01-01T00:00"] * 1_001)
    uses = [{"id": CALENDAR, "use": "not_on"}]
    assert "config.calendars" in problems(form="cron", cron="0 0 * * *", calendars=uses * 2)
    assert "config.calendars" in problems(form="cron", cron="0 0 * * *", calendars=uses * 11)


def test_a_stored_config_says_all_that_it_means() -> None:
    stored = complete_config({"form": "cron", "cron": " 0  9 * * 1-5\t", "at": None}, NOW)
    assert stored == {
        "form": "cron", "cron": "0 9 * * 1-5", "zone": "UTC", "gap": "run_after",
        "fold": "once_first", "calendars": [], "jitter_s": 0, "catch_up": "latest",
        "catch_up_most": 10, "catch_up_window_s": 3_600, "overlap": "allow",
    }  # fmt: skip
    assert {read_schedule(stored)} == {parse_schedule(stored, NOW)}
    with pytest.raises(InvalidInput, match="anchor"):
        read_schedule({"form": "every", "every": 1, "unit": "days"})
    assert complete_config(stored, NOW) == stored
