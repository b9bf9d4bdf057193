"""Slots of the past that somebody has run after all, at the rate that was asked for."""

import asyncio
import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.errors import Conflict, InvalidInput
from domain.operations.cancel_backfill import cancel_backfill
from domain.operations.delete_trigger import delete_trigger
from domain.operations.release_backfills import release_backfills
from domain.operations.save_calendar import CalendarDraft, create_calendar
from domain.operations.start_backfill import (
    BackfillDraft,
    BackfillUnderWay,
    SwitchedOff,
    start_backfill,
)
from domain.rules.backfills import pace_of
from domain.store import backfills
from domain.store.database import execute, fetch
from domain.store.slots import SlotRow
from tests.schedules.conftest import MINUTE, Makes, Timetable


async def start(timetable: Timetable, since: datetime, until: datetime, **draft: Any) -> UUID:
    """Alice starts a backfill."""
    given = BackfillDraft(since, until, **{"per_minute": 600, **draft})
    return await start_backfill(timetable.line.world.alice, timetable.id, given)


async def row_of(backfill: UUID) -> dict[str, Any]:
    (row,) = await fetch("SELECT * FROM backfill WHERE id = $1", backfill)
    return dict(row)


async def states_of(backfill: UUID) -> list[str]:
    rows = await fetch(
        "SELECT state, reason FROM slot WHERE backfill_id = $1 ORDER BY scheduled_for", backfill
    )
    return [f"{row['state']}: {row['reason']}" if row["reason"] else row["state"] for row in rows]


async def release(backfill: UUID) -> list[UUID]:
    """A clock comes by just when this one's next slots may go; the events that it rings for."""
    await execute("UPDATE backfill SET release_at = now() WHERE id = $1", backfill)
    return [
        event_id
        for each in await release_backfills()
        if each.backfill.id == backfill
        for event_id in each.event_ids
    ]


async def test_by_default_only_what_has_not_fired_runs(make: Makes, minute: datetime) -> None:
    timetable = await make(catch_up="all", catch_up_most=2)
    await timetable.begin_at(minute - 6 * MINUTE)
    await timetable.fire_all()
    missing = (await timetable.states()).count("skipped: catch_up")
    assert missing

    backfill = await start(timetable, minute - 5 * MINUTE, minute, note="after the outage")

    assert await release(backfill)
    row = await row_of(backfill)
    assert (row["state"], row["total"], row["released"]) == ("finished", missing, missing)
    assert await states_of(backfill) == ["fired"] * missing
    again = await start(timetable, minute - 5 * MINUTE, minute, which="all")
    assert (await row_of(again))["total"] == 6


async def test_its_events_say_what_they_are_and_when_they_were_due(
    make: Makes, minute: datetime
) -> None:
    timetable = await make(zone="Asia/Tokyo")
    backfill = await start(timetable, minute - MINUTE, minute - MINUTE)

    (event_id,) = await release(backfill)

    (event,) = await timetable.events()
    body = json.loads(event["body"])
    assert event["id"] == event_id
    assert body["catch_up"] == "backfill"
    assert datetime.fromisoformat(body["scheduled_for"]) == minute - MINUTE
    assert datetime.fromisoformat(body["local_time"]).utcoffset() == timedelta(hours=9)
    await timetable.line.decider.decide([event_id])
    assert (await timetable.line.decision(event_id))["verdict"] == "fired"


async def test_many_clocks_release_each_slot_once(make: Makes, minute: datetime) -> None:
    timetable = await make()
    backfill = await start(timetable, minute - 59 * MINUTE, minute)

    while (await row_of(backfill))["state"] == "running":
        await execute("UPDATE backfill SET release_at = now() WHERE id = $1", backfill)
        await asyncio.gather(*(release_backfills() for _ in range(4)))

    assert await states_of(backfill) == ["fired"] * 60
    assert (await row_of(backfill))["released"] == 60
    assert len(await timetable.events()) == 60


@pytest.mark.parametrize("per_minute", [1, 7, 60, 61, 600])
def test_the_pace_is_the_rate_that_was_asked_for(per_minute: int) -> None:
    pace = pace_of(per_minute)

    assert pace.amount / pace.wait_s * 60 == pytest.approx(per_minute)
    assert pace.wait_s >= 0.9


async def test_the_next_ones_wait_for_their_time_also_after_an_outage(
    make: Makes, minute: datetime
) -> None:
    timetable = await make()
    backfill = await start(timetable, minute - 10 * MINUTE, minute, per_minute=1)
    assert len(await release(backfill)) == 1
    assert not [each for each in await release_backfills() if each.backfill.id == backfill]

    await execute(
        "UPDATE backfill SET release_at = now() - interval '1 hour' WHERE id = $1", backfill
    )
    await release_backfills()

    assert (await states_of(backfill)).count("fired") < 5


