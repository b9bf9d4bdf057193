"""What came due while a schedule was off, and what runs of it once it is on."""

import asyncio
import json
from datetime import datetime, timedelta

import pytest

from domain.operations import set_triggers_enabled as set_triggers_enabled_module
from domain.operations.edit_trigger import TriggerEdit, edit_trigger
from domain.operations.run_paused import PausedSlots, paused_slots
from domain.operations.set_trigger_enabled import set_trigger_enabled
from domain.operations.set_triggers_enabled import set_triggers_enabled
from domain.rules.resuming import ResumeChoice
from domain.store.database import execute, fetch
from domain.store.triggers import find_trigger
from tests.pipeline.conftest import Line
from tests.schedules.conftest import MINUTE, Makes, Timetable


async def paused_for(timetable: Timetable, minute: datetime, minutes: int) -> None:
    """As if it had been off for so many slots, the last one a minute and a half ago."""
    await timetable.edit(enabled=False)
    await timetable.begin_at(minute - (minutes + 0.5) * MINUTE)
    await timetable.fire(minute - MINUTE)
    assert [state.partition(":")[0] for state in await timetable.states()] == ["paused"] * minutes
    await nothing_more(timetable)


async def nothing_more(timetable: Timetable) -> None:
    """What comes due while the test runs is no part of it."""
    await execute(
        "UPDATE schedule SET next_slot = next_slot + interval '1 day', "
        "next_due_at = next_due_at + interval '1 day' WHERE trigger_id = $1",
        timetable.id,
    )


async def asked(timetable: Timetable) -> PausedSlots | None:
    row = await find_trigger(timetable.team_id, timetable.id)
    assert row is not None
    return await paused_slots(row)


async def resume(timetable: Timetable, choice: ResumeChoice) -> int:
    """Alice switches it on; how many slots run."""
    world = timetable.line.world
    saved = await set_trigger_enabled(
        world.alice, world.vault, timetable.id, enabled=True, catch_up=choice
    )
    return len(saved.event_ids)


async def ran(timetable: Timetable) -> list[int]:
    """Which of the slots fired, the oldest one 0."""
    return [
        number
        for number, state in enumerate(await timetable.states())
        if not state.startswith("paused")
    ]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [("policy", [3, 4]), ("latest", [4]), ("all", [0, 1, 2, 3, 4]), ("none", [])],
)
async def test_what_was_chosen_runs_and_the_rest_stays_paused(
    make: Makes, minute: datetime, choice: ResumeChoice, expected: list[int]
) -> None:
    timetable = await make(catch_up="all", catch_up_most=2)
    await paused_for(timetable, minute, 5)

    assert await resume(timetable, choice) == len(expected)

    assert await ran(timetable) == expected
    bodies = [json.loads(event["body"]) for event in await timetable.events()]
    assert [body["catch_up"] for body in bodies] == ["resume"] * len(expected)
    assert await asked(timetable) is None


async def test_two_who_switch_it_on_at_once_run_it_once(make: Makes, minute: datetime) -> None:
    timetable = await make()
    await paused_for(timetable, minute, 5)

    amounts = await asyncio.gather(*(resume(timetable, "all") for _ in range(4)))

    assert sorted(amounts) == [0, 0, 0, 5]
    assert len(await timetable.events()) == 5


async def test_the_policy_keeps_to_its_window_and_people_need_not(
    make: Makes, minute: datetime
) -> None:
    timetable = await make(catch_up="latest", catch_up_window_s=180)
    await paused_for(timetable, minute, 10)
    await execute(
        "UPDATE slot SET due_at = due_at - interval '5 minutes' WHERE trigger_id = $1", timetable.id
    )

    found = await asked(timetable)
    assert found is not None
    assert (len(found.slots), found.beyond.too_old, found.to_run("policy")) == (10, 10, [])
    assert await resume(timetable, "latest") == 1


