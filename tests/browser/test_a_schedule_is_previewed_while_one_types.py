import pytest

from tests.browser.test_every_page_is_accessible import AXE, in_both_themes
from tests.browser.watching import Person, Tab, Yard

WORDS = "#schedule-words"


async def test_a_schedule_is_seen_before_it_is_made(tab: Tab, alice: Person) -> None:
    alice.team.workflow(alice.team.step())
    page = tab.page
    await tab.go("/triggers/new")
    await page.click("text=At fixed times")
    await page.fill("#field-name", "Before work")
    await page.select_option("#field-workflow_id", index=1)
    await tab.stay()

    await page.click("text=Weekdays at 09:00")
    await page.select_option("#field-zone", "Europe/Berlin")

    await tab.sees(WORDS, "Monday to Friday, Europe/Berlin time")
    await tab.sees("#schedule-preview caption", "The next 10")
    assert await page.locator("#schedule-preview tbody tr").count() == 10
    utc = page.locator("#schedule-preview tbody tr").first.locator("[data-label=UTC]")
    assert (await utc.inner_text()).endswith("GMT+00:00")

    await page.fill("#field-cron", "30 2 * * *")
    await tab.sees("#schedule-preview td", "does not exist that day")
    await page.click("text=Clock changes, calendars")
    await page.select_option("#field-gap", "skip")
    await tab.sees("#schedule-preview td", "the clocks go forward: is skipped")
    assert await tab.stayed()

    await page.click("text=Create trigger")
    await tab.sees("h1", "Before work")
    await tab.sees("#show .sentence", "At 02:30, every day, Europe/Berlin time")
    await tab.sees("#show dt", "Next due")


async def test_what_cannot_be_is_told_at_its_field_and_goes_when_it_is_mended(
    tab: Tab, alice: Person
) -> None:
    page = tab.page
    await tab.go("/triggers/new?kind=schedule")
    await page.focus("#field-cron")
    await page.keyboard.type("0 0 30 2 *")

    await tab.sees("#error-cron", "Never comes due")
    assert await page.get_attribute("#field-cron", "aria-invalid") == "true"
    assert await page.evaluate("document.activeElement.id") == "field-cron"

    await page.keyboard.press("Backspace")
    await page.keyboard.press("Backspace")
    await page.keyboard.press("Backspace")
    await page.keyboard.type("1 *")
    await tab.sees(WORDS, "on the 30th of the month, in January")
    assert await page.get_attribute("#field-cron", "aria-invalid") is None
    assert await page.inner_text("#error-cron") == ""

    await page.select_option("#field-schedule_form", "once")
    assert await page.is_hidden("#field-cron")
    await page.fill("#field-at", "2001-01-01T09:00")
    await tab.sees("#error-at", "Is in the past.")
    await page.fill("#field-at", "2099-01-01T09:00:30")
    await tab.sees("#schedule-preview time", "09:00:30")


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed (npm ci)")
@pytest.mark.parametrize("width", [1280, 375])
async def test_the_forms_of_all_kinds_break_no_rule(yard: Yard, alice: Person, width: int) -> None:
    workflow_id = alice.team.workflow(alice.team.step())
    config = {"form": "cron", "cron": "30 2 * * *", "zone": "Europe/Berlin", "jitter_s": 60}
    body = {"name": "Nightly", "kind": "schedule", "workflow_id": workflow_id, "config": config}
    made = alice.team.api.post("/triggers", json=body).json()
    tab = await yard.open(width=width)
    page = tab.page
    await tab.go(f"/triggers/{made['id']}")
    await page.click("text=When it is due from now on")
    assert await in_both_themes(page) == []
    assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth")
    for kind in ("", "schedule", "workflow", "manual"):
        await tab.go(f"/triggers/new?kind={kind}")
        if kind == "schedule":
            await page.evaluate(
                "document.querySelectorAll('main details').forEach((d) => d.open = true)"
            )
            await page.fill("#field-cron", "30 2 * * *")
            await page.select_option("#field-expected", "schedule")
            await tab.sees("#schedule-preview caption")
        assert await in_both_themes(page) == [], kind
        wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not wide, f"{kind} is wider than the screen"
