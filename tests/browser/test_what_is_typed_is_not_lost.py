from collections.abc import Callable, Coroutine
from typing import Any

from playwright.async_api import Dialog, Page

from tests.browser.watching import Person, Tab, Yard

Answer = Callable[[Dialog], Coroutine[Any, Any, None]]


def answering(page: Page, *, leave: bool) -> list[str]:
    """Answers whatever is asked from now on; the questions."""
    asked: list[str] = []

    async def answer(dialog: Dialog) -> None:
        asked.append(f"{dialog.type}: {dialog.message}")
        await (dialog.accept() if leave else dialog.dismiss())

    page.on("dialog", answer)
    return asked


async def test_a_link_asks_before_it_leaves_what_is_typed(tab: Tab, alice: Person) -> None:
    hook = alice.team.hook()
    await tab.go(f"/triggers/{hook.id}/edit")
    await tab.page.fill("#field-name", "half a na")
    asked = answering(tab.page, leave=False)

    await tab.page.click("nav >> text=Events")

    assert asked == ["confirm: You have changes that are not saved. Leave this page and lose them?"]
    assert await tab.page.input_value("#field-name") == "half a na"


async def test_who_says_so_leaves_and_is_asked_once(tab: Tab, alice: Person) -> None:
    hook = alice.team.hook()
    await tab.go(f"/triggers/{hook.id}/edit")
    await tab.page.fill("#field-name", "half a na")
    asked = answering(tab.page, leave=True)

    await tab.page.click("nav >> text=Events")
    await tab.sees("h1", "Events")

    assert len(asked) == 1


async def test_the_browser_asks_before_a_reload(tab: Tab, alice: Person) -> None:
    hook = alice.team.hook()
    await tab.go(f"/triggers/{hook.id}/edit")
    await tab.page.click("#button-conditions\\.add")
    await tab.sees("[name='conditions.0.path']")
    asked = answering(tab.page, leave=True)

    await tab.page.reload()

    assert [question.partition(":")[0] for question in asked] == ["beforeunload"]


async def test_nothing_is_asked_when_nothing_was_typed_or_it_is_saved(
    yard: Yard, tab: Tab, alice: Person
) -> None:
    yard.expected.append("422")
    hook = alice.team.hook()
    asked = answering(tab.page, leave=False)
    await tab.go(f"/triggers/{hook.id}/edit")
    await tab.page.fill("#field-name", "other")
    await tab.page.fill("#field-name", "Orders")
    await tab.page.click("nav >> text=Events")
    await tab.sees("h1", "Events")

    await tab.go(f"/triggers/{hook.id}/edit")
    await tab.page.fill("#field-name", "")
    await tab.page.click(".save button")
    await tab.sees("#trouble")
    await tab.page.fill("#field-name", "Renamed")
    await tab.page.click(".save button")
    await tab.sees("h1", "Renamed")

    assert asked == []


async def test_a_refused_save_is_still_unsaved(yard: Yard, tab: Tab, alice: Person) -> None:
    yard.expected.append("422")
    hook = alice.team.hook()
    await tab.go(f"/triggers/{hook.id}/edit")
    await tab.page.fill("#field-name", "")
    await tab.page.click(".save button")
    await tab.sees("#trouble")
    asked = answering(tab.page, leave=False)

    await tab.page.click("nav >> text=Events")

    assert len(asked) == 1


async def _two_tabs_that_edit(yard: Yard, alice: Person) -> tuple[Tab, Tab, str]:
    """Both have the form open; the first one has saved. What the second one has typed is there."""
    yard.expected.append("409")
    hook = alice.team.hook()
    first, second = await yard.open(), await yard.open()
    for tab, name in ((first, "theirs"), (second, "mine")):
        await tab.go(f"/triggers/{hook.id}/edit")
        await tab.page.fill("#field-name", name)
    await second.page.click("text=Add a clause")
    await second.page.fill("[name='conditions.0.path']", "$.mine")
    await first.page.click(".save button")
    await first.sees("h1", "theirs")
    await second.page.click(".save button")
    await second.sees("#trouble", "Someone else saved this trigger")
    return first, second, hook.id


async def test_of_two_tabs_the_later_one_sees_the_difference_and_saves_over_it(
    yard: Yard, alice: Person
) -> None:
    _first, second, id_ = await _two_tabs_that_edit(yard, alice)
    assert await second.page.evaluate("document.activeElement.id") == "trouble"
    shown = await second.page.inner_text("#trouble")
    for word in ("Orders", "theirs", "mine", "$.mine"):
        assert word in shown
    assert await second.page.input_value("[name='conditions.0.path']") == "$.mine"

    await second.page.click("text=Save mine over it")
    await second.sees("h1", "mine")

    trigger = alice.team.api.get(f"/triggers/{id_}").json()
    assert trigger["name"] == "mine"
    assert trigger["conditions"]["all"][0]["path"] == "$.mine"


async def test_of_two_tabs_the_later_one_takes_what_the_first_one_saved(
    yard: Yard, alice: Person
) -> None:
    _first, second, id_ = await _two_tabs_that_edit(yard, alice)
    asked = answering(second.page, leave=False)

    await second.page.click("text=Take theirs")
    await second.sees("#field-name")
    await second.eventually("document.querySelector('#field-name').value === 'theirs'")

    assert asked == []
    assert alice.team.api.get(f"/triggers/{id_}").json()["name"] == "theirs"
