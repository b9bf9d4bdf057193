"""A schedule in words, and what it will do, shown while it is being made."""

import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from domain.rules.schedules.calendar_texts import read_dates
from domain.rules.schedules.preview import MOST_AT_A_CHANGE, Preview, preview
from domain.rules.schedules.schedule import parse_schedule, read_schedule
from domain.rules.schedules.words import schedule_words
from domain.rules.schedules.zones import ZONES

NOW = datetime(2026, 11, 27, 9, 30, 30, tzinfo=UTC)
HOLIDAYS = UUID("01936d3e-2f00-7c3a-8e15-0a1b2c3d4e5f")
BERLIN = "Europe/Berlin"


def shown(cron: str, zone: str = "UTC", **more: Any) -> Preview:
    schedule = parse_schedule({"form": "cron", "cron": cron, "zone": zone, **more}, NOW)
    return preview(schedule, NOW, {HOLIDAYS: read_dates("2026-11-28..2026-11-30 Fair")})


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("0 9 * * 1-5", "At 09:00, Monday to Friday"),
        ("0 9 * * MON-fri", "At 09:00, Monday to Friday"),
        ("* * * * *", "Every minute"),
        ("*/5 * * * *", "Every 5 minutes"),
        ("*/5 9-17 * * *", "Every 5 minutes from 09:00 to 17:59, every day"),
        ("*/7 * * * *", "At every 7th minute from 0 to 56 past every hour"),
        ("0 * * * *", "On the hour, every hour"),
        ("5 * * * *", "At minute 5 past every hour"),
        ("0,30 9-17 * * *", "At minutes 0 and 30 past every hour from 09:00 to 17:00, every day"),
        ("0 */2 * * *", "On the hour, every 2nd hour from 00:00"),
        ("15 */5 * * *", "At 00:15, 05:15, 10:15, 15:15 and 20:15, every day"),
        ("30 6,18 * jun-aug sun", "At 06:30 and 18:30, every Sunday, from June to August"),
        ("0 0 1,15 * *", "At 00:00, on the 1st and 15th of the month"),
        ("0 0 L 2,3 *", "At 00:00, on the last day of the month, in February and March"),
        ("0 0 * * mon#2", "At 00:00, the second Monday of the month"),
        ("0 0 * * 1,3#5", "At 00:00, every Monday and the fifth Wednesday of the month"),
        ("0 0 * * 6,0", "At 00:00, Saturday and Sunday"),
        ("0 0 13 * 5", "At 00:00, on the 13th of the month and every Friday"),
        ("0 0 13 * */2", ("At 00:00, on the 13th of the month if it is a Tuesday, Thursday, "
                          "Saturday or Sunday")),
        ("0 0 */2 * 5", ("At 00:00, on every 2nd day from the 1st to the 31st of the month if it "
                         "is a Friday")),
        ("0 0 1-31 * 5", "At 00:00, every day"),
    ],
)  # fmt: skip
def test_cron_in_words(cron: str, words: str) -> None:
    schedule = read_schedule({"form": "cron", "cron": cron, "zone": BERLIN})
    assert schedule_words(schedule) == f"{words}, Europe/Berlin time"


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"form": "every", "every": 1, "unit": "hours", "anchor": "2026-11-27T08:00:00Z"},
         "Every hour, counted from Friday, 27 November 2026 at 09:00, Europe/Berlin time"),
        ({"form": "every", "every": 2, "unit": "days", "anchor": "2026-11-27T09:00"},
         "Every 2 days at 09:00, counted from 27 November 2026, Europe/Berlin time"),
        ({"form": "once", "at": "2026-12-24T18:00"},
         "Once, on Thursday, 24 December 2026 at 18:00, Europe/Berlin time"),
        ({"form": "instants", "instants": ["2026-12-26T18:00", "2026-12-24T17:00:00Z"]},
         ("At 2 given times from Thursday, 24 December 2026 at 18:00 to Saturday, 26 December "
          "2026 at 18:00, Europe/Berlin time")),
        ({"form": "cron", "cron": "0 9 * * *", "zone": "UTC", "starts_at": "2027-01-01T00:00",
          "jitter_s": 1_200, "calendars": [{"id": str(HOLIDAYS), "use": "not_on"}]},
         ("At 09:00, every day, UTC, from Friday, 1 January 2027 at 00:00, up to 1,200 seconds "
          "later, on days that its calendars allow")),
    ],
)  # fmt: skip
def test_every_form_in_words(config: dict[str, Any], words: str) -> None:
    assert schedule_words(read_schedule({"zone": BERLIN, **config})) == words


def test_the_next_ten_say_what_a_calendar_keeps_from_running() -> None:
    uses = [{"id": str(HOLIDAYS), "use": "not_on"}]
    upcoming = shown("0 9 * * *", BERLIN, calendars=uses).upcoming
    assert len(upcoming) == 10
    assert [each.outcome for each in upcoming[:4]] == ["calendar"] * 3 + ["runs"]
    assert [each.calendar_id for each in upcoming[2:4]] == [HOLIDAYS, None]
    assert upcoming[0].local == datetime(2026, 11, 28, 9, tzinfo=ZoneInfo(BERLIN))
    assert upcoming[0].at == datetime(2026, 11, 28, 8, tzinfo=UTC)


def test_those_of_the_coming_year_that_a_clock_change_moves_or_skips_are_flagged() -> None:
    flagged = shown("30 2 * * *", BERLIN, fold="once_second").flagged
    assert [(f"{each.local:%m-%d %H:%M %z}", each.change, each.outcome) for each in flagged] == [
        ("03-28 03:00 +0200", "gap", "runs"),
        ("10-31 02:30 +0200", "fold_first", "dst"),
        ("10-31 02:30 +0100", "fold_second", "runs"),
    ]
    assert f"{flagged[0].wall:%H:%M}" == "02:30"
    assert shown("30 2 * * *", BERLIN, gap="skip").flagged[0].outcome == "dst"
    assert shown("30 4 * * *", BERLIN).flagged == ()
    assert shown("30 2 * * *", "Asia/Kathmandu").flagged == ()


def test_of_many_that_a_change_repeats_some_are_shown() -> None:
    found = shown("* * * * *", "Australia/Lord_Howe")
    assert len(found.flagged) == MOST_AT_A_CHANGE
    assert found.flagged_more
    assert not shown("30 2 * * *", BERLIN).flagged_more


def test_a_preview_takes_little_time_for_any_zone() -> None:
    for cron in ("* * * * *", "30 2 29 2 *", "*/7 1-3 * * mon#1"):
        schedules = [
            read_schedule({"form": "cron", "cron": cron, "zone": zone})
            for zone in sorted(ZONES)[::6]
        ]
        took = []
        for schedule in schedules:
            before = time.process_time()
            preview(schedule, NOW, {})
            took.append(time.process_time() - before)
        assert sorted(took)[len(took) * 95 // 100] < 0.06
