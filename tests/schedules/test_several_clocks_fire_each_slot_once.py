"""Two and three clocks at the same schedules, on real connections."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from domain.operations import fire_slots
from domain.operations.create_trigger import TriggerDraft, create_trigger
from domain.operations.fire_slots import SlotFirer, fire_due
from domain.store import schedules, slots
from domain.store.database import Unavailable, execute, fetch, transaction
from domain.store.schedules import Key
from tests.pipeline.conftest import Line
from tests.schedules.conftest import (
    EVERY_MINUTE,
    MINUTE,
    SECOND,
    Makes,
    Timetable,
    last_minutes,
)

NUMBER = 300


async def make_many(line: Line, number: int) -> list[UUID]:
    """So many schedules, the last minute of which is due."""
    workflow_id = await line.world.workflow()
    made = [
        await create_trigger(
            line.world.alice,
            line.world.vault,
            TriggerDraft("Each minute", "schedule", workflow_id, EVERY_MINUTE),
        )
        for _ in range(number)
    ]
    ids = [saved.row.id for saved in made]
    await execute(
        "UPDATE schedule SET last_slot = date_trunc('minute', now()) - interval '1 second', "
        "next_slot = date_trunc('minute', now()), next_due_at = date_trunc('minute', now()) "
        "WHERE trigger_id = ANY ($1)",
        ids,
    )
    return ids


async def counts(ids: list[UUID]) -> tuple[int, int, int]:
    """Slots, events, and events that wait to be decided."""
    sql = "SELECT count(*) AS n FROM {} WHERE trigger_id = ANY ($1)"
    found = [await fetch(sql.format(table), ids) for table in ("slot", "event", "pending_event")]
    slots_, events, pending = (int(rows[0]["n"]) for rows in found)
    return slots_, events, pending


@pytest.mark.parametrize("clocks", [2, 3])
async def test_of_300_slots_at_once_each_fires_once(line: Line, clocks: int) -> None:
    ids = await make_many(line, NUMBER)
    rung: list[UUID] = []

    async def clock() -> None:
        while (recorded := await fire_due(40)).epochs:
            rung.extend(recorded.event_ids)

    await asyncio.gather(*(clock() for _ in range(clocks)))
    # A minute may have ended meanwhile: then each has had another slot.
    minutes = len(
        await fetch("SELECT DISTINCT scheduled_for FROM slot WHERE trigger_id = ANY ($1)", ids)
    )
    assert await counts(ids) == (NUMBER * minutes,) * 3
    assert len(rung) == len(set(rung))


async def test_a_clock_that_is_handed_the_same_schedules_again_fires_nothing(
    make: Makes, minute: datetime
) -> None:
    """As if it had read them before another clock's commit: the slots are there already."""
    timetable = await make(catch_up="all")
    await timetable.begin_at(minute - 3 * MINUTE)
    first = await timetable.fire(minute + SECOND)
    await timetable.begin_at(minute - 3 * MINUTE)
    again = await timetable.fire(minute + SECOND)
    assert (len(first.event_ids), again.event_ids) == (3, [])
    assert len(await timetable.events()) == 3


