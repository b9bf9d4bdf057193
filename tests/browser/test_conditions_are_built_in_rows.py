import pytest
from playwright.async_api import Page

from tests.browser.test_small_screens_and_both_themes import WIDE
from tests.browser.watching import Person, Tab, Theme, Yard

NESTED = {
    "all": [
        {"path": "$.action", "op": "eq", "value": "opened"},
        {
            "any": [
                {"path": "$.order.total", "op": "gte", "value": 100},
                {"path": "$.customer.vip", "op": "exists"},
            ]
        },
    ]
}


def named(name: str) -> str:
    return f"[name='conditions.{name}']"


def button(name: str) -> str:
    return f"[id='button-conditions.{name}']"


async def focused(tab: Tab, id_: str) -> None:
    """Wait until the element of this id has the focus."""
    await tab.eventually(f"document.activeElement.id === {id_!r}")


async def fill(page: Page, place: str, path: str, op: str, value: str = "") -> None:
    await page.fill(named(f"{place}.path"), path)
    async with page.expect_response("**/form"):
        await page.select_option(named(f"{place}.op"), op)
    if value:
        await page.fill(named(f"{place}.value"), value)


async def conditions_of(alice: Person, name: str) -> object:
    (trigger,) = alice.team.api.get("/triggers", params={"name": name}).json()["items"]
    return alice.team.api.get(f"/triggers/{trigger['id']}").json()["conditions"]


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (375, "dark")])
async def test_nested_conditions_are_made_with_the_mouse(
    yard: Yard, alice: Person, width: int, theme: Theme
) -> None:
    alice.team.workflow(alice.team.step())
    tab = await yard.open(width=width, theme=theme)
    page = tab.page
    await tab.go("/triggers/new?kind=webhook")
    await page.fill("#field-name", "Nested")
    await page.select_option("#field-workflow_id", index=1)

    await page.click(button("add"))
    await focused(tab, "field-conditions.0.path")
    await page.select_option(named("0.op"), "ne")  # its answer must not stand in the way
    await page.click(button("group"))
    await focused(tab, "field-conditions.1.0.path")
    await fill(page, "1.0", "$.order.total", "gte", "100")
    await page.click(button("1.add"))
    await focused(tab, "field-conditions.1.1.path")
    await fill(page, "1.1", "$.customer.vip", "exists")
    assert not await page.is_visible(named("1.1.value"))
    await fill(page, "0", "$.action", "eq", "opened")
    over = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert over <= 0, await page.evaluate(WIDE)
    await page.click("text=Create trigger")
    await tab.sees("#new-secret")

    assert await conditions_of(alice, "Nested") == NESTED


async def test_nested_conditions_are_made_with_the_keyboard(tab: Tab, alice: Person) -> None:
    alice.team.workflow(alice.team.step())
    page, keys = tab.page, tab.page.keyboard
    await tab.go("/triggers/new?kind=webhook")
    await page.select_option("#field-workflow_id", index=1)
    await page.focus(button("group"))
    await keys.press("Enter")
    await focused(tab, "field-conditions.0.0.path")
    await keys.type("$.order.total")
    await keys.press("Tab")
    await keys.type("is at least")
    await tab.eventually(f'document.querySelector("{named("0.0.kind")}").value === "number"')
    await focused(tab, "field-conditions.0.0.op")
    await keys.press("Tab")
    await keys.press("Tab")
    await keys.type("100")
    await page.focus(button("0.add"))
    await keys.press("Space")
    await focused(tab, "field-conditions.0.1.path")
    await keys.type("$.customer.vip")
    await keys.press("Tab")
    await keys.type("exists")
    await page.focus(button("add"))
    await keys.press("Enter")
    await focused(tab, "field-conditions.1.path")
    await keys.type("$.action")
    await page.fill(named("1.value"), "opened")
    # Up leads into the group, on through it, and out again at its top.
    await page.focus(button("1.up"))
    for place in ("0.2.up", "0.1.up", "0.0.up", "0.down"):
        await keys.press("Enter")
        await focused(tab, f"button-conditions.{place}")
    await page.fill("#field-name", "By keyboard")
    await keys.press("Enter")
    await tab.sees("#new-secret")

    assert await conditions_of(alice, "By keyboard") == NESTED


async def test_rows_and_json_are_two_views_of_the_same(tab: Tab, alice: Person) -> None:
    hook = alice.team.hook(conditions=NESTED)
    page = tab.page
    await tab.go(f"/triggers/{hook.id}/edit")
    await page.fill(named("0.value"), "closed")

    await page.click("text=Edit as JSON")
    await focused(tab, "field-conditions")
    text = await page.input_value("#field-conditions")
    await page.fill("#field-conditions", text.replace("100", "250"))
    await page.click("text=Edit as rows")

    await focused(tab, "button-conditions.mode")
    assert await page.input_value(named("0.value")) == "closed"
    assert await page.input_value(named("1.0.value")) == "250"


async def test_the_focus_goes_to_the_next_row_when_one_is_removed(tab: Tab, alice: Person) -> None:
    hook = alice.team.hook(conditions=NESTED)
    await tab.go(f"/triggers/{hook.id}/edit")

    for place, then in (("1.0", "1.0.remove"), ("1.0", "1.add"), ("1", "0.remove"), ("0", "add")):
        await tab.page.click(button(f"{place}.remove"))
        await focused(tab, f"button-conditions.{then}")

    await tab.sees("#conditions", "every event fires")


async def test_another_signature_brings_its_fields_and_keeps_what_was_typed(tab: Tab) -> None:
    page = tab.page
    await tab.go("/triggers/new?kind=webhook")
    await page.fill("#field-header", "X-Mine")

    await page.select_option("#field-scheme", "none")
    await tab.sees("#scheme-settings", "Nothing proves who sends")
    assert not await page.locator("#field-header").count()
    await page.select_option("#field-scheme", "hmac")
    await tab.sees("#field-header")

    assert await page.input_value("#field-header") == "X-Mine"
