"""Workflows in a real browser: made by keyboard, moved, published, compared, rolled back."""

import pytest

from tests.browser.watching import Person, Tab, Theme, Yard


async def focused(tab: Tab) -> str:
    return str(await tab.page.evaluate("document.activeElement.id"))


async def press_until(tab: Tab, key: str, id_: str) -> None:
    """Go on by keyboard alone until the focus is there."""
    for _ in range(80):
        if await focused(tab) == id_:
            return
        await tab.page.keyboard.press(key)
    raise AssertionError(f"{key} never leads to {id_}")


async def make_workflow(alice: Person, url: str = "https://example.org/first") -> str:
    step = {"key": "notify", "kind": "http", "method": "POST", "url": url}
    made = alice.team.api.post("/workflows", json={"name": "Notify", "steps": [step]})
    made.raise_for_status()
    return str(made.json()["id"])


async def test_a_workflow_of_two_steps_is_made_by_keyboard_alone(tab: Tab, alice: Person) -> None:
    keyboard = tab.page.keyboard
    await tab.go("/workflows/new")
    await tab.page.focus("#field-name")
    await keyboard.type("By keyboard")
    await press_until(tab, "Tab", "field-steps.0.url")
    await keyboard.type("https://example.org/first")
    await press_until(tab, "Tab", "act-add")
    await keyboard.press("Enter")
    await tab.eventually("document.activeElement.id === 'field-steps.1.key'")

    await keyboard.press("Control+A")
    await keyboard.type("second")
    await press_until(tab, "Tab", "field-steps.1.url")
    await keyboard.type("https://example.org/second")
    await press_until(tab, "Shift+Tab", "act-up-1")
    await keyboard.press("Enter")
    await tab.eventually("document.activeElement.id === 'act-down-0'")
    assert await tab.page.input_value("[id='field-steps.0.key']") == "second"
    assert await tab.page.input_value("[id='field-steps.1.url']") == "https://example.org/first"

    await tab.page.focus("#field-name")
    await keyboard.press("Enter")  # the harmless one of its buttons: a draft
    await tab.sees("h1", "By keyboard")
    await tab.sees(".tag.draft")
    kept = alice.team.api.get("/workflows").json()["items"][0]
    assert [step["key"] for step in kept["draft_steps"]] == ["second", "notify"]


async def test_what_was_typed_survives_removing_the_row_above(tab: Tab) -> None:
    await tab.go("/workflows/new")
    await tab.page.click("#act-add")
    await tab.page.fill("[id='field-steps.1.url']", "https://example.org/stays")
    await tab.page.select_option("[id='field-steps.1.method']", "PUT")
    await tab.page.click("#act-remove-0")

    await tab.eventually("document.querySelectorAll('fieldset.step').length === 1")
    assert await tab.page.input_value("[id='field-steps.0.url']") == "https://example.org/stays"
    assert await tab.page.input_value("[id='field-steps.0.method']") == "PUT"


async def test_a_placeholder_is_inserted_where_one_typed_last(tab: Tab) -> None:
    await tab.go("/workflows/new")
    await tab.page.fill("[id='field-steps.0.url']", "https://example.org/?id=")
    await tab.page.focus("[id='field-steps.0.url']")
    await tab.page.keyboard.press("End")
    await tab.page.click("#placeholders summary")
    await tab.page.click("button[data-insert='{{ event.id }}']")

    assert await tab.page.input_value("[id='field-steps.0.url']") == (
        "https://example.org/?id={{ event.id }}"
    )


async def test_the_summary_of_mistakes_leads_into_the_field(yard: Yard, tab: Tab) -> None:
    yard.expected.append("422")
    await tab.go("/workflows/new")
    await tab.page.fill("#field-name", "Wrong")
    await tab.page.fill("[id='field-steps.0.key']", "Not a key")
    await tab.page.click("text=Save draft")
    await tab.page.focus("#field-name")
    await tab.page.click(".mistakes a >> text=Step 1")

    assert await focused(tab) == "field-steps.0.key"


