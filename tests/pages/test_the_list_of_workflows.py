import pytest

from domain.operations.create_workflow import create_workflow
from domain.store.pages import PAGE_SIZE
from tests.pages.browsing import Browser, rows
from tests.pages.happenings import History
from tests.support.world import CALL, World


async def test_each_row_tells_state_version_triggers_and_the_last_run(
    alice: Browser, history: History
) -> None:
    await history.execution("failed")
    await history.execution("succeeded")
    await create_workflow(history.world.alice, "A draft", [CALL], draft=True)

    drafted, published = rows((await alice.get("/workflows")).text)

    assert drafted.startswith("A draft Not published draft none none never none")
    assert published.startswith("Notify Published version 1 Orders Succeeded")


async def test_the_last_24_hours_are_counted(alice: Browser, history: History) -> None:
    await history.counted("fired", 1_200, hours_ago=2, folded=True)
    await history.counted("fired", 4, folded=False)
    await history.counted("failed", 3, folded=False)
    await history.counted("fired", 50, hours_ago=30, folded=True)

    (row,) = rows((await alice.get("/workflows")).text)

    assert "1,204 runs, 3 failed" in row


async def test_more_triggers_than_one_are_counted(alice: Browser, history: History) -> None:
    await history.world.trigger(history.workflow_id)
    await history.world.trigger(history.workflow_id)

    (row,) = rows((await alice.get("/workflows")).text)

    assert "Orders and 2 others" in row


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("shop", ["Tell the SHOP", "Shopping"]),
        ("  SHOPPING ", ["Shopping"]),
        ("%", ["100 % sure"]),
        ("_", []),
        ("\\", []),
        ("'; DROP TABLE workflow; --", []),
        ("x" * 5_000, []),
    ],
)
async def test_a105_a_search_finds_a_part_of_the_name_and_nothing_else(
    alice: Browser, world: World, search: str, found: list[str]
) -> None:
    """Row A105: what is special to LIKE or to SQL is text here."""
    for name in ("Shopping", "Tell the SHOP", "100 % sure"):
        await create_workflow(world.alice, name, [CALL])

    answer = await alice.client.get("/workflows", params={"q": search})

    assert answer.status_code == 200
    assert [row.split(" Published")[0] for row in rows(answer.text)] == found
    assert found or "No workflow matches" in answer.text


async def test_the_search_is_in_the_address_and_goes_on_over_pages(
    alice: Browser, world: World
) -> None:
    for number in range(PAGE_SIZE + 1):
        await create_workflow(world.alice, f"Shop {number}", [CALL])
    await create_workflow(world.alice, "Other", [CALL])

    answer = await alice.get("/workflows?q=shop", htmx=True, **{"hx-source": "form#filters"})

    assert answer.headers["hx-push-url"] == "/workflows?q=shop"
    assert len(rows(answer.text)) == PAGE_SIZE
    assert "/workflows?q=shop&amp;after=" in answer.text


async def test_an_empty_list_says_what_to_do(alice: Browser, bob: Browser) -> None:
    assert "No workflow yet" in await alice.read("/workflows")
    assert 'href="/workflows/new"' in (await alice.get("/workflows")).text
    assert 'href="/workflows/new"' not in (await bob.get("/workflows")).text
