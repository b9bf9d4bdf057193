"""Switching a schedule on again asks what runs; a backfill runs the rest while one watches."""

from datetime import timedelta
from uuid import UUID

import pytest

from domain.clock import utc_now
from domain.store.slots import slot_id
from tests.browser.test_every_page_is_accessible import in_both_themes
from tests.browser.watching import Person, Tab, Yard

HOUR = timedelta(hours=1)


@pytest.fixture
async def hourly(alice: Person) -> str:
    """A schedule that was switched off while five slots came due."""
    body = {
        "name": "Each hour",
        "kind": "schedule",
        "workflow_id": alice.team.workflow(alice.team.step(body={})),
        "config": {"form": "cron", "cron": "0 * * * *", "zone": "Europe/Berlin"},
        "enabled": False,
    }
    answer = alice.team.api.post("/triggers", json=body)
    assert answer.status_code == 201, answer.text
    made: str = answer.json()["id"]
    last = utc_now().replace(minute=0, second=0, microsecond=0)
    for number in range(5):
        at = last - number * HOUR
        await alice.ask(
            "INSERT INTO slot (id, team_id, trigger_id, epoch, scheduled_for, due_at, state) "
            "SELECT $1, team_id, id, 1, $3, $3, 'paused' FROM trigger WHERE id = $2",
            slot_id(UUID(made), 1, at), UUID(made), at,
        )  # fmt: skip
    return made


async def test_the_switch_asks_and_runs_what_was_answered(
    tab: Tab, alice: Person, hourly: str
) -> None:
    await tab.go("/triggers")
    await tab.page.focus(f"#switch-{hourly}")
    await tab.page.keyboard.press("Enter")

    await tab.sees("h1", "Switch on Each hour?")
    await tab.sees("#activation", "5 slots came due")
    await tab.page.check("input[value=all]")
    await tab.page.click("text=Switch it on")

    await tab.page.wait_for_url(f"**/triggers/{hourly}")
    events = alice.team.api.get("/events", params={"trigger_id": hourly}).json()["items"]
    assert len(events) == 5
    for event in events:
        assert alice.team.decision(event["id"])["verdict"] == "fired"


@pytest.mark.parametrize("width", [1280, 375])
async def test_a_backfill_is_watched_until_it_is_finished(
    yard: Yard, alice: Person, hourly: str, width: int
) -> None:
    on = {"enabled": True, "catch_up": "none"}
    assert alice.team.api.patch(f"/triggers/{hourly}", json=on).status_code == 200
    tab = await yard.open(width=width)
    await tab.go(f"/triggers/{hourly}/backfills/new")
    await tab.page.fill("#field-from", f"{utc_now() - 4 * HOUR:%Y-%m-%dT%H:%M}")
    await tab.page.select_option("#field-zone", "UTC")
    await tab.page.press("#field-from", "Enter")

    await tab.sees("#summary h2", "4 slots")
    assert await in_both_themes(tab.page) == []
    await tab.page.check("input[value=all]")
    await tab.page.fill("#field-per_minute", "120")
    await tab.page.press("#field-per_minute", "Enter")
    await tab.sees("h1", "Backfill")
    await tab.stay()
    await tab.sees("#show header .lamp", "Finished")

    await tab.sees("#slots a", "Event")
    assert await tab.stayed()
    assert await in_both_themes(tab.page) == []
    wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    assert await tab.page.evaluate(wide)


async def test_a_calendar_is_typed_in_and_a_file_takes_its_place(yard: Yard) -> None:
    yard.expected.append("422")
    tab = await yard.open()
    await tab.go("/calendars/new")
    await tab.page.fill("#field-name", "Holidays")
    await tab.page.fill("#field-content", "2026-12-24 Christmas Eve\nsoon")
    await tab.page.click("text=Create calendar")
    await tab.sees("#error-content", "line 2 is no date")
    assert await tab.page.input_value("#field-name") == "Holidays"
    assert await in_both_themes(tab.page) == []

    await tab.page.set_input_files(
        "#field-file",
        {"name": "off.txt", "mimeType": "text/plain", "buffer": b"2027-05-01 May Day\n"},
    )
    await tab.page.click("text=Create calendar")
    await tab.sees("h1", "Holidays")
    await tab.sees("td.held", "1")
    await tab.sees("#year", "2027")
    assert await in_both_themes(tab.page) == []