async def test_an_edit_is_compared_published_and_rolled_back(tab: Tab, alice: Person) -> None:
    id_ = await make_workflow(alice)
    await tab.go(f"/workflows/{id_}/edit")
    await tab.page.fill("[id='field-steps.0.url']", "https://example.org/second")
    await tab.page.click("text=Publish…")
    await tab.sees("#publication ins", "https://example.org/second")
    await tab.page.click("text=Publish the draft")
    await tab.sees("#published", "Version 2")

    await tab.page.click("text=All versions")
    await tab.page.click("text=Compare the two")
    await tab.sees("#comparison", "From version 1 to version 2")
    await tab.page.click("#version-1 >> text=Roll back…")
    await tab.page.click("text=Roll back to this version")

    await tab.sees("#published", "Version 3")
    now = alice.team.api.get(f"/workflows/{id_}").json()
    assert (now["version"], now["steps"][0]["url"]) == (3, "https://example.org/first")


async def test_two_tabs_lose_nothing_of_each_other(yard: Yard, tab: Tab, alice: Person) -> None:
    """Row A101: saving over someone else's edit shows the difference instead of losing one."""
    yard.expected.append("409")
    id_ = await make_workflow(alice)
    other = Tab(await tab.page.context.new_page(), alice.team.installation.base_url)
    for each in (tab, other):
        await each.go(f"/workflows/{id_}/edit")
    await other.page.fill("#field-name", "Theirs")
    await other.page.click("text=Save draft")
    await other.sees("h1", "Theirs")

    await tab.page.fill("[id='field-steps.0.url']", "https://example.org/mine")
    await tab.page.click("text=Save draft")

    await tab.sees(".overtaken ins", "Theirs")
    await tab.sees(".overtaken ins", "https://example.org/mine")
    assert await tab.page.input_value("[id='field-steps.0.url']") == "https://example.org/mine"
    await tab.page.click("text=Save mine over it")
    await tab.sees("h1", "Notify")
    now = alice.team.api.get(f"/workflows/{id_}").json()
    assert now["draft_steps"][0]["url"] == "https://example.org/mine"


async def test_taking_theirs_shows_what_they_saved(yard: Yard, tab: Tab, alice: Person) -> None:
    yard.expected.append("409")
    id_ = await make_workflow(alice)
    await tab.go(f"/workflows/{id_}/edit")
    alice.team.api.patch(f"/workflows/{id_}", json={"name": "Theirs"}).raise_for_status()
    await tab.page.fill("#field-name", "Mine")
    await tab.page.click("text=Save draft")
    await tab.page.click("text=Take theirs")

    await tab.eventually("document.querySelector('#field-name')?.value === 'Theirs'")


async def test_the_search_is_in_the_address_and_back_undoes_it(tab: Tab, alice: Person) -> None:
    id_ = await make_workflow(alice)
    await tab.go("/workflows")
    await tab.page.fill("#filters input", "nothing like it")
    await tab.sees(".blank", "No workflow matches")
    assert "q=nothing" in tab.page.url

    await tab.page.go_back()

    await tab.sees(f"#workflow-{id_}")


async def test_another_page_sees_a_new_secret_by_itself(tab: Tab, alice: Person) -> None:
    await tab.go("/secrets")
    await tab.page.fill("#field-name", "half_typ")
    alice.team.api.put("/secrets/api_key", json={"value": "x"}).raise_for_status()

    await tab.sees("#secret-api_key")

    assert await tab.page.input_value("#field-name") == "half_typ"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
async def test_no_page_of_workflows_scrolls_sideways(
    yard: Yard, alice: Person, width: int, theme: Theme
) -> None:
    long = "a-name-without-any-place-to-break-" * 3
    alice.team.api.put("/secrets/api_key", json={"value": "x"}).raise_for_status()
    id_ = await make_workflow(alice, f"https://example.org/{long}?{long}")
    step = {"key": "notify", "kind": "http", "url": f"https://example.org/{long}/other",
            "headers": {long[:99]: long}, "body": {long: long}}  # fmt: skip
    for draft in (False, True):
        edit = {"name": long[:100], "steps": [{**step, "timeout_s": 9 + draft}], "draft": draft}
        alice.team.api.patch(f"/workflows/{id_}", json=edit).raise_for_status()
    tab = await yard.open(width=width, theme=theme)

    path = f"/workflows/{id_}"
    for page in ("/workflows", path, f"{path}/edit", f"{path}/publication", f"{path}/versions/1",
                 f"{path}/versions?from=1&to=2", "/secrets", "/secrets/api_key"):  # fmt: skip
        await tab.go(page)
        over = await tab.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert over <= 0, f"{page} by {over} px"
