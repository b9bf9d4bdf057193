from tests.browser.watching import Person, Tab, deliver


async def test_focus_an_open_fold_and_a_selection_survive(tab: Tab, alice: Person) -> None:
    hook = alice.team.hook()
    await deliver(hook, {"id": "first"})
    await tab.go(f"/triggers/{hook.id}")
    await tab.sees("tr[id^=event-] .lamp", "Succeeded")
    await tab.page.click("#try summary")
    await tab.page.evaluate("getSelection().selectAllChildren(document.querySelector('#hook-url'))")
    await tab.page.focus("tr[id^=event-] td.title a")
    focused = await tab.page.evaluate("document.activeElement.href")

    event_id = await deliver(hook, {"id": "second"})

    await tab.sees(f"#event-{event_id} .lamp", "Succeeded")
    assert await tab.page.evaluate("document.activeElement.href") == focused
    assert await tab.page.evaluate("document.querySelector('#try').open")
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
    assert title.startswith("20")
    assert title.endswith(" UTC")
