"""A trigger is run by keyboard in a real browser, and its lineage fills up by itself."""

import pytest

from tests.browser.test_every_page_is_accessible import AXE, in_both_themes
from tests.browser.test_workflows_by_keyboard import press_until
from tests.browser.watching import Person, Tab, Yard

SCHEMA = {
    "type": "object",
    "required": ["order", "lines"],
    "properties": {
        "order": {
            "type": "object",
            "required": ["id"],
            "properties": {
                "id": {"type": "integer", "title": "Order number"},
                "express": {"type": "boolean", "description": "Whether it goes out today"},
            },
        },
        "lines": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["sku"],
                "properties": {"sku": {"type": "string"}, "tags": {"type": "array",
                               "items": {"type": "string"}}},
            },
        },
        "colour": {"enum": ["red", "green"]},
    },
}  # fmt: skip


def manual(alice: Person) -> str:
    """A manual trigger, the end of whose workflow starts another; its id."""
    api, team = alice.team.api, alice.team
    step = team.step(body={"id": "{{ $.order.id }}"})
    made = api.post("/workflows", json={"name": "Send it", "steps": [step], "input_schema": SCHEMA})
    made.raise_for_status()
    first, then = made.json()["id"], team.workflow(team.step("/then", body={}))
    watch = {"source_workflow_id": first, "on": "any"}
    drafts = (
        {"name": "And then", "kind": "workflow", "workflow_id": then, "config": watch},
        {"name": "By hand", "kind": "manual", "workflow_id": first, "config": {}},
    )
    saved = [api.post("/triggers", json=draft) for draft in drafts]
    assert [each.status_code for each in saved] == [201, 201]
    return str(saved[1].json()["id"])


async def test_a_run_is_made_by_keyboard_alone(tab: Tab, alice: Person) -> None:
    await tab.go(f"/triggers/{manual(alice)}")
    await tab.page.click("text=Run >> visible=true")
    await tab.sees("h1", "Run By hand")
    keyboard = tab.page.keyboard
    await press_until(tab, "Tab", "field-input/order/id")
    await keyboard.type("1042")
    await press_until(tab, "Tab", "act-add:input/lines")
    await keyboard.press("Enter")
    await tab.eventually("document.activeElement.id === 'field-input/lines/0/sku'")
    await keyboard.type("A-1")
    await press_until(tab, "Tab", "act-add:input/lines/0/tags")
    await keyboard.press("Enter")
    await tab.eventually("document.activeElement.id === 'field-input/lines/0/tags/0'")
    await press_until(tab, "Tab", "act-remove:input/lines/0/tags/0")
    await keyboard.press("Enter")
    await tab.eventually("document.activeElement.id === 'act-add:input/lines/0/tags'")
    assert await tab.page.input_value("[id='field-input/lines/0/sku']") == "A-1"
    await press_until(tab, "Tab", "field-note")
    await keyboard.type("The sender lost it")
    await press_until(tab, "Shift+Tab", "field-input/lines/0/sku")
    await keyboard.press("Enter")

    await tab.sees("h1", "By Alice")
    await tab.sees("dd", "The sender lost it")
    await tab.sees(".track .lamp", "Succeeded")
    await tab.page.click("text=What caused what")
    await tab.sees(".lineage [aria-current]", "By Alice")
    await tab.sees(".lineage ol .what", "Send it: succeeded")
    await tab.sees(".lineage ol .started", "Succeeded")


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed (npm ci)")
@pytest.mark.parametrize("width", [1280, 375])
async def test_form_and_lineage_are_accessible_and_fit(
    yard: Yard, alice: Person, width: int
) -> None:
    yard.expected.append("422")
    tab = await yard.open(width=width)
    trigger_id = manual(alice)
    await tab.go(f"/triggers/{trigger_id}/run")
    await tab.page.click("[id='act-add:input/lines']")
    await tab.eventually("document.activeElement.id === 'field-input/lines/0/sku'")
    await tab.page.click(".run-form .actions button[type=submit]")
    await tab.sees("[aria-invalid]")
    assert await in_both_themes(tab.page) == []
    await fits(tab)

    run = {"input": {"order": {"id": 1}, "lines": []}, "note": "Why"}
    made = alice.team.api.post(f"/triggers/{trigger_id}/runs", json=run)
    await tab.go(f"/events/{made.json()['event_id']}/lineage")
    await tab.sees(".lineage ol .started", "Succeeded")
    assert await in_both_themes(tab.page) == []
    await fits(tab)


async def fits(tab: Tab) -> None:
    """Nothing stands out at the side."""
    assert await tab.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
