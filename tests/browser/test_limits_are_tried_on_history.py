"""Limits tried on past events, from the trigger's panel to what each day would have come to."""

from tests.browser.test_conditions_are_tried_on_history import LARGE, NUMBER, fill, look_both_ways
from tests.browser.watching import Person, Yard

LIMITS = """{"rate": [{"most": 1, "per_s": 3600, "key": "$.order.total"},
    {"most": 2, "per_s": 60}], "max_wait_s": 600}"""


async def test_from_the_panel_to_the_days(yard: Yard, alice: Person) -> None:
    hook = alice.team.hook(conditions=LARGE)
    await fill(alice, hook.id)
    tab = await yard.open()
    page = tab.page
    await tab.go(f"/triggers/{hook.id}")
    await page.click("#limits-panel >> text=Try on history")
    await tab.sees("h1", "Limits on history")

    await page.fill("#field-tried_limits", '{"rate": [{"most": 0}]}')
    yard.expected.append("422")
    await page.click("#form button[type=submit]")
    await tab.sees("#trouble", "rate.0.most")
    await look_both_ways(tab)
    await page.fill("#field-tried_limits", LIMITS)
    await page.fill("#field-limit_trial_days", "14")
    await page.focus("#field-limit_trial_days")
    await page.keyboard.press("Enter")

    await tab.sees("#show .lamp", "Done")
    await tab.sees(".limit-figure-1", f"of {NUMBER:,} events")
    await tab.sees("#windows", "without a limit")
    await page.click("#days-table summary")
    await look_both_ways(tab)
    await tab.go(f"/triggers/{hook.id}/edit")
    await page.click("text=Try limits on history")
    await tab.sees("#show .lamp", "Done")
    await tab.go(f"/triggers/{hook.id}/limit-trials")
    await tab.sees("#limit-trials tbody tr:nth-child(2)", "1 in 1 h of each $.order.total")
    await look_both_ways(tab)
