from datetime import timedelta

import pytest

from domain.clock import utc_now
from domain.operations.set_trigger_enabled import set_trigger_enabled
from domain.store.partitions import make_partitions
from tests.pages.browsing import Browser, rows, words
from tests.pages.happenings import History


async def row_of(alice: Browser) -> str:
    (row,) = rows((await alice.get("/triggers")).text)
    return row


async def test_a_trigger_that_nothing_came_for_is_waiting(alice: Browser, history: History) -> None:
    row = await row_of(alice)

    assert "Orders" in row
    assert "webhook" in row
    assert "Notify" in row
    assert "Waiting" in row
    assert row.count("never") == 2


async def test_a_trigger_without_a_signature_is_marked(alice: Browser, history: History) -> None:
    assert "not signed" in await row_of(alice)


async def test_a_trigger_that_is_switched_off_is_paused(alice: Browser, history: History) -> None:
    await set_trigger_enabled(
        history.world.alice, history.world.vault, history.trigger_id, enabled=False
    )

    assert "Paused" in await row_of(alice)


@pytest.mark.parametrize(
    ("states", "health"),
    [
        (["succeeded"], "Healthy"),
        (["succeeded", "dead"], "Failing"),
        (["dead", "succeeded"], "Healthy"),
        (["succeeded", "failed", "running", "queued"], "Failing"),
        (["dead", "succeeded", "retrying"], "Healthy"),
    ],
)
async def test_health_is_what_the_last_finished_execution_came_to(
    alice: Browser, history: History, states: list[str], health: str
) -> None:
    for state in states:
        await history.execution(state)

    assert health in await row_of(alice)


async def test_an_event_that_could_not_be_judged_makes_its_trigger_failing(
    alice: Browser, history: History
) -> None:
    await history.execution("succeeded")
    await history.decision(await history.event(), "error", reason="invalid_json")

    assert "Failing" in await row_of(alice)


async def test_a_failure_of_the_last_24_hours_degrades(alice: Browser, history: History) -> None:
    await history.execution("succeeded")
    await history.counted("failed", 1, hours_ago=5, folded=True)

    assert "Degraded" in await row_of(alice)


async def test_counts_are_there_before_and_after_they_are_folded(
    alice: Browser, history: History
) -> None:
    await history.counted("fired", 5, folded=True)
    await history.counted("fired", 2, folded=False)
    await history.counted("filtered", 3, hours_ago=23, folded=True)
    await history.counted("filtered", 100, hours_ago=24, folded=True)
    await history.counted("failed", 1, folded=False)

    page = (await alice.get("/triggers")).text

    assert 'aria-label="24 hours: 7 fired, 3 filtered, 1 failed"' in page


async def test_another_triggers_counts_are_not_mixed_in(alice: Browser, history: History) -> None:
    other = History(
        history.world, await history.world.trigger(history.workflow_id), history.workflow_id
    )
    await other.counted("fired", 9, folded=True)

    page = (await alice.get("/triggers")).text

    assert page.count("9 fired, 0 filtered, 0 failed") == 2  # the chart, and its hour
    assert 'aria-label="24 hours: 0 fired, 0 filtered, 0 failed"' in page


async def test_the_columns_stand_in_the_order_that_people_know(
    alice: Browser, history: History
) -> None:
    await history.execution()
    wanted = {
        "/triggers": "On Name Kind Workflow Health Last event Last fired Next due 24 hours",
        "/executions": "Status Kind Trigger Workflow Received Started Duration Attempts",
        "/events": "Received Trigger Event Kind Size Decision Execution",
    }

    for path, columns in wanted.items():
        head = (await alice.get(path)).text.split("<thead>")[1].split("</thead>")[0]
        assert words(head).removeprefix("Selected ") == columns


async def test_a_test_event_is_marked_as_one(alice: Browser, history: History) -> None:
    await history.event(title="a test", headers=(("signalbox-test", "1"),))
    await history.event(title="a true one")

    shown = rows((await alice.get("/events")).text)

    assert ["Test" in row.split() for row in shown] == [False, True]


async def test_what_happened_long_ago_is_still_the_last(alice: Browser, history: History) -> None:
    """The last two days are asked first, older ones only where those tell nothing."""
    long_ago = utc_now() - timedelta(days=5)
    await make_partitions(long_ago)
    old = History(history.world, history.saved, history.workflow_id, _begin=long_ago)
    await old.execution("dead")

    row = await row_of(alice)

    assert "Failing" in row
    assert "never" not in row
