"""Debounce: the last event of a key once it is quiet, or the first one at once."""

import asyncio

from domain.operations.decide_events import decide_events
from domain.store.database import fetch
from tests.limits.conftest import Lanes, Story, new_releaser

WAITS: Story = [("deferred", "debounce")]
FIRED: Story = [("fired", None)]
DEBOUNCED = ("rate_limited", "debounced")


async def test_the_last_one_fires_when_it_is_quiet_and_the_others_name_it(lanes: Lanes) -> None:
    hook = await lanes.hook(debounce={"quiet_s": 5, "key": "$.k"})
    a1, a2, b = await lanes.send(hook, {"k": "a"}, {"k": "a"}, {"k": "b"})
    await lanes.pass_time(4)
    (a3,) = await lanes.send(hook, {"k": "a"})
    await lanes.pass_time(2)
    await lanes.release()
    assert await lanes.stories([a1, a3, b]) == [WAITS, WAITS, WAITS + FIRED]
    await lanes.pass_time(4)
    await lanes.release()
    assert await lanes.stories([a1, a2]) == [[*WAITS, DEBOUNCED]] * 2
    assert await lanes.story(a3) == WAITS + FIRED
    assert (await lanes.decisions(a1))[-1]["trace"]["taken_event_id"] == str(a3)
    assert not await fetch("SELECT FROM lane WHERE trigger_id = $1", hook.trigger_id)


async def test_a_key_that_never_becomes_quiet_fires_after_the_longest_time(lanes: Lanes) -> None:
    hook = await lanes.hook(debounce={"quiet_s": 5, "most_s": 12})
    ids = []
    for _ in range(4):
        ids += await lanes.send(hook, {})
        await lanes.release()
        assert not [s for s in await lanes.stories(ids) if len(s) > 1]
        await lanes.pass_time(3.5)
    await lanes.release()
    assert await lanes.story(ids[-1]) == WAITS + FIRED


async def test_the_first_one_fires_at_once_and_the_others_of_the_quiet_time_do_not(
    lanes: Lanes,
) -> None:
    hook = await lanes.hook(debounce={"quiet_s": 5, "keep": "first"})
    first, second = await lanes.send(hook, {}, {})
    await lanes.pass_time(4)
    (third,) = await lanes.send(hook, {})
    assert await lanes.stories([first, second, third]) == [FIRED, [DEBOUNCED], [DEBOUNCED]]
    assert (await lanes.decisions(third))[0]["trace"]["taken_event_id"] == str(first)
    await lanes.pass_time(5.1)
    (fresh,) = await lanes.send(hook, {})  # whether the clock came by or not
    assert await lanes.story(fresh) == FIRED
    await lanes.pass_time(5.1)
    await lanes.release()
    assert not await fetch("SELECT FROM lane WHERE trigger_id = $1", hook.trigger_id)


async def test_of_two_passes_with_events_of_one_key_only_one_takes_the_first(lanes: Lanes) -> None:
    hook = await lanes.hook(debounce={"quiet_s": 60, "keep": "first"})
    line = lanes.line
    ids = [(await line.send(hook, {})).event_id for _ in range(12)]
    await asyncio.gather(
        *(
            decide_events(ids[part::4], line.versions, line.redactors, line.limits)
            for part in range(4)
        )
    )
    stories = await lanes.stories(ids)
    assert sorted(map(str, stories)) == sorted(map(str, [FIRED, *[[DEBOUNCED]] * 11]))


async def test_two_clocks_let_each_event_out_once(lanes: Lanes) -> None:
    hook = await lanes.hook(debounce={"quiet_s": 1, "key": "$.k"})
    ids = await lanes.send(hook, *({"k": number % 20} for number in range(60)))
    await lanes.pass_time(2)
    clocks = [lanes.releaser, new_releaser(lanes.line, lanes.limiter)]
    for _ in range(3):
        await asyncio.gather(*(clock.release() for clock in clocks))
    stories = await lanes.stories(ids)
    assert stories.count(WAITS + FIRED) == 20
    assert stories.count([*WAITS, DEBOUNCED]) == 40


async def test_what_is_let_out_meets_the_rate_limit(lanes: Lanes) -> None:
    hook = await lanes.hook({"most": 1, "per_s": 3600}, debounce={"quiet_s": 1, "key": "$.k"})
    ids = await lanes.send(hook, {"k": 1}, {"k": 2})
    await lanes.pass_time(2)
    await lanes.release()
    stories = await lanes.stories(ids)
    assert sorted(map(len, stories)) == [1, 2]
    assert (await fetch("SELECT why FROM waiting_event"))[0]["why"] == "limit"
    await lanes.empty_windows()
    await lanes.release()
    assert await lanes.stories(ids) == [WAITS + FIRED] * 2


async def test_an_edit_without_the_debounce_releases_all(lanes: Lanes) -> None:
    hook = await lanes.hook(debounce={"quiet_s": 3600})
    ids = await lanes.send(hook, {}, {})
    await lanes.edit(hook, {})
    await lanes.release()
    assert await lanes.stories(ids) == [WAITS + FIRED] * 2
