"""The map of a schedule's year: one stop of the Tab key, and arrow keys within it."""

import os
from uuid import UUID

import pytest

from tests.browser.test_every_page_is_accessible import in_both_themes
from tests.browser.watching import Person, Yard
from tests.support.installation import wait_until

# So many slots each day, all on time but of a few days.
_YEAR = """
INSERT INTO trigger_hour (id, team_id, trigger_id, hour, outcome, amount)
SELECT gen_random_uuid(), team_id, id, date_trunc('day', now()) - d * interval '1 day'
    + interval '9 hours', 'slot:' || CASE WHEN d % 31 = 5 THEN 'missed' WHEN d % 17 = 3 THEN 'late'
    WHEN d % 23 = 7 THEN 'skipped' WHEN d BETWEEN 60 AND 64 THEN 'paused' ELSE 'on_time' END, 3
FROM trigger, generate_series(0, 300) d WHERE id = $1 AND d % 7 <> 6
"""
_MISSED = """
INSERT INTO slot (id, team_id, trigger_id, epoch, scheduled_for, due_at, state, reason)
SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '70008' ||
    substr(md5(id::text || n), 1, 15))::uuid, team_id, id, 1, at, at,
    CASE n % 4 WHEN 0 THEN 'missed' WHEN 1 THEN 'skipped' ELSE 'paused' END,
    CASE n % 4 WHEN 0 THEN 'not_on_record' WHEN 1 THEN 'overlap' END
FROM trigger, generate_series(1, 12) n,
    LATERAL (SELECT date_trunc('hour', now()) - n * interval '3 hours' AS at) s WHERE id = $1
"""


@pytest.fixture
async def trigger_id(alice: Person) -> str:
    """A schedule that has been there for most of a year, and fires."""
    workflow_id = alice.team.workflow(alice.team.step(body={"at": "{{ $.scheduled_for }}"}))
    config = {"form": "every", "every": 1, "unit": "minutes", "zone": "Europe/Berlin"}
    draft = {"name": "Report", "kind": "schedule", "workflow_id": workflow_id, "config": config}
    made = alice.team.api.post("/triggers", json=draft)
    assert made.status_code == 201, made.text
    id_ = str(made.json()["id"])
    await alice.ask(
        "UPDATE trigger SET created_at = now() - interval '300 days' WHERE id = $1 RETURNING id",
        UUID(id_),
    )
    await alice.ask(_YEAR, UUID(id_))
    await alice.ask(_MISSED, UUID(id_))
    # As if its present minute had come due just now.
    await alice.ask(
        "UPDATE schedule SET last_slot = now() - interval '61 seconds', from_at = now() - "
        "interval '61 seconds', next_slot = date_trunc('minute', now()), "
        "next_due_at = date_trunc('minute', now()) WHERE trigger_id = $1 RETURNING 1",
        UUID(id_),
    )
    return id_


async def test_arrow_keys_go_from_day_to_day_and_enter_opens_one(
    yard: Yard, trigger_id: str
) -> None:
    tab = await yard.open()
    await tab.go(f"/triggers/{trigger_id}/slots")
    stops = "[...document.querySelectorAll('.heat a')].filter((a) => a.tabIndex === 0).length"
    assert await tab.page.evaluate(stops) == 1

    await tab.page.locator(".heat a[tabindex='0']").focus()
    here = await tab.page.evaluate("document.activeElement.title")
    await tab.page.keyboard.press("ArrowLeft")
    week_ago = await tab.page.evaluate("document.activeElement.title")
    assert week_ago != here
    await tab.page.keyboard.press("ArrowRight")
    assert await tab.page.evaluate("document.activeElement.title") == here
    assert await tab.page.evaluate(stops) == 1

    await tab.page.keyboard.press("Enter")
    await tab.sees("#hours-head", "The day by the hour")
    assert "from=" in tab.page.url


async def test_a_slot_that_fires_shows_by_itself(
    yard: Yard, alice: Person, trigger_id: str
) -> None:
    tab = await yard.open()
    await tab.go("/slots")
    await tab.sees("#list tr", "Succeeded")
    items = alice.team.api.get(f"/triggers/{trigger_id}/slots").json()["items"]
    assert items[0]["state"] in {"fired", "late"}


@pytest.mark.parametrize("path", ["/slots", "/triggers/{id}/slots", "/reliability"])
async def test_it_is_accessible_and_fits_with_something_to_show(
    yard: Yard, alice: Person, trigger_id: str, path: str
) -> None:
    wait_until(lambda: alice.team.api.get("/slots", params={"state": "missed"}).json()["items"])
    for width in (1280, 375):
        tab = await yard.open(width=width)
        await tab.go(path.format(id=trigger_id))
        assert await in_both_themes(tab.page) == []
        fits = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        assert await tab.page.evaluate(fits)
        if folder := os.environ.get("SHOTS"):
            for theme in ("light", "dark"):
                await tab.page.emulate_media(color_scheme=theme)
                name = path.strip("/").replace("/", "-").format(id="x")
                await tab.page.screenshot(
                    path=f"{folder}/{name}-{width}-{theme}.png", full_page=True
                )
