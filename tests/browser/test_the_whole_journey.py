"""From an empty installation to a workflow that was rolled back, as its first admin goes."""

from collections.abc import Iterator

import pytest
from playwright.async_api import Browser

from tests.browser.test_every_page_is_accessible import AXE, violations
from tests.browser.watching import Tab, Theme
from tests.conftest import fresh_installation
from tests.support.installation import Installation
from tests.support.people import PASSWORD
from tests.support.servers import TestServers


@pytest.fixture
def signalbox(servers: TestServers) -> Iterator[Installation]:
    """A new installation, in which nobody can sign in yet."""
    with fresh_installation(servers) as installation:
        yield installation


async def look(tab: Tab) -> None:
    """What stands there fits its window, and breaks no rule of accessibility."""
    over = await tab.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert over <= 0, f"{tab.page.url} is {over} px too wide"
    if AXE.is_file():
        assert await violations(tab.page) == [], tab.page.url


async def set_up(tab: Tab, address: str) -> None:
    """The first admin, by the address that stands on the console."""
    await tab.page.goto(address)
    await look(tab)
    for field, value in {"team": "North Junction", "name": "Alice", "email": "alice@example.org",
                         "password": PASSWORD}.items():  # fmt: skip
        await tab.page.fill(f"#field-{field}", value)
    await tab.page.click("text=Set up >> nth=-1")
    await tab.sees("h1", "Overview")
    await look(tab)


async def make_a_workflow(tab: Tab, target: str) -> str:
    """Published; its address."""
    page = tab.page
    await tab.go("/workflows/new")
    await page.fill("#field-name", "Tell the warehouse")
    await page.fill("[name='steps.0.url']", target)
    await page.select_option("[name='steps.0.body_kind']", "none")
    await look(tab)
    await page.click("text=Create and publish")
    await tab.sees("h1", "Tell the warehouse")
    await look(tab)
    return page.url


async def make_a_trigger(tab: Tab) -> str:
    """For what is opened and (a big order or an important customer); its address."""
    page = tab.page
    await tab.go("/triggers/new?kind=webhook")
    await page.fill("#field-name", "Big orders")
    await page.select_option("#field-workflow_id", label="Tell the warehouse")
    await page.select_option("#field-scheme", "github")
    await page.click("[id='button-conditions.add']")
    await clause(tab, "0", "$.action", "eq", "opened")
    await page.click("[id='button-conditions.group']")
    await clause(tab, "1.0", "$.order.total", "gte", "100")
    await page.click("[id='button-conditions.1.add']")
    await clause(tab, "1.1", "$.customer.vip", "exists")
    await look(tab)
    await page.click("text=Create trigger")
    await tab.sees("#new-secret")
    await page.click("text=I have kept it")
    await tab.sees("h1", "Big orders")
    return page.url


async def clause(tab: Tab, place: str, path: str, op: str, value: str = "") -> None:
    """Fill in a row."""
    name = f"conditions.{place}"
    await tab.page.fill(f"[name='{name}.path']", path)
    if op != "eq":  # as a new row has it
        async with tab.page.expect_response("**/form"):
            await tab.page.select_option(f"[name='{name}.op']", op)
    if value:
        await tab.page.fill(f"[name='{name}.value']", value)


async def send_test_events(tab: Tab) -> None:
    """One that is filtered, one that fires, each followed to its end; then why."""
    page = tab.page
    await page.fill("#field-body", '{"action": "opened", "order": {"total": 12}, "customer": {}}')
    await page.click("#test button[type=submit]")
    await tab.sees(".outcome .lamp", "Filtered")
    await page.fill("#field-body", '{"action": "opened", "order": {"total": 120}}')
    await page.click("#test button[type=submit]")
    await tab.sees(".outcome .lamp", "Succeeded")
    await look(tab)
    await tab.go("/events")
    await page.click("tr[id^=event-] >> nth=0 >> a >> nth=0")
    await tab.sees("main .lamp", "Fired")
    await tab.sees("main", "$.order.total")
    await look(tab)
    await tab.go("/executions")
    await page.click("tr[id^=execution-] a >> nth=0")
    await tab.sees("main .lamp", "Succeeded")
    await look(tab)


async def edit_the_trigger_and_roll_back(tab: Tab, address: str) -> None:
    """Another version, and then the first one again."""
    page = tab.page
    await page.goto(f"{address}/edit")
    await page.fill("[name='conditions.0.value']", "closed")
    await page.click("button[type=submit] >> text=Save")
    await tab.sees("#version-2 .tag", "in force")
    page.once("dialog", lambda dialog: dialog.accept())
    await page.click("#version-1 button")
    await tab.sees("#version-3 .tag", "in force")


async def edit_the_workflow_and_roll_back(tab: Tab, address: str, target: str) -> None:
    """Another version, and then the first one again."""
    page = tab.page
    await page.goto(f"{address}/edit")
    await page.fill("[name='steps.0.url']", target)
    await page.click("text=Publish…")
    await page.click("text=Publish the draft")
    await tab.sees("#published", "Version 2")
    await page.goto(f"{address}/versions/1")
    await look(tab)
    await page.click("text=Roll back to this version")
    await tab.sees("#published", "Version 3")


@pytest.mark.timeout(180)
@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (375, "dark")])
async def test_from_setting_up_to_rolling_back(
    chromium: Browser, signalbox: Installation, width: int, theme: Theme
) -> None:
    context = await chromium.new_context(
        viewport={"width": width, "height": 900}, color_scheme=theme, reduced_motion="reduce"
    )
    page = await context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    tab = Tab(page, signalbox.base_url)

    await set_up(tab, signalbox.cli("setup-link"))
    workflow = await make_a_workflow(tab, signalbox.target_url("/journey"))
    trigger = await make_a_trigger(tab)
    await send_test_events(tab)
    await edit_the_trigger_and_roll_back(tab, trigger)
    await edit_the_workflow_and_roll_back(tab, workflow, signalbox.target_url("/elsewhere"))

    await context.close()
    assert complaints == []
