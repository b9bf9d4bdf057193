"""Pausing without losing: what matches waits until the trigger is on again."""

from typing import Any

import pytest

from domain.operations.delete_trigger import delete_trigger
from domain.operations.hook_directory import Hook
from domain.operations.set_trigger_enabled import set_trigger_enabled
from domain.store.database import execute, fetch
from domain.store.due_lanes import wake_forgotten
from tests.limits.conftest import Lanes

OVER_100 = {"all": [{"path": "$.total", "op": "gt", "value": 100}]}
HELD = [("paused", "held")]
FIRED = ("fired", None)


async def switch(lanes: Lanes, hook: Hook, **how: Any) -> None:
    """Switch the trigger on or off, as a person would."""
    world = lanes.line.world
    await set_trigger_enabled(world.alice, world.vault, hook.trigger_id, **how)


async def held(lanes: Lanes, hook: Hook, *bodies: Any) -> list[Any]:
    """Events that came while the trigger was off and held them."""
    ids = [(await lanes.line.send(hook, body)).event_id for body in bodies]
    await switch(lanes, hook, enabled=False, hold=True)
    await lanes.line.decide()
    return ids


async def test_what_matches_is_held_and_runs_in_order_when_it_is_on_again(lanes: Lanes) -> None:
    hook = await lanes.line.hook(conditions=OVER_100)
    ids = await held(lanes, hook, {"total": 150}, {"total": 1}, {"total": 200})
    filtered = [("filtered", None)]
    assert await lanes.stories(ids) == [HELD, filtered, HELD]
    await lanes.release()
    assert await lanes.waiting(hook.trigger_id) == [ids[0], ids[2]]
    await switch(lanes, hook, enabled=True)
    released = await lanes.release()
    assert await lanes.stories(ids) == [[*HELD, FIRED], filtered, [*HELD, FIRED]]
    assert len(released.execution_ids) == 2
    assert not await fetch("SELECT FROM lane WHERE trigger_id = $1", hook.trigger_id)


async def test_what_was_held_may_be_dropped_and_is_on_record(lanes: Lanes) -> None:
    hook = await lanes.line.hook()
    ids = await held(lanes, hook, *({} for _ in range(3)))
    await switch(lanes, hook, enabled=True, held="drop")
    await lanes.release()
    assert await lanes.stories(ids) == [[*HELD, ("paused", "dropped")]] * 3


async def test_what_is_held_after_others_were_dropped_is_not_dropped_with_them(
    lanes: Lanes,
) -> None:
    hook = await lanes.line.hook()
    dropped = await held(lanes, hook, {}, {})
    await switch(lanes, hook, enabled=True, held="drop")
    kept = await held(lanes, hook, {})  # before a clock came to the others
    await lanes.release()
    assert await lanes.stories(dropped) == [[*HELD, ("paused", "dropped")]] * 2
    assert await lanes.stories(kept) == [HELD]
    await switch(lanes, hook, enabled=True)
    await lanes.release()
    assert await lanes.stories(kept) == [[*HELD, FIRED]]


async def test_what_was_held_meets_the_limits(lanes: Lanes) -> None:
    hook = await lanes.hook({"most": 1, "per_s": 3600})
    ids = await held(lanes, hook, {}, {})
    await switch(lanes, hook, enabled=True)
    await lanes.release()
    assert await lanes.stories(ids) == [[*HELD, FIRED], HELD]
    assert (await fetch("SELECT why FROM lane"))[0]["why"] == "limit"
    await lanes.empty_windows()
    await lanes.release()
    assert await lanes.stories(ids) == [[*HELD, FIRED]] * 2


@pytest.mark.parametrize(("hold", "story"), [(True, []), (False, [("paused", "trigger_disabled")])])
async def test_what_waits_for_room_waits_on_or_is_paused_with_its_trigger(
    lanes: Lanes, *, hold: bool, story: list[Any]
) -> None:
    hook = await lanes.hook({"most": 1, "per_s": 3600})
    ids = await lanes.send(hook, {}, {})
    await switch(lanes, hook, enabled=False, hold=hold)
    await lanes.empty_windows()
    await lanes.release()
    assert await lanes.story(ids[1]) == [("deferred", "limit"), *story]
    await switch(lanes, hook, enabled=True)
    await lanes.release()
    assert await lanes.story(ids[1]) == [("deferred", "limit"), *(story or [FIRED])]


async def test_a_deleted_triggers_events_are_dropped(lanes: Lanes) -> None:
    hook = await lanes.line.hook()
    ids = await held(lanes, hook, {})
    await delete_trigger(lanes.line.world.alice, hook.trigger_id)
    await wake_forgotten()
    await lanes.release()
    assert await lanes.stories(ids) == [[*HELD, ("paused", "dropped")]]


async def test_a_lane_that_nobody_woke_is_found(lanes: Lanes) -> None:
    hook = await lanes.line.hook()
    ids = await held(lanes, hook, {})
    await execute("UPDATE trigger SET enabled = true WHERE id = $1", hook.trigger_id)
    assert (await lanes.release()).execution_ids == {}
    await wake_forgotten()
    await lanes.release()
    assert await lanes.stories(ids) == [[*HELD, FIRED]]
