"""From a slot's due moment to its execution's start, and to its end."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from domain.operations.run_executions import ExecutionRunner
from domain.rules.skew import BUCKETS, skew_bucket
from domain.store import schedules, tallies
from domain.store.database import execute, fetch
from domain.store.pages_overview import troubled_triggers
from domain.store.pages_triggers import hours_of_triggers
from tests.pipeline.conftest import Line
from tests.schedules.conftest import MINUTE, SECOND, Makes, Timetable, last_minutes


async def tally(timetable: Timetable) -> dict[str, int]:
    """What was counted of the trigger's slots, by outcome."""
    await tallies.fold()
    rows = await fetch(
        "SELECT outcome, amount FROM trigger_hour WHERE trigger_id = $1 "
        "AND outcome ~ '^(slot|skew):'",
        timetable.id,
    )
    return {row["outcome"]: row["amount"] for row in rows}


async def test_a_slot_on_time_is_counted_once_and_looked_at_until_it_ends(
    line: Line, make: Makes, runner: ExecutionRunner, minute: datetime
) -> None:
    timetable = await make(cron=last_minutes(minute, 1))
    await timetable.begin_at(minute - MINUTE)
    await timetable.fire(minute + SECOND)
    # Due this very moment, whatever second of the minute it is.
    await execute("UPDATE slot SET due_at = now() WHERE trigger_id = $1", timetable.id)
    await timetable.look()
    assert await tally(timetable) == {}

    await line.decide()
    runner.take(line.asked_for)
    row = await line.settled(line.asked_for[0], "succeeded")
    await timetable.look()
    await timetable.look()
    (slot,) = await timetable.slots()
    assert (slot.state, slot.execution_id) == ("fired", row["id"])
    assert (slot.started_at, slot.finished_at) == (row["started_at"], row["finished_at"])
    counted = await tally(timetable)
    assert counted.pop("slot:on_time") == 1
    assert sum(counted.values()) == 1
    assert set(counted) < set(BUCKETS)
    assert await fetch(
        "SELECT 1 FROM slot WHERE trigger_id = $1 AND check_at IS NULL", timetable.id
    )


async def test_late_is_what_starts_more_than_a_minute_after_it_was_due(
    line: Line, make: Makes, minute: datetime
) -> None:
    timetable = await make(cron=last_minutes(minute, 3))
    await timetable.begin_at(minute - 5 * MINUTE)
    await timetable.fire(minute - 2 * MINUTE)
    await timetable.look()
    assert await timetable.states() == ["late"]  # nobody has decided it for two minutes

    await line.decide()
    await timetable.look()
    assert await tally(timetable) == {}  # it is decided, and queued
    await execute("UPDATE execution SET started_at = now() WHERE trigger_id = $1", timetable.id)
    await timetable.look()
    assert await tally(timetable) == {"slot:late": 1, "skew:300": 1}


async def test_what_conditions_turn_down_has_ended_when_it_was_decided(
    line: Line, make: Makes, minute: datetime
) -> None:
    timetable = await make(cron=last_minutes(minute, 1))
    clause = {"path": "$.catch_up", "op": "eq", "value": "backfill"}
    await timetable.edit(conditions={"all": [clause]})
    await timetable.begin_at(minute - MINUTE)
    await timetable.fire(minute + SECOND)
    await line.decide()
    await timetable.look()
    (slot,) = await timetable.slots()
    decision = await line.decision(slot.event_id)  # type: ignore[arg-type]
    assert decision["verdict"] == "filtered"
    assert slot.started_at == slot.finished_at == decision["decided_at"]


async def test_what_does_not_run_is_counted_in_its_own_hour_and_in_no_other_chart(
    line: Line, make: Makes, minute: datetime
) -> None:
    timetable = await make(cron="30 * * * *", catch_up_window_s=7_200)
    hour = minute.replace(minute=0)
    await timetable.begin_at(hour - timedelta(hours=4))
    await timetable.fire(hour)
    assert await timetable.states() == ["missed: catch_up_window"] * 2 + [
        "skipped: catch_up",
        "fired",
    ]
    await tallies.fold()
    rows = await fetch(
        "SELECT hour, outcome FROM trigger_hour WHERE trigger_id = $1 ORDER BY hour", timetable.id
    )
    counted = [(row["hour"], row["outcome"]) for row in rows]
    assert counted == [
        (hour - timedelta(hours=4), "slot:missed"),
        (hour - timedelta(hours=3), "slot:missed"),
        (hour - timedelta(hours=2), "slot:skipped"),
    ]
    since = hour - timedelta(hours=24)
    charts = (await hours_of_triggers(timetable.team_id, [timetable.id], since))[timetable.id]
    assert sum(each.fired + each.filtered + each.failed for each in charts) == 0
    assert await troubled_triggers(timetable.team_id, since) == []


@pytest.mark.parametrize(
    ("seconds", "bucket"),
    [(-1, "0.1"), (0.1, "0.1"), (0.11, "0.25"), (60, "60"), (60.1, "300"), (9_999, "inf")],
)
def test_buckets_hold_what_is_no_later_than_their_bound(seconds: float, bucket: str) -> None:
    assert skew_bucket(timedelta(seconds=seconds)) == f"skew:{bucket}"


async def test_counts_are_kept_for_longer_than_a_year_and_not_for_ever(make: Makes) -> None:
    timetable = await make()
    old, kept = [await _counted(timetable, days) for days in (401, 399)]
    await tallies.forget(await schedules.now() - timedelta(days=400), 1_000_000)
    rows = await fetch("SELECT id FROM trigger_hour WHERE trigger_id = $1", timetable.id)
    assert [row["id"] for row in rows] == [kept] != [old]


async def _counted(timetable: Timetable, days_ago: int) -> UUID:
    (row,) = await fetch(
        "INSERT INTO trigger_hour (id, team_id, trigger_id, hour, outcome, amount) "
        "VALUES (gen_random_uuid(), $1, $2, now() - $3 * interval '1 day', 'slot:missed', 1) "
        "RETURNING id",
        timetable.team_id,
        timetable.id,
        days_ago,
    )
    found: UUID = row["id"]
    return found
