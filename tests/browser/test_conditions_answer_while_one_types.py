"""The form beside an event: what the clauses make of it changes while one types, and a click on a
field of the event puts its path where one is."""

from tests.browser.test_conditions_are_built_in_rows import button, focused, named
from tests.browser.test_every_page_is_accessible import AXE, in_both_themes
from tests.browser.watching import Person, Tab, Yard, deliver

TOTAL = {"all": [{"path": "$.order.total", "op": "gte", "value": 100}]}


async def open_form(tab: Tab, alice: Person, conditions: object = TOTAL) -> str:
    """The edit form of a trigger with two events; the id of the older one."""
    hook = alice.team.hook(conditions=conditions)
    first = await deliver(hook, {"order": {"total": 500, "vip": True}})
    await deliver(hook, {"order": {"total": 40, "note": "a"}})
    await tab.go(f"/triggers/{hook.id}/edit")
    return first


async def test_the_mark_follows_what_is_typed_and_the_focus_stays(tab: Tab, alice: Person) -> None:
    first = await open_form(tab, alice)
    page = tab.page
    await tab.sees("#trial-row-0 .mark-missed")
    await tab.sees("#trial-row-0", "does not match: found 40")
    await tab.sees("#trial-verdict", "Would not fire")
    await tab.sees("#rates-whole", "1 of the last 2 events (50 %)")

    await page.focus(named("0.value"))
    await page.keyboard.press("End")
    await page.keyboard.press("Backspace")
    await tab.sees("#trial-row-0 .mark-passed")
    await tab.sees("#trial-verdict", "Would fire")
    await focused(tab, "field-conditions.0.value")
    await tab.sees("#rates-whole", "2 of the last 2 events (100 %)")

    await page.fill(named("0.value"), "many")
    await tab.sees("[id='error-conditions.0.value']", "Must be a number")
    assert await page.get_attribute(named("0.value"), "aria-invalid") == "true"
    await focused(tab, "field-conditions.0.value")
    await page.fill(named("0.value"), "450")
    await tab.eventually(
        "document.querySelectorAll('#desk-conditions [aria-invalid]').length === 0"
    )

    await page.select_option("#field-chosen", first)
    await tab.sees("#trial-row-0 .mark-passed")
    await tab.sees("#event-tree", "vip")


async def test_a_click_on_a_field_fills_the_clause_one_is_at(tab: Tab, alice: Person) -> None:
    await open_form(tab, alice)
    page = tab.page
    await page.click(button("add"))
    await focused(tab, "field-conditions.1.path")

    await page.click("[data-pick='$.order.note']")

    assert await page.input_value(named("1.path")) == "$.order.note"
    await focused(tab, "field-conditions.1.path")
    await tab.sees("#trial-row-1", "not finished")
    await page.fill(named("1.value"), "a")
    await tab.sees("#trial-row-1", 'matches: found "a"')
    await page.click("#event-tree summary:text-is('Event details')")
    await page.click("[data-pick='$.size']")
    assert await page.input_value(named("1.source")) == "meta"
    assert await page.input_value(named("1.path")) == "$.size"
    assert await page.get_attribute(named("1.path"), "list") == "known-meta"
    assert await page.input_value(named("0.path")) == "$.order.total"


async def test_another_operator_asks_for_another_value_and_loses_none(
    tab: Tab, alice: Person
) -> None:
    await open_form(tab, alice)
    page = tab.page

    async def choose(op: str) -> None:
        async with page.expect_response("**/form"):
            await page.select_option(named("0.op"), op)
            await page.focus(named("0.value"))

    await choose("in")
    await tab.eventually(f'document.querySelector("{named("0.kind")}").value === "list"')
    await choose("between")
    await tab.sees(named("0.upto"))
    await page.fill(named("0.value"), "30")
    await page.fill(named("0.upto"), "50")
    await tab.sees("#trial-row-0", "matches: found 40")
    await choose("eq")
    await tab.eventually("!document.querySelector('.of-upto')")
    await focused(tab, "field-conditions.0.value")
    assert await page.input_value(named("0.value")) == "30"
    await choose("between")
    await tab.sees(named("0.upto"))
    assert await page.input_value(named("0.upto")) == "50"


async def test_without_a_mouse_a_field_makes_a_clause_of_its_own(tab: Tab, alice: Person) -> None:
    await open_form(tab, alice, None)
    page = tab.page

    await page.focus("[data-pick='$.order.total']")
    await page.keyboard.press("Enter")

    await focused(tab, "field-conditions.0.path")
    assert await page.input_value(named("0.path")) == "$.order.total"
    assert await page.input_value(named("0.kind")) == "number"
    await page.fill(named("0.value"), "40")
    await tab.sees("#trial-verdict", "Would fire")
    await tab.sees("#trial-words", "order.total is 40")


async def test_a_sample_is_pasted_for_a_trigger_that_is_not_there_yet(
    yard: Yard, tab: Tab, alice: Person
) -> None:
    yard.expected.append("422")
    alice.team.workflow(alice.team.step())
    page = tab.page
    await tab.go("/triggers/new?kind=webhook")
    await tab.sees("#event-tree", "total")
    await page.select_option("#field-chosen", "pasted")
    await page.fill("#field-sample", '{"basket": {"size": 3}')
    await tab.sees("#error-sample", "line 1, column 23")
    await page.fill("#field-sample", '{"basket": {"size": 3}}')
    await tab.eventually("document.querySelector('#error-sample').textContent === ''")
    await page.click("[data-pick='$.basket.size']")
    await focused(tab, "field-conditions.0.path")
    await page.fill(named("0.value"), "3")
    await tab.sees("#trial-row-0 .mark-passed")

    await page.click("text=Edit as JSON")
    await focused(tab, "field-conditions")
    await tab.sees("#trial-listed", "basket.size is 3")
    await tab.sees("#trial-verdict", "Would fire")
    await page.fill("#field-conditions", '{"all": [')
    await tab.sees("#error-conditions", "This is not valid JSON. See line 1, column 10.")
    await focused(tab, "field-conditions")
    # A form that comes back with mistakes leaves the event, and what was pasted, as it was.
    await page.click("text=Create trigger")
    await tab.sees("#trouble")
    assert await page.input_value("#field-sample") == '{"basket": {"size": 3}}'
    await tab.sees("[data-pick='$.basket.size']")


async def test_every_kind_of_clause_breaks_no_rule_and_fits_a_narrow_screen(
    yard: Yard, alice: Person
) -> None:
    clauses = [
        {"path": "$.order.lines[*].sku", "op": "matches", "value": "^A", "quantifier": "all",
         "case_insensitive": True, "missing": "error", "type": "string"},
        {"path": "$.order.total", "op": "between", "value": [1, 50]},
        {"path": "$.order.total", "op": "gt", "value_path": "$.order.limit"},
        {"path": "$['user-agent']", "source": "headers", "op": "exists"},
        {"path": "$.order.total", "op": "is_type", "value": "number"},
        {"op": "expr", "value": "body.order.total > 100 &&\n  has(body.order.vip)"},
        {"any": [{"path": "$.order.note", "op": "in", "value": ["a", "b"]}]},
    ]  # fmt: skip
    for width in (1440, 375):
        tab = await yard.open(width=width)
        await open_form(tab, alice, {"all": clauses})
        await tab.sees("#trial-row-6-0", "matches")
        await tab.page.evaluate(
            "document.querySelectorAll('.desk details').forEach((d) => d.open = true)"
        )
        over = await tab.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert over <= 0
        if AXE.is_file():
            assert await in_both_themes(tab.page) == []
