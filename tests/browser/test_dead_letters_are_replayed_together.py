"""From a group of dead letters to their replays, watched to the end."""

import re

import pytest

from tests.browser.watching import Person, Yard, deliver
from tests.support.installation import wait_until


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (375, "dark")])
async def test_a_group_is_selected_previewed_replayed_and_followed(
    yard: Yard, alice: Person, width: int, theme: str
) -> None:
    team, signalbox = alice.team, alice.team.installation
    path = f"/mended-{width}"
    signalbox.tell_target(path, "status/500")
    hook = team.trigger(team.workflow(team.step(path)), retry={"attempts": 1})
    other = team.trigger(team.workflow(team.step("/status/418")), retry={"attempts": 1})
    for number in range(3):
        await deliver(hook, {"id": f"e{number}"})
    await deliver(other, {"id": "x"})
    dead = "/dead-letters?state=dead&state=failed"
    wait_until(lambda: len(team.api.get(dead).json()["items"]) == 4, what="dead letters")
    signalbox.tell_target(path, "ok")
    tab = await yard.open(width=width, theme="dark" if theme == "dark" else "light")

    await tab.go(dead)
    await tab.sees("#alike tbody tr", "500")
    await tab.page.locator("#alike tr", has_text="500").locator("a.button").click()
    await tab.sees(".chip", "Alike")
    await tab.page.click("#bulk button[value=replay-all]")
    await tab.sees("h1", "Replay 3 executions?")
    await tab.page.fill("#field-name", "The target is back")
    await tab.page.click("#form .actions button[type=submit]")

    await tab.sees("h1", "The target is back")
    await tab.sees(".page-head .lamp", "Finished")
    await tab.sees(".outcomes div", "Succeeded")
    await tab.eventually(
        "[...document.querySelectorAll('.outcomes div')].some((each) => "
        "/Succeeded\\s+3/.test(each.innerText.replace(/\\n/g, ' ')) || "
        "each.querySelector('dt').textContent === 'Succeeded' && "
        "each.querySelector('dd').textContent.trim() === '3')"
    )
    assert await tab.page.evaluate("document.documentElement.scrollWidth") <= width
    await tab.page.click("a[href^='/executions?bulk=']")
    await tab.sees("#list .tag", "Replay")
    assert await tab.page.locator("#list tbody tr").count() == 3


async def test_one_is_replayed_from_the_step_that_failed_and_canceled(
    yard: Yard, alice: Person
) -> None:
    team, signalbox = alice.team, alice.team.installation
    signalbox.tell_target("/second-replayed", "status/500", "hold/replayed")
    first = team.step("/ok", key="first")
    second = team.step("/second-replayed", key="second")
    hook = team.trigger(team.workflow(first, second), retry={"attempts": 1})
    event_id = await deliver(hook, {"id": "e1"})
    team.decision(event_id)
    (execution,) = team.event(event_id)["executions"]
    here = f"/executions/{execution['id']}"
    tab = await yard.open()
    tab.page.on("dialog", lambda dialog: dialog.accept())

    await tab.go(here)
    await tab.page.click("#replay")
    await tab.page.select_option("#field-start", "failed_step")
    await tab.page.click("#form .actions button[type=submit]")
    await tab.sees("#replay-of", "It repeats an earlier execution")
    await tab.sees(".track .lamp", "Running")
    await tab.sees("#taken-over summary", "1 step")
    await tab.page.click("#cancel")

    await tab.sees(".track .lamp", "Canceled")
    await tab.sees("#replay")
    replayed = re.sub(".*/", "", tab.page.url)
    assert team.execution(replayed)["taken_over"] == ["first"]
    signalbox.release_target("replayed")
    await tab.go(here)
    await tab.sees("#replays .lamp", "Canceled")


async def test_boxes_stay_ticked_while_the_list_refreshes(yard: Yard, alice: Person) -> None:
    team, signalbox = alice.team, alice.team.installation
    signalbox.tell_target("/ticked", "status/500")
    hook = team.trigger(team.workflow(team.step("/ticked")), retry={"attempts": 1})
    await deliver(hook, {"id": "e1"})
    tab = await yard.open()
    await tab.go("/dead-letters")
    await tab.sees("#list tbody tr")
    await tab.page.focus("#list tbody input[name=id]")
    await tab.page.keyboard.press("Space")

    await deliver(hook, {"id": "e2"})
    await tab.eventually("document.querySelectorAll('#list tbody tr').length === 2")

    assert await tab.page.locator("#list tbody input[name=id]:checked").count() == 1
    await tab.sees("[data-selected]", "With the 1 selected")
    await tab.page.click("#bulk button[value=replay]")
    await tab.sees("h1", "Replay 1 execution?")
