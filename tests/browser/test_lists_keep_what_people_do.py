import asyncio
import re

from playwright.async_api import Route, expect

from tests.browser.watching import Person, Tab, deliver


async def test_a_selection_survives_live_updates_and_leads_to_a_preview(
    tab: Tab, alice: Person
) -> None:
    first, second = alice.team.hook(), alice.team.hook()
    await tab.go("/triggers")
    await tab.page.check(f"#select-{second.id}")
    await tab.sees("[data-selected]", "With the 1 selected")

    await deliver(first, {"id": "meanwhile"})
    await tab.sees(f"#trigger-{first.id} .lamp", "Healthy")
    assert await tab.page.is_checked(f"#select-{second.id}")
    await tab.page.check("[data-select-all]")
    await tab.page.uncheck(f"#select-{second.id}")
    await tab.page.click("button[value=disable]")
    await tab.sees("h1", "Switch off 1 trigger?")
    await tab.page.click("button:has-text('Switch off 1 trigger')")
    await tab.sees("h1", "1 trigger was switched off")

    assert alice.team.api.get(f"/triggers/{first.id}").json()["enabled"] is False
    assert alice.team.api.get(f"/triggers/{second.id}").json()["enabled"] is True


async def test_boxes_and_spans_live_in_the_address_and_go_back_and_forward(
    tab: Tab, alice: Person
) -> None:
    event_id = await deliver(alice.team.hook(), {"id": "1"})
    alice.team.decision(event_id)
    await tab.go("/executions")
    rows = tab.page.locator("#list tbody tr")
    await expect(rows).to_have_count(1)

    await tab.page.check("input[name=state][value=dead]", force=True)
    await tab.sees("strong", "No execution matches")
    await tab.page.select_option("select[name=within]", "7d")
    await expect(tab.page).to_have_url(re.compile(r"/executions\?state=dead&within=7d$"))
    await tab.page.click("a[aria-label='Without Status: Dead letter']")
    await expect(rows).to_have_count(1)
    await expect(tab.page).to_have_url(re.compile(r"/executions\?within=7d$"))

    await tab.page.go_back()
    await tab.sees("strong", "No execution matches")
    await expect(tab.page.locator("input[value=dead]")).to_be_checked()
    await tab.page.go_forward()
    await expect(rows).to_have_count(1)


async def test_a_refresh_under_way_does_not_bring_back_what_other_filters_found(
    tab: Tab, alice: Person
) -> None:
    hook = alice.team.hook()
    await deliver(hook, {"id": "1"})
    await tab.go("/events?title=nothing-is-called-so")
    await tab.sees("[data-live-lamp].lamp-clear", "Live")
    under_way, chosen = asyncio.Event(), asyncio.Event()

    async def late(route: Route) -> None:
        if "x-live-refresh" in route.request.headers and not chosen.is_set():
            under_way.set()
            await chosen.wait()
        await route.continue_()

    await tab.page.route("**/events?*", late)
    await deliver(hook, {"id": "2"})
    await under_way.wait()
    await tab.page.fill("input[name=title]", "")
    await tab.page.press("input[name=title]", "Enter")
    rows = tab.page.locator("#list tbody tr")
    await expect(rows).to_have_count(2)
    async with tab.page.expect_response(lambda got: "nothing-is-called-so" in got.url):
        chosen.set()
    await deliver(hook, {"id": "3"})
    await expect(rows).to_have_count(3)


async def test_a_span_of_ones_own_is_in_the_browsers_zone_and_becomes_a_view(
    tab: Tab, alice: Person
) -> None:
    await deliver(alice.team.hook(), {"id": "1"})
    await tab.go("/events")
    zone = await tab.page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone")
    rows = tab.page.locator("#list tbody tr")

    await tab.page.select_option("select[name=within]", "custom")
    await expect(tab.page.locator("select[name=zone]")).to_have_value(zone)
    await tab.page.fill("input[name=to]", "2026-01-01T00:00")
    await tab.page.press("input[name=to]", "Enter")
    await tab.sees("strong", "No event matches")
    await tab.page.click("details.save summary")
    await tab.page.fill("#view-name", "Long ago")
    await tab.page.press("#view-name", "Enter")
    await tab.sees(".views a[aria-current]", "Long ago")
    await tab.sees("[data-live-lamp].lamp-clear", "Live")  # a page of its own: it listens now

    await tab.page.select_option("select[name=within]", "1h")
    await expect(rows).to_have_count(1)
    await expect(tab.page).to_have_url(re.compile(r"/events\?within=1h$"))
    await tab.page.click(".views a:has-text('Long ago')")
    await tab.sees("strong", "No event matches")
