from tests.pages.browsing import Browser, rows
from tests.pages.happenings import History
from tests.support.world import World


async def test_an_empty_team_is_told_the_next_step(alice: Browser, bob: Browser) -> None:
    assert "Start with a workflow" in await alice.read("/")
    assert "New workflow" not in await bob.read("/")


async def test_24_hours_of_all_triggers_are_summed(
    alice: Browser, history: History, world: World
) -> None:
    other = History(world, await world.trigger(history.workflow_id), history.workflow_id)
    await history.counted("fired", 1200, folded=True)
    await other.counted("fired", 4, folded=False)
    await other.counted("error", 2, folded=False)

    shown = await alice.read("/")

    assert "1,204 fired" in shown
    assert "2 failed" in shown


async def test_what_needs_attention_is_named_the_worst_first(
    alice: Browser, history: History, world: World
) -> None:
    other = History(world, await world.trigger(history.workflow_id), history.workflow_id)
    await history.counted("failed", 1, folded=True)
    await other.counted("error", 2, folded=True)
    await other.counted("failed", 3, folded=False)

    page = (await alice.get("/")).text

    attention = page.partition("Needs attention")[2]
    assert attention.index(str(other.trigger_id)) < attention.index(str(history.trigger_id))
    assert "2 events not judged" in attention
    assert "3 executions failed" in attention


async def test_when_nothing_is_wrong_it_says_so(alice: Browser, history: History) -> None:
    await history.execution("succeeded")

    assert "All clear in the last 24 hours" in await alice.read("/")


async def test_the_latest_events_and_executions_are_listed(
    alice: Browser, history: History
) -> None:
    for number in range(9):
        await history.execution(event_id=await history.event(title=f"event {number}"))

    shown = rows((await alice.get("/")).text)

    assert len(shown) == 16
    assert shown[0].startswith("event 8 Orders")
    assert shown[8].startswith("Succeeded Notify")