async def test_canceled_the_rest_is_not_run(make: Makes, minute: datetime) -> None:
    timetable = await make()
    backfill = await start(timetable, minute - 20 * MINUTE, minute, per_minute=60)
    await release(backfill)
    alice = timetable.line.world.alice

    await execute("UPDATE backfill SET release_at = now() WHERE id = $1", backfill)
    await asyncio.gather(
        cancel_backfill(alice, timetable.id, backfill), *(release_backfills() for _ in range(3))
    )

    row, states = await row_of(backfill), await states_of(backfill)
    assert row["state"] == "canceled"
    assert set(states) == {"fired", "skipped: canceled"}
    assert states.count("fired") == row["released"] == len(await timetable.events())
    with pytest.raises(Conflict):
        await cancel_backfill(alice, timetable.id, backfill)


async def test_it_waits_while_its_trigger_is_off_and_ends_with_it(
    make: Makes, minute: datetime
) -> None:
    timetable = await make()
    backfill = await start(timetable, minute - 20 * MINUTE, minute)
    await timetable.edit(enabled=False)
    assert await release(backfill) == []
    assert (await row_of(backfill))["state"] == "running"

    await delete_trigger(timetable.line.world.alice, timetable.id)
    await release(backfill)

    assert (await row_of(backfill))["state"] == "canceled"
    assert set(await states_of(backfill)) == {"skipped: canceled"}


async def test_what_the_schedule_leaves_out_never_runs(make: Makes, minute: datetime) -> None:
    alice = (timetable := await make()).line.world.alice
    yesterday = minute - timedelta(days=1)
    draft = CalendarDraft("Yesterday", "dates", f"{yesterday:%Y-%m-%d}")
    calendar = await create_calendar(alice, draft)
    uses = [{"id": str(calendar.id), "use": "not_on"}]
    await timetable.edit(config={"form": "cron", "cron": "0 * * * *", "calendars": uses})

    backfill = await start(timetable, minute - timedelta(days=2), minute, which="all")

    rows = await fetch("SELECT scheduled_for FROM slot WHERE backfill_id = $1", backfill)
    assert 24 <= len(rows) <= 25
    assert yesterday.date() not in {row["scheduled_for"].date() for row in rows}


async def test_what_cannot_be_started_is_refused_at_its_field(
    make: Makes, minute: datetime
) -> None:
    timetable = await make()
    day = timedelta(days=1)
    for since, until, changes, field in (
        (minute - 5 * day, minute, {}, "to"),
        (minute - MINUTE, minute + day, {}, "to"),
        (minute, minute - MINUTE, {}, "to"),
        (minute - 400 * day, minute - 399 * day, {}, "from"),
        (minute - MINUTE, minute, {"per_minute": 0}, "per_minute"),
        (minute - MINUTE, minute, {"per_minute": 601}, "per_minute"),
        (minute - MINUTE, minute, {"which": "some"}, "which"),
        (minute - MINUTE, minute, {"note": "x" * 501}, "note"),
    ):
        with pytest.raises(InvalidInput) as refused:
            await start(timetable, since, until, **changes)
        assert refused.value.problems[0].field == field


async def test_of_two_started_at_once_one_runs_and_none_of_a_trigger_that_is_off(
    make: Makes, minute: datetime
) -> None:
    timetable = await make()
    tried = await asyncio.gather(
        *(start(timetable, minute - MINUTE, minute) for _ in range(3)), return_exceptions=True
    )
    assert sum(isinstance(each, BackfillUnderWay) for each in tried) == 2

    other = await make()
    await other.edit(enabled=False)
    with pytest.raises(SwitchedOff):
        await start(other, minute - MINUTE, minute)


async def test_what_a_clock_has_yet_to_come_to_is_left_to_it(make: Makes, minute: datetime) -> None:
    """Due already, but it waits for its jitter, or for a clock that is down: it would run twice."""
    timetable = await make()
    await timetable.begin_at(minute - 2 * MINUTE)

    backfill = await start(timetable, minute - 3 * MINUTE, minute)

    rows = await fetch("SELECT scheduled_for FROM slot WHERE backfill_id = $1", backfill)
    assert [row["scheduled_for"] for row in rows] == [minute - 3 * MINUTE]
    with pytest.raises(InvalidInput, match="leaves no slot"):
        await start(await other_of(make, minute), minute - 1 * MINUTE, minute)


async def other_of(make: Makes, minute: datetime) -> Timetable:
    timetable = await make()
    await timetable.begin_at(minute - 1 * MINUTE)
    return timetable


async def test_one_that_fails_does_not_hold_up_the_others(
    make: Makes, minute: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, sound = [
        await start(await make(), minute - 3 * MINUTE, minute - 3 * MINUTE) for _ in range(2)
    ]
    take = backfills.take_waiting

    async def stumble(team_id: UUID, backfill_id: UUID, most: int) -> list[SlotRow]:
        if backfill_id == broken:
            await execute("SELECT 1 / 0")
        return await take(team_id, backfill_id, most)

    monkeypatch.setattr(backfills, "take_waiting", stumble)
    await execute("UPDATE backfill SET release_at = '2020-01-01' WHERE id = $1", broken)
    assert len(await release(sound)) == 1

    monkeypatch.undo()
    assert len(await release(broken)) == 1
