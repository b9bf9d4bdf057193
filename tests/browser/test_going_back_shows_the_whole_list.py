from tests.browser.watching import Person, Tab, deliver


async def test_filters_are_undone_and_redone_by_back_and_forward(tab: Tab, alice: Person) -> None:
    first, second = alice.team.hook(), alice.team.hook()
    for hook in (first, first, second):
        await deliver(hook, {"id": "1"})
    await tab.go("/events")
    count = "document.querySelectorAll('#list tbody tr').length"
    await tab.eventually(f"{count} === 3")

    await tab.page.select_option("select[name=trigger]", second.id)
    await tab.eventually(f"{count} === 1")
    assert tab.page.url.endswith(f"/events?trigger={second.id}")

    await tab.page.go_back()
    await tab.eventually(f"{count} === 3 && document.querySelector('.rail') !== null")
    await tab.page.go_forward()
    await tab.eventually(f"{count} === 1")
    assert await tab.page.input_value("select[name=trigger]") == second.id


async def test_a_narrowed_list_stays_narrowed_while_it_lives(tab: Tab, alice: Person) -> None:
    shown, hidden = alice.team.hook(), alice.team.hook()
    await tab.go("/events")
    await tab.page.select_option("select[name=trigger]", shown.id)
    await tab.sees("strong", "No event matches")

    await deliver(hidden, {"id": "hidden"})
    event_id = await deliver(shown, {"id": "shown"})

    await tab.sees(f"#event-{event_id}")
    assert await tab.page.locator("#list tbody tr").count() == 1
