import json

from tests.browser.watching import Person, Yard, deliver

OVER_100 = {"all": [{"path": "$.total", "op": "gt", "value": 100}]}
OVER_200 = {"all": [{"path": "$.total", "op": "gt", "value": 200}]}


async def test_a_draft_is_started_watched_compared_and_promoted(yard: Yard, alice: Person) -> None:
    hook = alice.team.hook(conditions=OVER_100)
    tab = await yard.open()
    await tab.go(f"/triggers/{hook.id}")
    await tab.sees("#shadow", "No draft of the conditions runs here")

    await tab.page.click("#shadow a:has-text('Try a draft')")
    await tab.sees("[data-live-lamp].lamp-clear", "Live")
    assert json.loads(await tab.page.input_value("#field-conditions")) == OVER_100
    yard.expected.append("422")
    await tab.page.fill("#field-conditions", '{"all": [')
    await tab.page.click("#start button[type=submit]")
    await tab.sees("#error-conditions", "line 1")
    assert await tab.page.input_value("#field-conditions") == '{"all": ['

    await tab.page.fill("#field-conditions", json.dumps(OVER_200))
    await tab.page.click("#start button[type=submit]")
    await tab.sees("#shadow .lamp", "Running")
    await tab.sees("[data-live-lamp].lamp-clear", "Live")
    await tab.stay()
    await tab.page.fill("#field-conditions", "half typed")
    await deliver(hook, {"id": "1", "total": 250})
    event_id = await deliver(hook, {"id": "2", "total": 150})

    await tab.sees(".shadow-rate strong", "50 % agree (1 of 2)")
    await tab.sees("#list td", "Only the live conditions fired")
    assert await tab.stayed()
    assert await tab.page.input_value("#field-conditions") == "half typed"

    await tab.page.click(f"#event-{event_id} a")
    await tab.sees("h2", "Draft")
    await tab.sees(".side-clauses li.missed", "found 150")
    await tab.page.click(".crumb a:has-text('Draft in shadow')")
    await tab.page.click("#shadow a:has-text('Promote')")
    await tab.sees(".differences ins", "200")
    await tab.page.click("#promotion button[type=submit]")

    await tab.sees("#version-2 .tag", "in force")
    await tab.sees("#shadow .lamp", "Promoted")


async def test_discarding_asks_first_and_leaves_the_page_where_it_is(
    yard: Yard, alice: Person
) -> None:
    hook = alice.team.hook(conditions=OVER_100)
    alice.team.api.put(f"/triggers/{hook.id}/shadow", json={"conditions": None})
    tab, other = await yard.open(width=375, theme="dark"), await yard.open()
    await tab.go(f"/triggers/{hook.id}")
    await other.go(f"/triggers/{hook.id}/shadow")
    await tab.stay()
    asked: list[str] = []

    async def accept(dialog: object) -> None:
        asked.append(dialog.message)  # type: ignore[attr-defined]
        await dialog.accept()  # type: ignore[attr-defined]

    tab.page.on("dialog", accept)

    await tab.page.focus("#shadow button:has-text('Discard')")
    await tab.page.keyboard.press("Enter")

    await tab.sees("#shadow .lamp", "Discarded")
    await other.sees("#shadow .lamp", "Discarded")
    assert asked == ["Discard this draft? The live conditions stay as they are."]
    assert await tab.stayed()
    assert await tab.page.locator("#shadow a:has-text('What they disagree about')").count() == 1


async def test_two_traces_stand_below_each_other_on_a_small_screen(
    yard: Yard, alice: Person
) -> None:
    hook = alice.team.hook(conditions=OVER_100)
    alice.team.api.put(f"/triggers/{hook.id}/shadow", json={"conditions": OVER_200})
    event_id = await deliver(hook, {"id": "1", "total": 150, "note": "x" * 300})
    alice.team.decision(event_id)
    for width, beside in ((375, False), (1280, True)):
        tab = await yard.open(width=width)
        await tab.go(f"/triggers/{hook.id}/shadow/events/{event_id}", live=False)
        tops = [
            await box.evaluate("box => box.getBoundingClientRect().top")
            for box in await tab.page.locator(".sides > section").all()
        ]
        assert (tops[0] == tops[1]) is beside
        assert await tab.page.evaluate("document.documentElement.scrollWidth") <= width


async def test_conditions_that_are_edited_in_rows_run_in_shadow_from_there(
    yard: Yard, alice: Person
) -> None:
    hook = alice.team.hook(conditions=OVER_100)
    tab = await yard.open()
    await tab.go(f"/triggers/{hook.id}/edit")
    yard.expected.append("422")
    await tab.page.click("button:has-text('Run in shadow')")
    await tab.sees("#trouble", "These conditions are live already")

    await tab.page.fill("[name='conditions.0.value']", "200")
    await tab.page.click("button:has-text('Run in shadow')")

    await tab.sees("#shadow .lamp", "Running")
    await tab.sees(".shadow-draft", "total is greater than 200")
    assert tab.page.url.endswith(f"/triggers/{hook.id}/shadow")
