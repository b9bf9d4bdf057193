"""Deferring and dropping: what is over a limit, and how it comes to run after all."""

from datetime import UTC, datetime
from typing import Any

from domain.store.database import execute, fetch
from tests.limits.conftest import Lanes

TWO = {"most": 2, "per_s": 3600}
FIRED = [("fired", None)]
DEFERRED = [("deferred", "limit")]


async def test_what_is_over_the_limit_waits_and_is_let_through_in_order(lanes: Lanes) -> None:
    hook = await lanes.hook(TWO)
    ids = await lanes.send(hook, *({"id": number} for number in range(5)))
    assert await lanes.stories(ids) == [FIRED, FIRED, DEFERRED, DEFERRED, DEFERRED]
    assert await lanes.waiting(hook.trigger_id) == ids[2:]
    assert (await lanes.release()).execution_ids == {}
    await lanes.empty_windows()
    released = await lanes.release()
    assert await lanes.stories(ids[2:]) == [DEFERRED + FIRED, DEFERRED + FIRED, DEFERRED]
    assert len(released.execution_ids) == 2
    assert await lanes.waiting(hook.trigger_id) == ids[4:]
    await lanes.empty_windows()
    await lanes.release()
    assert not await fetch("SELECT FROM lane WHERE trigger_id = $1", hook.trigger_id)


async def test_the_trace_names_the_limit_its_window_the_count_and_the_key(lanes: Lanes) -> None:
    hook = await lanes.hook({"most": 1, "per_s": 3600, "key": "$.customer"})
    before = datetime.now(UTC)
    first, second = await lanes.send(hook, {"customer": "c-7"}, {"customer": "c-7"})
    (fired,), (deferred,) = await lanes.decisions(first), await lanes.decisions(second)
    told: dict[str, Any] = {
        "limit": "key", "most": 1, "per_s": 3600, "key": "$.customer", "value": '"c-7"',
        "limiter": "shared", "count": 1,
    }  # fmt: skip
    counted_at = fired["trace"]["limits"][0].pop("counted_at")
    assert fired["trace"]["limits"] == [{**told, "admitted": True}]
    assert before <= datetime.fromisoformat(counted_at) <= datetime.now(UTC)
    assert deferred["trace"]["limits"] == [{**told, "admitted": False}]
    assert deferred["trace"]["waits"] == {"for": "limit", "key": '"c-7"', "behind": 0}


async def test_one_customers_flood_does_not_stand_in_the_others_way(lanes: Lanes) -> None:
    hook = await lanes.hook({"most": 1, "per_s": 3600, "key": "$.customer"})
    a, b, c = await lanes.send(hook, {"customer": 1}, {"customer": 1}, {"customer": 2})
    assert await lanes.stories([a, b, c]) == [FIRED, DEFERRED, FIRED]


async def test_whoever_comes_while_others_wait_goes_to_the_end(lanes: Lanes) -> None:
    hook = await lanes.hook(TWO)
    ids = await lanes.send(hook, {}, {}, {})
    await lanes.redis.flushdb()  # there is room again, but nobody was let through yet
    late = await lanes.send(hook, {})
    assert await lanes.story(late[0]) == DEFERRED
    assert await lanes.waiting(hook.trigger_id) == [ids[2], *late]


async def test_nobody_of_another_key_overtakes_those_who_wait_for_the_whole_trigger(
    lanes: Lanes,
) -> None:
    hook = await lanes.hook(
        {"most": 1, "per_s": 3600}, {"most": 9, "per_s": 3600, "key": "$.customer"}
    )
    await lanes.send(hook, {"customer": 1})
    waits = await lanes.send(hook, {"customer": 2})
    await lanes.redis.flushdb()
    late = await lanes.send(hook, {"customer": 3})
    assert await lanes.stories(waits + late) == [DEFERRED, DEFERRED]


async def test_keys_that_share_a_window_take_turns_in_it(lanes: Lanes) -> None:
    hook = await lanes.hook(
        {"most": 1, "per_s": 3600}, {"most": 99, "per_s": 3600, "key": "$.customer"}
    )
    flood = sorted(await lanes.send(hook, *({"customer": 1} for _ in range(6))))
    others = await lanes.send(hook, *({"customer": 2} for _ in range(2)))
    for _ in range(4):
        await lanes.redis.flushdb()
        await lanes.pass_time(600)
        assert len((await lanes.release()).execution_ids) == 1
    assert await lanes.waiting(hook.trigger_id) == flood[3:]
    assert await lanes.stories(others) == [DEFERRED + FIRED] * 2


async def test_a_drop_is_on_record(lanes: Lanes) -> None:
    hook = await lanes.hook(TWO, over="drop")
    ids = await lanes.send(hook, {}, {}, {})
    assert await lanes.story(ids[2]) == [("rate_limited", "over_limit")]
    assert await lanes.waiting(hook.trigger_id) == []


async def test_nothing_waits_longer_than_its_trigger_lets_it(lanes: Lanes) -> None:
    hook = await lanes.hook(TWO, max_wait_s=60)
    ids = await lanes.send(hook, {}, {}, {}, {})
    await lanes.pass_time(59)
    await lanes.release()
    assert await lanes.waiting(hook.trigger_id) == ids[2:]
    await lanes.pass_time(1.1)
    await lanes.release()
    too_long = ("rate_limited", "waited_too_long")
    assert await lanes.stories(ids[2:]) == [[*DEFERRED, too_long]] * 2


async def test_a_limit_that_is_lifted_lets_all_through(lanes: Lanes) -> None:
    hook = await lanes.hook(TWO)
    ids = await lanes.send(hook, {}, {}, {})
    await execute(
        "UPDATE trigger SET limits_lifted_until = now() + interval '1 minute' WHERE id = $1",
        hook.trigger_id,
    )
    await execute("UPDATE lane SET due_at = now()")
    await lanes.release()
    assert await lanes.story(ids[2]) == DEFERRED + FIRED
    (late,) = await lanes.send(hook, {})
    (decision,) = await lanes.decisions(late)
    assert (decision["verdict"], decision["trace"]["limits_skipped"]) == ("fired", "lifted")


async def test_the_windows_of_the_team_hold_for_all_its_triggers(lanes: Lanes) -> None:
    team_id = lanes.line.world.alice.team_id
    await execute(
        "UPDATE team SET rate_limits = $2 WHERE id = $1", team_id, '[{"most": 1, "per_s": 3600}]'
    )
    one, other = await lanes.line.hook(), await lanes.line.hook()
    (first,) = await lanes.send(one, {})
    (second,) = await lanes.send(other, {})
    assert await lanes.stories([first, second]) == [FIRED, DEFERRED]
    (decision,) = await lanes.decisions(second)
    assert [each["limit"] for each in decision["trace"]["limits"]] == ["team"]
