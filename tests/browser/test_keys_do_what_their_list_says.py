import re

from playwright.async_api import expect

from tests.browser.watching import Person, Tab, deliver
from tests.support.installation import ROOT


async def test_the_list_opens_closes_and_names_every_key(tab: Tab) -> None:
    source = (ROOT / "static" / "src" / "keys.js").read_text(encoding="utf-8")
    go = re.findall(r"(\w): \"/", re.search(r"const GO = (.*);", source)[1])  # type: ignore[index]
    acts = re.findall(r'^  "?([^\s"]+)"?: ', source.partition("const ACTS")[2], re.MULTILINE)
    await tab.go("/")

    await tab.page.keyboard.press("?")
    await tab.sees("#keys h2", "Keys")
    listed = await tab.page.locator("#keys kbd").all_inner_texts()

    assert set(listed) == {*go, *acts, "Enter"}
    await tab.page.keyboard.press("t")  # not while the list is open
    await tab.page.keyboard.press("Escape")
    await expect(tab.page.locator("#keys")).to_be_hidden()
    await tab.page.click("[data-keys]")
    await tab.sees("#keys h2", "Keys")


async def test_g_and_a_letter_go_to_a_page(tab: Tab) -> None:
    await tab.go("/")
    for key, heading in (("t", "Triggers"), ("e", "Events"), ("x", "Executions"),
                         ("w", "Workflows"), ("o", "Overview")):  # fmt: skip
        await tab.page.keyboard.press("g")
        await tab.page.keyboard.press(key)
        await tab.sees("h1", heading)


async def test_rows_are_walked_and_opened(tab: Tab, alice: Person) -> None:
    hook = alice.team.hook()
    older = await deliver(hook, {"id": "older"})
    newer = await deliver(hook, {"id": "newer"})
    await tab.go("/events")
    await tab.sees(f"#event-{newer}")
    focused = "document.activeElement.getAttribute('href')"

    for key, expected in (("j", newer), ("j", older), ("j", older), ("k", newer)):
        await tab.page.keyboard.press(key)
        assert await tab.page.evaluate(focused) == f"/events/{expected}"
    await tab.page.keyboard.press("j")
    await tab.page.keyboard.press("Enter")

    await expect(tab.page).to_have_url(re.compile(rf"/events/{older}$"))


async def test_slash_searches_and_n_makes_something_new(tab: Tab, alice: Person) -> None:
    alice.team.hook()
    await tab.go("/triggers")
    await tab.page.keyboard.press("/")
    assert await tab.page.evaluate("document.activeElement.closest('#filters') !== null")

    await tab.page.evaluate("document.activeElement.blur()")
    await tab.page.keyboard.press("n")
    await expect(tab.page).to_have_url(re.compile("/triggers/new$"))


async def test_nothing_happens_while_someone_types(tab: Tab, alice: Person) -> None:
    alice.team.workflow(alice.team.step())
    await tab.go("/triggers/new?kind=webhook")
    await tab.page.focus("#field-name")
    await tab.page.keyboard.type("g t ? n / j")

    assert await tab.page.input_value("#field-name") == "g t ? n / j"
    await expect(tab.page).to_have_url(re.compile(r"/triggers/new\?kind=webhook$"))
    await expect(tab.page.locator("#keys")).to_be_hidden()


async def test_rows_of_a_payload_are_walked_and_their_paths_copied(tab: Tab, alice: Person) -> None:
    event_id = await deliver(alice.team.hook(), {"order": {"unit price": 7}})
    await tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await tab.go(f"/events/{event_id}")
    for _ in range(3):
        await tab.page.keyboard.press("j")
    await tab.page.keyboard.press("c")

    await tab.sees("[data-notice]", "Copied $.order['unit price']")
    assert await tab.page.evaluate("navigator.clipboard.readText()") == "$.order['unit price']"


async def test_on_a_narrow_screen_the_menu_opens_by_keyboard(tab: Tab) -> None:
    await tab.page.set_viewport_size({"width": 375, "height": 800})
    await tab.go("/")
    await tab.page.focus(".folded > summary")
    await tab.page.keyboard.press("Enter")

    await tab.page.click(".folded a:has-text('Executions')")

    await tab.sees("h1", "Executions")
