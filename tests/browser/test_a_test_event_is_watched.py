import json
import re
from typing import Any

import pytest

from tests.browser.watching import Person, Yard
from tests.support.installation import Hook

CONDITIONS = {"all": [{"path": "$.action", "op": "eq", "value": "opened"}]}


def triggered(alice: Person, **trigger: Any) -> Hook:
    """A trigger whose workflow runs with any body."""
    step = alice.team.step(body={"hello": "target"})
    return alice.team.trigger(alice.team.workflow(step), **trigger)


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (375, "dark")])
async def test_a_body_is_edited_sent_and_followed_to_its_end(
    yard: Yard, alice: Person, width: int, theme: str
) -> None:
    hook = triggered(alice, scheme="github", conditions=CONDITIONS)
    tab = await yard.open(width=width, theme="dark" if theme == "dark" else "light")
    await tab.go(f"/triggers/{hook.id}")
    await tab.stay()
    assert json.loads(await tab.page.input_value("#field-body"))["action"] == "opened"

    await tab.page.click("#test button[type=submit]")

    await tab.sees(".test-result h3", "Accepted")
    await tab.sees(".outcome .lamp", "Fired")
    await tab.sees(".outcome .lamp", "Succeeded")
    await tab.sees("#show .tag", "Test")

    typed = '{"id": "1", "action": "edited"}'
    await tab.page.fill("#field-body", typed)
    await tab.page.click("#test button[type=submit]")

    await tab.sees(".outcome .lamp", "Filtered")
    cells = await tab.page.locator(".outcome tr.missed td").all_inner_texts()
    assert cells[1:5] == ["$.action", "is", '"opened"', '"edited"']
    assert await tab.page.input_value("#field-body") == typed
    assert await tab.stayed()
    assert await tab.page.evaluate("document.documentElement.scrollWidth") <= width


async def test_a_refused_test_is_explained_and_listed_below(yard: Yard, alice: Person) -> None:
    hook = triggered(alice, scheme="github")
    tab = await yard.open()
    await tab.go(f"/triggers/{hook.id}")

    await tab.page.click("#test-headers summary")
    await tab.page.fill("#field-headers", "X-Hub-Signature-256: sha256=00")
    await tab.page.click("#test button[type=submit]")

    await tab.sees(".test-result h3", "Refused")
    await tab.sees("#refused .lamp", "Wrong signature")


async def test_live_updates_leave_a_half_typed_body_and_its_result_alone(
    yard: Yard, alice: Person
) -> None:
    hook = triggered(alice, scheme="github")
    tab, other = await yard.open(), await yard.open()
    await tab.go(f"/triggers/{hook.id}")
    await tab.page.click("#test button[type=submit]")
    await tab.sees(".outcome .lamp", "Succeeded")
    await tab.page.fill("#field-body", '{"half')
    await other.go(f"/triggers/{hook.id}")

    await other.page.click("#activation")

    await tab.sees("#switch-words", "Off")
    assert await tab.page.input_value("#field-body") == '{"half'
    assert await tab.page.locator(".outcome .lamp", has_text="Succeeded").count() == 1


async def test_a_secret_that_was_made_stays_in_view_until_one_leaves(
    yard: Yard, alice: Person
) -> None:
    hook = triggered(alice, scheme="standard")
    tab = await yard.open()
    await tab.go(f"/triggers/{hook.id}")
    await tab.page.click("#rotation summary")

    await tab.page.click("#rotation button[type=submit]")

    made = await (await tab.sees("#new-secret")).inner_text()
    await tab.sees("#secret-list .lamp", "Ending")
    await tab.page.click("#test button[type=submit]")
    await tab.sees(".outcome .lamp", "Succeeded")
    assert re.fullmatch(r"whsec_\S+", made)
    assert await tab.page.locator("#new-secret").inner_text() == made


async def test_an_earlier_version_is_looked_at_and_brought_back(yard: Yard, alice: Person) -> None:
    hook = triggered(alice, scheme="github", conditions=CONDITIONS)
    changed = alice.team.api.patch(f"/triggers/{hook.id}", json={"conditions": None})
    assert changed.status_code == 200, changed.text
    tab = await yard.open()
    await tab.go(f"/triggers/{hook.id}")
    await tab.stay()
    tab.page.on("dialog", lambda dialog: dialog.accept())

    await tab.page.click("#changes-2 summary")
    await tab.sees("#changes-2 .differences", "conditions")
    await tab.page.click("#version-1 button")

    await tab.sees("#version-3 .tag", "in force")
    await tab.sees("#show .conditions code", "$.action")
    assert await tab.stayed()


async def test_samples_are_chosen_with_the_keyboard(yard: Yard, alice: Person) -> None:
    hook = triggered(alice, scheme="github")
    tab = await yard.open()
    await tab.go(f"/triggers/{hook.id}")
    await tab.sees("#hook-lines")

    await tab.page.focus("#sample-try")
    await tab.page.keyboard.press("ArrowRight")

    await tab.sees("#code-python")
    assert not await tab.page.locator("#hook-lines").is_visible()


async def test_a_secret_that_rolling_back_made_is_shown_instead_of_the_page(
    yard: Yard, alice: Person
) -> None:
    hook = triggered(alice, scheme="github")
    changed = alice.team.api.patch(f"/triggers/{hook.id}", json={"config": {"scheme": "none"}})
    assert changed.status_code == 200, changed.text
    tab = await yard.open()
    await tab.go(f"/triggers/{hook.id}")
    tab.page.on("dialog", lambda dialog: dialog.accept())

    await tab.page.click("#version-1 button")

    await tab.sees("#new-secret")
    assert await tab.page.locator("#versions").count() == 0