async def test_what_was_left_paused_once_is_not_asked_about_again(
    make: Makes, minute: datetime
) -> None:
    timetable = await make()
    await paused_for(timetable, minute, 5)
    await resume(timetable, "none")
    await timetable.begin_at(minute - 0.5 * MINUTE)
    await timetable.fire(minute)
    await timetable.edit(enabled=False)

    found = await asked(timetable)

    assert found is not None
    assert found.slots == []


async def test_who_is_not_asked_gets_what_the_policy_says(make: Makes, minute: datetime) -> None:
    edited, bulk = await make(), await make()
    world = edited.line.world
    for timetable in (edited, bulk):
        await paused_for(timetable, minute, 5)

    await edit_trigger(world.alice, world.vault, edited.id, TriggerEdit(enabled=True))
    await set_triggers_enabled(world.alice, [bulk.id], enabled=True)

    assert await ran(edited) == await ran(bulk) == [4]


async def test_what_is_not_on_record_yet_is_put_there_first(make: Makes, minute: datetime) -> None:
    timetable = await make(catch_up="all", catch_up_most=100)
    await timetable.edit(enabled=False)
    await timetable.begin_at(minute - 7 * MINUTE + timedelta(seconds=1))

    assert await resume(timetable, "all") >= 7


async def test_what_was_left_paused_is_not_run_by_the_next_one_who_switches(
    make: Makes, minute: datetime
) -> None:
    """Off and on again before anything else comes due."""
    timetable = await make()
    await paused_for(timetable, minute, 5)
    await resume(timetable, "none")
    await timetable.edit(enabled=False)

    found = await asked(timetable)
    assert found is not None
    assert found.slots == []
    await timetable.edit(enabled=True)
    assert await ran(timetable) == []


@pytest.mark.parametrize(
    ("overlap", "idle", "busy"),
    [
        ("allow", 5, 5),
        ("skip", 1, 0),
        ("queue_one", 1, 0),
        ("cancel_running", 1, 1),
    ],
)
async def test_the_policy_starts_nothing_that_must_not_overlap(
    make: Makes, minute: datetime, overlap: str, idle: int, busy: int
) -> None:
    ended, running = [await make(overlap=overlap, catch_up="all") for _ in range(2)]
    await running.begin_at(minute - 20.5 * MINUTE)
    await running.fire(minute - 20 * MINUTE)
    await nothing_more(running)
    for timetable in (ended, running):
        await timetable.edit(enabled=False)
        await timetable.begin_at(minute - 5.5 * MINUTE)
        await timetable.fire(minute - MINUTE)
        await nothing_more(timetable)

    assert (await resume(ended, "policy"), await resume(running, "policy")) == (idle, busy)

    states = await running.states()
    assert (states[0] == "fired: superseded") == (overlap == "cancel_running")


async def test_two_who_switch_the_same_ones_in_opposite_directions_wait_for_each_other(
    line: Line, make: Makes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One forced interleaving: A has its locks on schedules, B comes, A goes on."""
    world = line.world
    webhook = (await world.trigger(await world.workflow())).row
    timetable = await make()
    await timetable.edit(enabled=False)
    ids, held, go_on = [webhook.id, timetable.id], asyncio.Event(), asyncio.Event()

    async def wait(*_: object, **__: object) -> None:
        held.set()
        await go_on.wait()

    with monkeypatch.context() as patched:
        patched.setattr(set_triggers_enabled_module, "before_switch", wait)
        a = asyncio.create_task(set_triggers_enabled(world.alice, ids, enabled=True))
        await held.wait()
    b = asyncio.create_task(set_triggers_enabled(world.alice, ids, enabled=False))
    await line.until(_somebody_waits)
    go_on.set()

    assert [len((await each).changed) for each in (a, b)] == [1, 2]


async def _somebody_waits() -> bool:
    return bool(await fetch("SELECT 1 FROM pg_locks WHERE NOT granted"))
