import asyncio
import shutil
import subprocess

import pytest
from playwright.async_api import Dialog

from tests.browser.watching import Person, Tab, Yard


async def test_a_workflow_and_a_trigger_are_made_and_fire_by_the_lines_on_the_page(
    yard: Yard, tab: Tab, alice: Person
) -> None:
    if not (shutil.which("curl") and shutil.which("openssl")):
        pytest.skip("the lines need curl and openssl, which are not installed here")
    url = alice.team.installation.target_url("/made-in-the-browser")
    page = tab.page
    await tab.go("/workflows/new")
    await page.fill("#field-name", "Tell the warehouse")
    await page.fill("[name='steps.0.url']", url)
    await page.select_option("[name='steps.0.body_kind']", "none")
    await page.click("text=Create and publish")
    await tab.sees("h1", "Tell the warehouse")

    await tab.go("/triggers/new?kind=webhook")
    await page.fill("#field-name", "Big orders")
    await page.select_option("#field-workflow_id", label="Tell the warehouse")
    await page.click("text=Add a clause")
    await page.fill("[name='conditions.0.path']", "$.order.total")
    await page.select_option("[name='conditions.0.op']", "gte")
    await tab.eventually(
        "document.querySelector(\"[name='conditions.0.kind']\").value === 'number'"
    )
    await page.fill("[name='conditions.0.value']", "100")
    await page.click("text=Create trigger")
    await tab.sees("#new-secret")
    lines = await page.inner_text("#hook-lines")
    await page.click("text=I have kept it")
    await tab.sees("strong", "Waiting for the first event")

    await asyncio.to_thread(
        subprocess.run, ["sh", "-eu"], input=lines.encode(), check=True, capture_output=True
    )

    await tab.sees("tr[id^=event-] .lamp", "Fired")
    await tab.sees("tr[id^=event-] .lamp", "Succeeded")


async def test_a_mistake_brings_the_form_back_and_a_summary_leads_to_it(
    yard: Yard, tab: Tab, alice: Person
) -> None:
    yard.expected.append("422")  # browsers note each answer of an error status
    alice.team.workflow(alice.team.step())
    page = tab.page
    await tab.go("/triggers/new?kind=webhook")
    await page.fill("#field-name", "Kept")
    await page.select_option("#field-workflow_id", index=1)
    await page.click("text=Edit as JSON")
    await page.fill("#field-conditions", '{"all": [')
    await page.click("text=How the address answers")
    await page.fill("#field-dedup_days", "99")
    await page.click("text=How the address answers")

    await page.click("text=Create trigger")

    await tab.eventually("document.activeElement.id === 'trouble'")
    await tab.sees("#error-conditions", "This is not valid JSON.")
    assert await page.input_value("#field-name") == "Kept"
    assert await page.input_value("#field-conditions") == '{"all": ['
    await tab.sees("#error-dedup_days", "from 1 to 30")  # its fold was closed
    await page.click("#trouble a >> text=Conditions")
    assert await page.evaluate("document.activeElement.id") == "field-conditions"


async def test_deleting_asks_first(tab: Tab, alice: Person) -> None:
    hook = alice.team.hook()
    await tab.go(f"/triggers/{hook.id}")
    asked: list[str] = []

    async def refuse(dialog: Dialog) -> None:
        asked.append(dialog.message)
        await dialog.dismiss()

    async def agree(dialog: Dialog) -> None:
        await dialog.accept()

    tab.page.once("dialog", refuse)
    await tab.page.click("text=Delete")
    assert alice.team.api.get(f"/triggers/{hook.id}").status_code == 200

    tab.page.once("dialog", agree)
    await tab.page.click("text=Delete")
    await tab.sees("h1", "Triggers")

    assert asked
    assert "Delete this trigger?" in asked[0]
    assert alice.team.api.get(f"/triggers/{hook.id}").status_code == 404
