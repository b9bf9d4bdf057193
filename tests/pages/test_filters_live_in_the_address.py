import pytest

from domain.rules.ids import new_id
from tests.pages.browsing import Browser, rows
from tests.pages.happenings import History
from tests.support.world import World


async def test_executions_are_narrowed_by_status(alice: Browser, history: History) -> None:
    for state in ("succeeded", "dead", "succeeded"):
        await history.execution(state)

    shown = rows((await alice.get("/executions?state=dead")).text)

    assert len(shown) == 1
    assert shown[0].startswith("Dead letter")


async def test_executions_are_narrowed_by_trigger_and_by_workflow(
    alice: Browser, history: History, world: World
) -> None:
    other = History(world, await world.trigger(history.workflow_id), history.workflow_id)
    third_workflow = await world.workflow()
    third = History(world, await world.trigger(third_workflow), third_workflow)
    for one in (history, other, third):
        await one.execution()

    async def count(query: str) -> int:
        return len(rows((await alice.get(f"/executions?{query}")).text))

    assert await count("") == 3
    assert await count(f"trigger={other.trigger_id}") == 1
    assert await count(f"workflow={history.workflow_id}") == 2
    assert await count(f"workflow={third_workflow}&state=succeeded") == 1
    assert await count(f"workflow={third_workflow}&trigger={other.trigger_id}") == 0


async def test_events_are_narrowed_by_trigger(
    alice: Browser, history: History, world: World
) -> None:
    other = History(world, await world.trigger(history.workflow_id), history.workflow_id)
    await history.event(title="ours")
    await other.event(title="the other's")

    shown = rows((await alice.get(f"/events?trigger={other.trigger_id}")).text)

    assert len(shown) == 1
    assert "the other's" in shown[0]


async def test_triggers_are_narrowed_by_workflow(
    alice: Browser, history: History, world: World
) -> None:
    workflow_id = await world.workflow()
    await world.trigger(workflow_id)

    assert len(rows((await alice.get("/triggers")).text)) == 2
    assert len(rows((await alice.get(f"/triggers?workflow={workflow_id}")).text)) == 1


@pytest.mark.parametrize("query", ["state=exploded", "trigger=x", "workflow=0", "state="])
async def test_a_filter_that_means_nothing_narrows_nothing(
    alice: Browser, history: History, query: str
) -> None:
    await history.execution()

    assert len(rows((await alice.get(f"/executions?{query}")).text)) == 1


async def test_the_chosen_filters_stay_chosen(alice: Browser, history: History) -> None:
    page = (await alice.get(f"/executions?state=dead&trigger={history.trigger_id}")).text

    assert '<option value="dead" selected>Dead letter</option>' in page
    assert f'<option value="{history.trigger_id}" selected>' in page


async def test_the_address_follows_the_filters_and_leaves_defaults_out(
    alice: Browser, history: History
) -> None:
    path = f"/executions?state=&trigger={history.trigger_id}&workflow="

    by_filters = await alice.get(path, htmx=True, **{"hx-source": "form#filters"})
    by_refresh = await alice.get(path, htmx=True, **{"hx-source": "section#list"})

    assert by_filters.headers["hx-push-url"] == f"/executions?trigger={history.trigger_id}"
    assert "hx-push-url" not in by_refresh.headers


async def test_nothing_matches_is_not_nothing_there(alice: Browser, history: History) -> None:
    empty = await alice.read("/executions")
    await history.execution()
    no_match = await alice.read(f"/executions?trigger={new_id()}")

    assert "Nothing has been run yet" in empty
    assert "No execution matches" in no_match
    assert "No execution matches" not in empty
