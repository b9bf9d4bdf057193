"""Limits by keyboard, their bars that move by themselves, and pausing without losing events."""

import asyncio
from typing import Any

import pytest

from tests.browser.test_every_page_is_accessible import in_both_themes
from tests.browser.watching import Person, Tab, Yard, deliver
from tests.support.installation import Hook, wait_until

LIMITS = {
    "rate": [{"most": 3, "per_s": 3600}, {"most": 2, "per_s": 3600, "key": "$.shop"}],
    "concurrency": [{"most": 2}],
}


def limit(alice: Person, hook: Hook, limits: dict[str, Any]) -> None:
    answer = alice.team.api.patch(f"/triggers/{hook.id}", json={"limits": limits})
    assert answer.status_code == 200, answer.text


def started(alice: Person, event_id: str) -> None:
    """Wait until the event has started something."""
    wait_until(lambda: alice.team.event(event_id)["executions"], what="an execution")


async def test_a_window_is_added_and_saved_by_keyboard(tab: Tab, alice: Person) -> None:
    hook = alice.team.hook()
    page, press = tab.page, tab.page.keyboard.press
    await tab.go(f"/triggers/{hook.id}/edit")

    await page.focus("#fold-rate > summary")
    await press("Enter")
    await press("Tab")
    await press("Enter")
    await tab.eventually("document.activeElement.id === 'field-limits.rate.0.most'")
    await page.keyboard.type("100")
    for _ in range(3):
        await press("Tab")
    await page.keyboard.type("$.customer.id")
    await press("Enter")

    await page.wait_for_url(f"**/triggers/{hook.id}")
    await tab.sees(".limit-name", "100 events in 1 min of each $.customer.id")
    saved = alice.team.api.get(f"/triggers/{hook.id}").json()["limits"]
    assert saved == {"rate": [{"most": 100, "per_s": 60, "key": "$.customer.id"}]}


async def test_a_mistake_inside_a_closed_fold_is_led_to(
    yard: Yard, tab: Tab, alice: Person
) -> None:
    yard.expected.append("422")
    hook = alice.team.hook()
    page = tab.page
    await tab.go(f"/triggers/{hook.id}/edit")
    await page.click("#fold-together > summary")
    await page.fill("[name='limits.batch_most']", "1")
    await page.click("#fold-together > summary")

    await page.click(".save button[type=submit]")

    await page.click("#trouble a >> text=Gather up to")
    await tab.sees("[id='error-limits.batch_most']", "from 2 to 1,000")
    assert await page.evaluate("document.activeElement.id") == "field-limits.batch_most"


@pytest.mark.parametrize("width", [1280, 375])
async def test_the_bars_move_by_themselves_and_a_lift_lets_all_through(
    yard: Yard, alice: Person, width: int
) -> None:
    hook = alice.team.hook()
    limit(alice, hook, LIMITS)
    tab = await yard.open(width=width)
    await tab.go(f"/triggers/{hook.id}")
    await tab.stay()
    await tab.sees(".limit-words", "0 of 3")

    ids = [await deliver(hook, {"id": n, "shop": f"shop {n}"}) for n in range(5)]

    await tab.sees(".limit-words", "3 of 3")
    await tab.sees(".limit-waits", "2 events wait for room")
    assert await in_both_themes(tab.page) == []
    await tab.page.select_option("#field-minutes", "5")
    await tab.page.click("#lift-limits")
    await tab.sees(".lifted", "Lifted until")
    await tab.page.locator(".limit-waits").wait_for(state="detached")
    for event_id in ids:
        assert alice.team.event(event_id)["executions"], "all of them started something"
    await tab.page.click("#end-lift")
    await tab.page.locator(".lifted").wait_for(state="detached")
    assert await tab.stayed()


async def test_a_paused_trigger_keeps_its_events_until_it_is_told(tab: Tab, alice: Person) -> None:
    hook = alice.team.hook()
    await tab.go(f"/triggers/{hook.id}")
    await tab.page.focus("#hold")
    await tab.page.keyboard.press("Enter")
    await tab.sees("#off", "It keeps what comes.")

    ids = [await deliver(hook, {"id": n}) for n in range(2)]

    await tab.sees("#off", "2 events wait for it")
    await tab.page.click("#activation")
    await tab.sees("#activation", "2 events that matched wait for it")
    assert await in_both_themes(tab.page) == []
    await tab.page.click("text=Switch it on")
    await tab.page.wait_for_url(f"**/triggers/{hook.id}")
    for event_id in ids:
        await asyncio.to_thread(started, alice, event_id)


async def test_the_page_of_the_teams_limits_by_keyboard(tab: Tab, alice: Person) -> None:
    page = tab.page
    await tab.go("/team/limits")
    await page.focus("[id='button-limits.rate.add']")
    await page.keyboard.press("Enter")
    await tab.eventually("document.activeElement.id === 'field-limits.rate.0.most'")
    await page.keyboard.type("250")
    await page.keyboard.press("Enter")

    await tab.sees(".limit-name", "Team: 250 events in 1 min")
    assert alice.team.api.get("/team/limits").json()["rate"] == [{"most": 250, "per_s": 60}]
    assert await in_both_themes(page) == []
