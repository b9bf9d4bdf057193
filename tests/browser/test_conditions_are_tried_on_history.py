"""Conditions tried on past events, from the trigger's form to an event with both traces."""

from datetime import timedelta

import asyncpg

from domain.clock import utc_now
from domain.rules.ids import derived_id, first_id_at
from tests.browser.test_the_whole_journey import look
from tests.browser.watching import Person, Tab, Yard

LARGE = {"all": [{"path": "$.order.total", "op": "gt", "value": 100}]}
NUMBER = 30_000
_EVENTS = """
INSERT INTO event (id, team_id, trigger_id, kind, received_at, headers, query, content_type, title,
    body)
SELECT e.id, t.team_id, t.id, 'webhook', at, '[]', '', 'application/json', 'order.created',
    convert_to('{"order": {"total": ' || place % 400
        || CASE WHEN place <= 20000 THEN ', "region": "eu"' ELSE '' END || '}}', 'UTF8')
FROM unnest($2::uuid[], $3::timestamptz[]) WITH ORDINALITY AS e (id, at, place)
JOIN trigger t ON t.id = $1
"""


async def fill(alice: Person, trigger_id: str) -> None:
    """So many events of the last ten days, the newest first; older ones have no region."""
    step = timedelta(days=10) / NUMBER
    instants = [utc_now() - timedelta(seconds=5) - step * each for each in range(NUMBER)]
    ids = [derived_id(first_id_at(at), "event", place) for place, at in enumerate(instants)]
    database = await asyncpg.connect(alice.team.installation.env["DATABASE_URL"])
    try:
        await database.execute(_EVENTS, trigger_id, ids, instants)
    finally:
        await database.close()


async def look_both_ways(tab: Tab) -> None:
    """As it is, and narrow in the dark."""
    await look(tab)
    await tab.page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    await tab.page.set_viewport_size({"width": 375, "height": 800})
    await look(tab)
    await tab.page.set_viewport_size({"width": 1280, "height": 900})
    await tab.page.emulate_media(color_scheme="light")


async def test_from_the_form_to_an_event_with_both_traces(yard: Yard, alice: Person) -> None:
    hook = alice.team.hook(conditions=LARGE)
    await fill(alice, hook.id)
    tab = await yard.open()
    page = tab.page
    await tab.go(f"/triggers/{hook.id}")
    await page.click("text=Backtests >> nth=0")
    await tab.sees("h1", "Backtests")
    await look_both_ways(tab)

    await page.fill("#field-conditions", '{"all": [{"path": "order.total", "op": "gt"}]}')
    yard.expected.append("422")
    await page.click("text=Try on history >> nth=-1")
    await tab.sees("#trouble", "a path starts with $")
    await look_both_ways(tab)
    edited = """{"all": [{"path": "$.order.total", "op": "gt", "value": 250},
        {"path": "$.order.region", "op": "in", "value": ["eu", "us"]}]}"""
    await page.fill("#field-conditions", edited)
    await page.fill("#field-backtest_last", "100000")
    await page.focus("#field-backtest_last")
    await page.keyboard.press("Enter")

    await tab.sees("h1", "Backtest")
    await tab.sees("#show .lamp", "Done")
    await tab.sees(".outcomes", "14,975")
    await tab.sees(".lacking", "is missing in all 10,000 events before")
    await look_both_ways(tab)
    await page.click(".no_longer_fires a")
    await tab.sees("h1", "Events of a backtest")
    await tab.sees("#list tbody tr")
    await look_both_ways(tab)
    await page.click("#list tbody a >> nth=0")
    await tab.sees(".sides", "did not pass")
    await look_both_ways(tab)

    await page.click(".crumb a >> nth=2")
    await tab.sees("#backtests tbody", "14,975")
    await look_both_ways(tab)
    await page.click("#backtests tbody a")
    await tab.sees("h1", "Backtest")
    page.on("dialog", lambda dialog: dialog.accept())
    await page.click("#adopt")
    await tab.sees("h1", "Orders")
    await tab.sees(".conditions", "is greater than 250")


async def test_one_that_runs_shows_how_far_it_is_and_is_canceled(yard: Yard, alice: Person) -> None:
    # Each of these walks the whole document, so the events take their time.
    slow = {
        "any": [{"path": f"$..[?(@.total == {n})]", "op": "exists"} for n in range(1_000, 1_150)]
    }
    hook = alice.team.hook(conditions=slow)
    await fill(alice, hook.id)
    made = alice.team.api.post(
        f"/triggers/{hook.id}/backtests", json={"conditions": slow, "last": 100_000}
    ).json()
    tab = await yard.open(width=375)
    await tab.go(f"/triggers/{hook.id}/backtests/{made['id']}")
    await tab.sees("#progress")
    await tab.eventually("document.querySelector('#progress').value > 0")
    await tab.stay()
    await look(tab)

    await tab.page.click("#cancel")

    await tab.sees("#show .lamp", "Canceled")
    assert await tab.stayed()
    assert await tab.page.locator("#cancel").count() == 0
