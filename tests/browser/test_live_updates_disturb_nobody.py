import re

from tests.browser.watching import Person, Tab, deliver


async def test_focus_an_open_fold_and_a_selection_survive(tab: Tab, alice: Person) -> None:
    hook = alice.team.hook()
    await deliver(hook, {"id": "first"})
    await tab.go(f"/triggers/{hook.id}")
    await tab.sees("tr[id^=event-] .lamp", "Succeeded")
    await tab.page.click("#test-headers summary")
    await tab.page.evaluate("getSelection().selectAllChildren(document.querySelector('#hook-url'))")
    await tab.page.focus("tr[id^=event-] td.title a")
    focused = await tab.page.evaluate("document.activeElement.href")

    event_id = await deliver(hook, {"id": "second"})

    await tab.sees(f"#event-{event_id} .lamp", "Succeeded")
    assert await tab.page.evaluate("document.activeElement.href") == focused
    assert await tab.page.evaluate("document.querySelector('#test-headers').open")
    assert await tab.page.evaluate("String(getSelection())") == hook.url


async def test_typing_goes_on_while_the_list_below_is_refreshed(tab: Tab, alice: Person) -> None:
    hook = alice.team.hook()
    await tab.go("/triggers")
    await tab.page.evaluate(
        "document.querySelector('#filters').insertAdjacentHTML('beforeend', '<input id=typed>')"
    )
    await tab.page.click("#typed")
    await tab.page.keyboard.type("half a wo")

    await deliver(hook, {"id": "meanwhile"})
    await tab.sees(f"#trigger-{hook.id} .lamp", "Healthy")
    await tab.page.keyboard.type("rd")

    assert await tab.page.input_value("#typed") == "half a word"


async def test_a_half_filled_form_stays_while_events_come(tab: Tab, alice: Person) -> None:
    hook = alice.team.hook()
    await tab.go(f"/triggers/{hook.id}/edit")
    await tab.page.click("text=Edit as JSON")
    await tab.page.fill("#field-conditions", '{"all": [')
    await tab.page.focus("#field-name")

    event_id = await deliver(hook, {"id": "meanwhile"})
    alice.team.decision(event_id)
    await tab.page.keyboard.press("End")
    await tab.page.keyboard.type(" and more")

    assert await tab.page.input_value("#field-name") == "Orders and more"
    assert await tab.page.input_value("#field-conditions") == '{"all": ['


async def test_a_switch_keeps_the_focus_and_shows_what_the_database_says(
    tab: Tab, alice: Person
) -> None:
    hook = alice.team.hook()
    await tab.go("/triggers")
    await tab.page.focus(f"#switch-{hook.id}")

    await tab.page.keyboard.press("Space")
    await tab.sees(f"#switch-{hook.id}[aria-checked=false]")
    await tab.sees(f"#trigger-{hook.id} .lamp", "Paused")

    assert await tab.page.evaluate("document.activeElement.id") == f"switch-{hook.id}"
    assert alice.team.api.get(f"/triggers/{hook.id}").json()["enabled"] is False


async def test_times_are_told_as_ago_with_the_exact_one_beside(tab: Tab, alice: Person) -> None:
    event_id = await deliver(alice.team.hook(), {"id": "timed"})
    await tab.go("/events")

    time = await tab.sees(f"#event-{event_id} time")

    assert await time.inner_text() in {"now", *(f"{seconds} s ago" for seconds in range(60))}
    await tab.page.click("[data-zone-switch]")
    await tab.sees("[data-zone-switch]", "UTC")
    title = await time.get_attribute("title") or ""
    assert re.search(r"20\d\d.*UTC$", title)


async def test_scroll_an_open_fold_and_half_typed_text_survive_on_the_first_page(
    tab: Tab, alice: Person
) -> None:
    hook = alice.team.hook()
    await deliver(hook, {"id": "first"})
    await tab.go("/")
    await tab.sees("#day-table summary")
    await tab.page.click("#day-table summary")
    await tab.page.evaluate(
        "document.querySelector('#overview').insertAdjacentHTML('beforebegin', '<input id=typed>')"
    )
    await tab.page.set_viewport_size({"width": 900, "height": 400})
    await tab.page.click("#typed")
    await tab.page.keyboard.type("half")
    await tab.page.evaluate("scrollTo(0, 250)")
    before = await tab.page.evaluate("scrollY")

    event_id = await deliver(hook, {"id": "second"})

    await tab.page.wait_for_selector(f"#overview-event-{event_id}")
    assert await tab.page.evaluate("scrollY") == before > 0
    assert await tab.page.evaluate("document.querySelector('#day-table').open")
    assert await tab.page.input_value("#typed") == "half"
    assert await tab.page.evaluate("document.activeElement.id") == "typed"


async def test_what_was_unfolded_of_an_execution_stays_so_while_it_goes_on(
    tab: Tab, alice: Person
) -> None:
    installation = alice.team.installation
    installation.tell_target("/stays", "hold/stays")
    hook = alice.team.trigger(
        alice.team.workflow(
            alice.team.step("/first"), {**alice.team.step("/stays"), "key": "second"}
        )
    )
    event_id = await deliver(hook, {"id": "folds"})
    await tab.go(f"/events/{event_id}")
    await tab.page.click(".track a")
    await tab.page.click("#request-1-0 summary")
    await tab.page.evaluate(
        "getSelection().selectAllChildren(document.querySelector('#request-1-0 pre'))"
    )
    selected = await tab.page.evaluate("String(getSelection())")
    assert "order" in selected or len(selected) > 1

    installation.release_target("stays")

    await tab.sees(".track .lamp", "Succeeded")
    assert await tab.page.evaluate("document.querySelector('#request-1-0').open")
    assert await tab.page.evaluate("String(getSelection())") == selected


async def test_what_was_unfolded_of_a_payload_stays_so(tab: Tab, alice: Person) -> None:
    hook = alice.team.hook()
    event_id = await deliver(hook, {"orders": [{"id": number} for number in range(300)]})
    await tab.go(f"/events/{event_id}")
    await tab.page.click("summary:has-text('200 … 299')")
    await tab.sees(".leaf, summary", "250")
    await tab.page.fill("input[name=q]", "299")
    await tab.sees(".found code", "$.orders[299].id")

    await deliver(hook, {"id": "meanwhile"})
    await tab.page.evaluate("htmx.ajax('GET', location.pathname, {source: '#show', target: '#show',"
                            " swap: 'outerMorph'})")  # fmt: skip

    await tab.sees(".tree summary", "250")
    assert await tab.page.input_value("input[name=q]") == "299"
