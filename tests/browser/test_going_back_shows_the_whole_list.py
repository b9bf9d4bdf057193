import re

from playwright.async_api import expect

from tests.browser.watching import Person, Tab, deliver


async def test_filters_are_undone_and_redone_by_back_and_forward(tab: Tab, alice: Person) -> None:
    first, second = alice.team.hook(), alice.team.hook()
    for hook in (first, first, second):
        await deliver(hook, {"id": "1"})
    await tab.go("/events")
    rows = tab.page.locator("#list tbody tr")
    await expect(rows).to_have_count(3)

    await tab.page.select_option("select[name=trigger]", second.id)
    await expect(rows).to_have_count(1)
    await expect(tab.page).to_have_url(re.compile(rf"/events\?trigger={second.id}$"))

    await tab.page.go_back()
    await expect(rows).to_have_count(3)
    await expect(tab.page.locator(".rail")).to_be_visible()
    await tab.page.go_forward()
    await expect(rows).to_have_count(1)
    await expect(tab.page.locator("select[name=trigger]")).to_have_value(second.id)


async def test_a_narrowed_list_stays_narrowed_while_it_lives(tab: Tab, alice: Person) -> None:
    shown, hidden = alice.team.hook(), alice.team.hook()
    await tab.go("/events")
    await tab.page.select_option("select[name=trigger]", shown.id)
    await tab.sees("strong", "No event matches")

    await deliver(hidden, {"id": "hidden"})
    event_id = await deliver(shown, {"id": "shown"})

    await tab.sees(f"#event-{event_id}")
    await expect(tab.page.locator("#list tbody tr")).to_have_count(1)
