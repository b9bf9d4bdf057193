"""After an outage: what fires late, what is skipped, and what was missed."""

import json
from collections import Counter
from datetime import datetime, timedelta

import pytest

from domain.rules.ids import new_id
from domain.rules.schedules.calendars import DateRange, Dates
from domain.store import calendars
from domain.store.calendars import CalendarText
from domain.store.partitions import rows_outside_partitions
from tests.schedules.conftest import MINUTE, SECOND, Makes


@pytest.mark.parametrize(
    ("policy", "fired"),
    [
        ({"catch_up": "none"}, []),
        ({"catch_up": "latest"}, [1]),
        ({"catch_up": "all", "catch_up_most": 3}, [3, 2, 1]),
        ({"catch_up": "all", "catch_up_most": 100}, [6, 5, 4, 3, 2, 1]),
    ],
    ids=["none", "latest", "all-3", "all"],
)
async def test_of_an_outage_of_ten_minutes_the_policy_says_what_runs(
    make: Makes, minute: datetime, policy: dict[str, object], fired: list[int]
) -> None:
    """The window reaches back six and a half minutes; the newest slot is on time."""
    timetable = await make(**policy, catch_up_window_s=390)
    await timetable.begin_at(minute - 10 * MINUTE)
    await timetable.fire(minute + SECOND)

    found = {(minute - slot.scheduled_for) // MINUTE: slot for slot in await timetable.slots()}
    assert sorted(found) == list(range(10))
    assert [age for age in found if found[age].state == "missed"] == [9, 8, 7]
    assert [age for age in found if found[age].catch_up] == fired
    assert (found[0].state, found[0].catch_up) == ("fired", None)
    skipped = [found[age].reason for age in range(1, 7) if age not in fired]
    assert skipped == ["catch_up"] * (6 - len(fired))


async def test_what_a_caught_up_slot_tells_its_event(make: Makes, minute: datetime) -> None:
    timetable = await make(zone="Asia/Kolkata")
    await timetable.begin_at(minute - 3 * MINUTE)
    await timetable.fire(minute + SECOND)

    slots = [slot for slot in await timetable.slots() if slot.event_id]
    bodies = {event["id"]: json.loads(event["body"]) for event in await timetable.events()}
    body, on_time = [bodies.pop(slot.event_id) for slot in slots]
    assert bodies == {}
    assert (body["catch_up"], on_time["catch_up"]) == ("latest", None)
    assert body["slot"] == str(slots[0].id)
    assert datetime.fromisoformat(body["scheduled_for"]) == minute - MINUTE
    assert body["scheduled_for"].endswith("Z")
    assert datetime.fromisoformat(body["local_time"]) == minute - MINUTE
    assert body["local_time"].endswith("+05:30")
    assert body["zone"] == "Asia/Kolkata"


async def test_while_paused_nothing_is_missed_however_long_ago(
    make: Makes, minute: datetime
) -> None:
    timetable = await make(catch_up_window_s=60)
    await timetable.edit(enabled=False)
    await timetable.begin_at(minute - 10 * MINUTE)
    await timetable.fire(minute + SECOND)
    assert await timetable.states() == ["paused: trigger_disabled"] * 10
    assert await timetable.events() == []


async def test_a_long_outage_goes_on_record_in_passes_and_runs_one_slot(
    make: Makes, minute: datetime
) -> None:
    """Passes take 500 slots each; none of them takes an early one for the latest."""
    timetable = await make(catch_up_window_s=86_400)
    await timetable.begin_at(minute - 1_300 * MINUTE)
    for number in (500, 1_000, 1_300):
        await timetable.fire(minute + SECOND)
        assert len(await timetable.slots()) == number

    found = await timetable.slots()
    assert Counter(slot.catch_up for slot in found) == {None: 1_299, "latest": 1}
    assert Counter(slot.state for slot in found) == {"skipped": 1_298, "fired": 2}
    assert found[-2].catch_up == "latest"


async def test_the_latest_that_a_calendar_allows_is_caught_up_on(
    make: Makes, minute: datetime
) -> None:
    today = minute.date()
    before = today - timedelta(days=1)
    timetable = await make()
    calendar_id = new_id()
    dates = Dates((DateRange(before, before, "Holiday"), DateRange(today, today, "Holiday")))
    text = CalendarText("Holidays", "dates", "", dates)
    await calendars.add_calendar(timetable.team_id, calendar_id, text)
    uses = [{"id": str(calendar_id), "use": "not_on"}]
    await timetable.edit(config={"form": "cron", "cron": "* * * * *", "calendars": uses})
    await timetable.begin_at(minute - 3 * MINUTE)
    await timetable.fire(minute + SECOND, epoch=2)
    assert await timetable.states() == ["skipped: calendar"] * 3


async def test_slots_of_days_without_a_partition_go_into_one_of_their_own(
    make: Makes, minute: datetime
) -> None:
    timetable = await make(cron="0 * * * *")
    await timetable.begin_at(minute - timedelta(days=4))
    await timetable.fire(minute)
    found = await timetable.slots()
    assert len(found) == 96
    assert {slot.state for slot in found[:90]} == {"missed"}
    assert (await rows_outside_partitions())["slot"] == 0


async def test_what_was_due_longer_than_thirty_days_ago_is_passed_over(
    make: Makes, minute: datetime
) -> None:
    timetable = await make(cron="0 0 * * *")
    await timetable.begin_at(minute - timedelta(days=50))
    await timetable.fire(minute)
    found = await timetable.slots()
    assert 29 <= len(found) <= 30
    assert found[0].scheduled_for > minute - timedelta(days=30)
