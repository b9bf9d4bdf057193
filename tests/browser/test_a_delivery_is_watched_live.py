from tests.browser.watching import Person, Tab, deliver

CONDITIONS = {"all": [{"path": "$.action", "op": "eq", "value": "opened"}]}


async def test_a_signed_delivery_its_decision_and_its_execution_appear_without_reload(
    tab: Tab, alice: Person
) -> None:
    hook = alice.team.hook(scheme="github", conditions=CONDITIONS)
    await tab.go("/events")
    await tab.stay()
    await tab.sees("strong", "No event has come yet")

    event_id = await deliver(hook, {"id": "1", "action": "opened"}, "github")

    row = f"#event-{event_id}"
    await tab.sees(f"{row} td", "issues")
    await tab.sees(f"{row} .lamp", "Fired")
    await tab.sees(f"{row} .lamp", "Succeeded")
    assert await tab.stayed()


async def test_an_event_that_is_filtered_says_why(tab: Tab, alice: Person) -> None:
    hook = alice.team.hook(scheme="github", conditions=CONDITIONS)
    await tab.go("/events")

    event_id = await deliver(hook, {"id": "2", "action": "edited"}, "github")

    await tab.sees(f"#event-{event_id} .lamp", "Filtered")
    await tab.page.click(f"#event-{event_id} td.title a")
    await tab.sees("tr.missed td", "$.action")
    cells = await tab.page.locator("tr.missed td").all_inner_texts()
    assert cells[1:5] == ["$.action", "is", '"opened"', '"edited"']


async def test_an_open_execution_is_followed_to_its_end(tab: Tab, alice: Person) -> None:
    installation = alice.team.installation
    installation.tell_target("/patient", "hold/gate")
    hook = alice.team.trigger(alice.team.workflow(alice.team.step("/patient")))
    await tab.go("/executions")
    await deliver(hook, {"id": "3"})
    await tab.sees("tbody td.title a")
    await tab.page.click("tbody td.title a")
    await tab.sees(".track .lamp", "Running")
    await tab.stay()

    installation.release_target("gate")

    await tab.sees(".track .lamp", "Succeeded")
    await tab.sees("section h2", "Attempt 1")
    assert await tab.stayed()


async def test_the_list_of_triggers_and_the_overview_follow(tab: Tab, alice: Person) -> None:
    hook = alice.team.hook()
    await tab.go("/triggers")
    await tab.sees(f"#trigger-{hook.id} .lamp", "Waiting")

    await deliver(hook, {"id": "4"})

    await tab.sees(f"#trigger-{hook.id} .lamp", "Healthy")
    await tab.go("/")
    await tab.sees(".legend .lamp", "1 fired")