async def test_a_clock_that_froze_in_its_transaction_is_thrown_out_of_it(
    make: Makes, minute: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One forced interleaving: A has everything written but the commit, and sleeps; B goes on with
    what A had claimed; A wakes up."""
    timetable = await make(catch_up="all", cron=last_minutes(minute, 3))
    await timetable.begin_at(minute - 3 * MINUTE)
    asleep, wake = asyncio.Event(), asyncio.Event()
    monkeypatch.setattr(schedules, "FROZEN_AFTER_S", 0.4)

    async def sleep(_point: str) -> None:
        if not asleep.is_set():
            asleep.set()
            await wake.wait()

    monkeypatch.setattr(fire_slots, "pause_at", sleep)
    a = asyncio.create_task(fire_due())
    await asleep.wait()
    assert timetable.id not in {key.trigger_id for key in await _lockable()}

    async def free() -> bool:
        return timetable.id in {key.trigger_id for key in await _lockable()}

    await timetable.line.until(free, within_s=5.0)
    await timetable.fire_all()
    assert len(await timetable.events()) == 3
    wake.set()
    with pytest.raises((*Unavailable, asyncpg.PostgresError)):
        await a
    assert len(await timetable.events()) == 3
    assert len(await timetable.slots()) == 3


async def _lockable() -> list[schedules.Key]:
    return await schedules.lock_due(1_000)


async def test_one_schedule_that_nobody_can_read_stops_no_other(
    line: Line, make: Makes, minute: datetime
) -> None:
    cron = last_minutes(minute, 1)
    broken, sound = await make(cron=cron), await make(cron=cron)
    await execute("ALTER TABLE trigger_version DISABLE TRIGGER USER")
    try:
        await execute(
            'UPDATE trigger_version SET config = \'{"form": "cron", "cron": 7}\' '
            "WHERE trigger_id = $1",
            broken.id,
        )
    finally:
        await execute("ALTER TABLE trigger_version ENABLE TRIGGER USER")
    for timetable in (broken, sound):
        await timetable.begin_at(minute - MINUTE)
    await sound.fire_all()
    assert await sound.states() == ["fired"]
    (epoch,) = await broken.epochs()
    assert epoch["fault"] == "unreadable"
    assert epoch["next_due_at"] > await schedules.now() + MINUTE
    assert await broken.slots() == []


async def test_one_schedule_that_cannot_be_recorded_stops_no_other(
    make: Makes, minute: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    cron = last_minutes(minute, 1)
    broken, sound = await make(cron=cron), await make(cron=cron)
    for timetable in (broken, sound):
        await timetable.begin_at(minute - MINUTE)
    record = slots.record

    async def stumble(new: list[slots.NewSlot]) -> set[UUID]:
        if broken.id in {slot.trigger_id for slot in new}:
            await execute("SELECT 1 / 0")
        return await record(new)

    monkeypatch.setattr(slots, "record", stumble)
    rung: list[UUID] = []
    await SlotFirer(rung.extend, lambda *_: None).fire()
    assert await sound.states() == ["fired"]
    assert (await broken.epochs())[0]["fault"] == "failed"

    monkeypatch.undo()
    await broken.begin_at(minute - MINUTE)
    await broken.fire_all()
    assert await broken.states() == ["fired"]
    assert (await broken.epochs())[0]["fault"] is None


@pytest.mark.parametrize("ahead", [timedelta(hours=1), timedelta(hours=-1)], ids=["+1h", "-1h"])
async def test_f39_slots_are_due_by_the_databases_clock_and_a_jump_is_logged(
    make: Makes,
    minute: datetime,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    ahead: timedelta,
) -> None:
    timetable = await make(cron=last_minutes(minute, 1))
    await timetable.begin_at(minute - MINUTE)
    now = await schedules.now()
    monkeypatch.setattr(fire_slots, "utc_now", lambda: now + ahead)
    monkeypatch.setattr(slots, "utc_now", lambda: now + ahead)
    firer = SlotFirer(lambda _: None, lambda *_: None)
    while await _is_due(timetable):
        await firer.fire()
    await firer.fire()
    (slot,) = await timetable.slots()
    assert (slot.state, slot.scheduled_for) == ("fired", minute)
    (event,) = await timetable.events()
    assert abs(event["received_at"] - now) < timedelta(seconds=10)
    assert capsys.readouterr().out.count("clocks_disagree") == 1


async def _is_due(timetable: Timetable) -> bool:
    sql = "SELECT 1 FROM schedule WHERE trigger_id = $1 AND next_due_at <= now()"
    return bool(await fetch(sql, timetable.id))


async def test_one_whose_slots_another_clock_holds_is_tried_again_in_a_moment(
    make: Makes, minute: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock that was stopped while it measured the slot that this one is to end."""
    timetable = await make(cron=last_minutes(minute, 2), overlap="cancel_running")
    await timetable.begin_at(minute - 1.5 * MINUTE)
    await timetable.fire(minute - MINUTE)
    await execute(
        "UPDATE schedule SET next_due_at = '2020-01-01' WHERE trigger_id = $1", timetable.id
    )
    monkeypatch.setattr(schedules, "_BOUNDS", schedules._BOUNDS.replace("'2s'", "'100ms'"))
    held, free = asyncio.Event(), asyncio.Event()

    async def measure() -> None:
        async with transaction():
            await execute("SELECT id FROM slot WHERE trigger_id = $1 FOR UPDATE", timetable.id)
            held.set()
            await free.wait()

    other = asyncio.create_task(measure())
    await held.wait()
    await SlotFirer(lambda _: None, lambda *_: None).fire()
    free.set()
    await other

    (epoch,) = await timetable.epochs()
    assert epoch["fault"] == "contended"
    assert epoch["next_due_at"] < await schedules.now() + timedelta(seconds=5)
    await timetable.fire(await schedules.now())
    assert await timetable.states() == ["fired: superseded", "fired"]


async def test_one_that_another_clock_has_fired_meanwhile_is_not_put_off(
    make: Makes, minute: datetime
) -> None:
    timetable = await make()
    (before,) = await timetable.epochs()
    await schedules.put_off([Key(timetable.id, 1)], "failed", 300.0)
    assert await timetable.epochs() == [before]
