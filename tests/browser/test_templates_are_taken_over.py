"""Templates and publishing in a real browser: an input schema is told while it is typed, a version
that breaks a trigger wants a tick, and what is new in a template is taken over by choice."""

import json

from tests.browser.test_every_page_is_accessible import in_both_themes
from tests.browser.watching import Person, Tab, Yard, deliver

SCHEMA = {"type": "object", "required": ["order"], "properties": {"order": {"type": "integer"}}}


def step(**changes: object) -> dict[str, object]:
    known = {"key": "notify", "kind": "http", "url": "https://example.org/first"}
    return {**known, **changes}


def made_from_a_template(alice: Person) -> str:
    """A workflow whose step was changed after it was made from a template that has moved on."""
    api = alice.team.api
    source = api.post("/workflows", json={"name": "Source", "steps": [step()]}).json()["id"]
    named = {"name": "Orders", "workflow_id": source, "description": "For orders of any kind."}
    template = api.post("/workflow-templates", json=named).json()["id"]
    made = api.post("/workflows", json={"name": "Made", "template": template}).json()["id"]
    api.patch(f"/workflows/{made}", json={"steps": [step(timeout_s=30)]}).raise_for_status()
    newer = [step(url="https://example.org/newer"), step(key="last")]
    changed = {"steps": newer, "input_schema": SCHEMA}
    api.patch(f"/workflows/{source}", json=changed).raise_for_status()
    version = {"workflow_id": source, "note": "Another address, and a second step"}
    api.post(f"/workflow-templates/{template}/versions", json=version).raise_for_status()
    return str(made)


async def test_an_input_schema_is_told_while_it_is_typed(tab: Tab) -> None:
    await tab.go("/workflows/new?template=library:enrich-and-post")
    await tab.sees("#schema-told", "customer.id")

    await tab.page.fill("#field-input_schema", '{"type": "array"}')
    await tab.sees("#schema-told .error", "inputs have names")
    assert await tab.page.evaluate("document.activeElement.id") == "field-input_schema"
    await tab.page.fill("#field-input_schema", json.dumps(SCHEMA))
    await tab.sees("#schema-told td", "a whole number")


async def test_publishing_what_breaks_a_trigger_wants_a_tick(tab: Tab, alice: Person) -> None:
    hook = alice.team.hook()
    await deliver(hook, {"id": "1"})
    workflow = alice.team.api.get(f"/triggers/{hook.id}").json()["workflow_id"]
    draft = {"steps": [step(body="{{ $.note }}")], "draft": True, "input_schema": SCHEMA}
    alice.team.api.patch(f"/workflows/{workflow}", json=draft).raise_for_status()

    await tab.go(f"/workflows/{workflow}/publication", live=False)
    await tab.sees(".touched .lamp", "Would break")
    assert await in_both_themes(tab.page) == []
    await tab.page.click("text=Publish the draft")
    assert tab.page.url.endswith("/publication")
    await tab.page.get_by_label("Publish although 1 trigger would break").focus()
    await tab.page.keyboard.press("Space")
    await tab.page.click("text=Publish the draft")
    await tab.page.wait_for_url(f"**/workflows/{workflow}")
    await tab.sees("#published", "Version 2")

    await tab.go(f"/workflows/{workflow}/versions/1")
    await tab.sees(".touched .lamp")
    await tab.page.click("text=Roll back to this version")
    await tab.page.wait_for_url(f"**/workflows/{workflow}")
    await tab.sees("#published", "Version 3")


async def test_a_conflict_is_decided_by_the_one_who_looks_at_it(yard: Yard, alice: Person) -> None:
    made = made_from_a_template(alice)
    tab = await yard.open(width=375)

    await tab.go(f"/workflows/{made}")
    await tab.page.click("text=See what is new")
    await tab.sees(".parts", "It was changed here, too")
    assert await in_both_themes(tab.page) == []
    assert await tab.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    await tab.page.get_by_label("Take the template's").focus()
    await tab.page.keyboard.press("Space")
    await tab.sees("section[aria-labelledby=result]", "https://example.org/newer")
    assert await tab.page.evaluate("document.activeElement.id") == "take.steps.notify"
    await tab.page.click("text=Take into the draft")
    await tab.page.wait_for_url(f"**/workflows/{made}")

    now = alice.team.api.get(f"/workflows/{made}").json()
    assert [each["url"] for each in now["draft_steps"]] == [
        "https://example.org/newer",
        "https://example.org/first",
    ]
    assert now["draft_input_schema"] == SCHEMA
    assert now["version"] == 2
    await tab.go("/workflow-templates")
    assert await in_both_themes(tab.page) == []
    await tab.go(f"/workflows/{made}/template", live=False)
    assert await in_both_themes(tab.page) == []
