from datetime import timedelta

from domain.clock import utc_now
from domain.rules.ids import new_id
from domain.store.database import execute
from tests.pages.browsing import Browser, rows
from tests.pages.happenings import History
from tests.support.world import World


async def test_a_new_team_is_told_the_next_step_by_role(
    alice: Browser, bob: Browser, world: World
) -> None:
    assert "New workflow" in await alice.read("/")
    assert "New trigger" not in await alice.read("/")
    assert "an editor or admin of the team sets these up" in await bob.read("/")
    assert "New workflow" not in await bob.read("/")

    workflow_id = await world.workflow()
    assert "Done" in await alice.read("/")
    assert "New trigger" in await alice.read("/")

    history = History(world, await world.trigger(workflow_id), workflow_id)
    assert "Send a test event" in await alice.read("/")
    assert "Send a test event" not in await bob.read("/")

    await history.event()
    assert "Three steps" not in await alice.read("/")


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
    assert rows((await alice.get("/")).text)[0].endswith("1,204 0 2")


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


async def test_what_holds_up_everything_comes_first(
    alice: Browser, bob: Browser, history: History
) -> None:
    event_id = await history.event()
    long_ago = utc_now() - timedelta(minutes=5)
    await execute(
        "INSERT INTO pending_event (event_id, team_id, trigger_id, size, received_at) "
        "VALUES ($1, $2, $3, 1, $4)", event_id, history.team_id, history.trigger_id, long_ago,
    )  # fmt: skip
    late = await history.execution("queued")
    await execute("UPDATE execution SET due_at = $2 WHERE id = $1", late, long_ago)
    await history.execution("dead")
    await history.counted("paused", 4, folded=False)
    await execute(
        "INSERT INTO refused_request (id, team_id, trigger_id, status, code, reason, method, "
        "address, headers, amount) VALUES ($1, $2, $3, 401, 'bad_signature', 'mismatch', 'POST', "
        "'::1', '[]', 3)", new_id(), history.team_id, history.trigger_id,
    )  # fmt: skip

    attention = (await alice.read("/")).partition("Needs attention")[2].partition("Latest")[0]

    assert attention.split(" since ")[0].strip() == "Late decisions 1 event not judged yet"
    assert "Backlog 1 execution not run yet" in attention
    assert "Orders 3 requests refused 4 events came while it was switched off" in attention
    assert attention.strip().endswith("Dead letters 1 execution kept")
    assert "refused" not in await bob.read("/")


async def test_a_trigger_that_was_switched_off_after_failures_comes_first(
    alice: Browser, history: History
) -> None:
    await execute(
        "UPDATE trigger SET enabled = false, switched_off_because = 'Its last execution failed.' "
        "WHERE id = $1",
        history.trigger_id,
    )

    assert "Needs attention Orders Switched off after failures" in await alice.read("/")


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
