import signal

from tests.browser.watching import Person, Tab, Yard, deliver
from tests.support.installation import Installation


async def test_without_a_stream_the_page_polls(yard: Yard, alice: Person) -> None:
    yard.expected.append("net::ERR_FAILED")
    tab = await yard.open()
    await tab.page.route("**/live", lambda route: route.abort())
    hook = alice.team.hook()
    await tab.go("/events", live=False)
    await tab.sees("[data-live-lamp].lamp-caution", "Reconnecting")

    event_id = await deliver(hook, {"id": "polled"})

    await tab.sees(f"#event-{event_id}")


async def test_a_stopping_server_ends_its_streams_and_the_page_comes_back_to_life(
    yard: Yard, alice: Person, signalbox: Installation
) -> None:
    yard.expected += ["net::ERR_", "Failed to fetch"]  # who asks while it is away
    tab = await yard.open()
    hook = alice.team.hook()
    await tab.go("/events")
    await tab.stay()

    # The stream never ends by itself, and yet the server is not held up: it would be killed.
    assert signalbox.kill("web", signal.SIGTERM) in {0, -signal.SIGTERM, 128 + signal.SIGTERM}
    await tab.sees("[data-live-lamp].lamp-caution", "Reconnecting")
    signalbox.start("web")
    signalbox.wait_ready()
    await tab.sees("[data-live-lamp].lamp-clear", "Live")
    event_id = await deliver(hook, {"id": "after the restart"})

    await tab.sees(f"#event-{event_id}")
    assert await tab.stayed()


async def test_a_nudge_that_was_lost_is_made_up_for(tab: Tab, alice: Person) -> None:
    hook = alice.team.hook()
    await tab.page.clock.install()
    await tab.go("/triggers")
    await tab.sees(f"#trigger-{hook.id}", "Orders")
    await alice.ask("UPDATE trigger SET name = 'Changed' WHERE id = $1", hook.id)

    await tab.page.clock.fast_forward(40_000)

    await tab.sees(f"#trigger-{hook.id}", "Changed")


async def test_a_hidden_tab_neither_listens_nor_asks(tab: Tab, alice: Person) -> None:
    hook = alice.team.hook()
    await tab.go("/events")
    await tab.page.evaluate(
        "Object.defineProperty(document, 'hidden', {configurable: true, get: () => true});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    asked: list[str] = []
    tab.page.on("request", lambda request: asked.append(request.url))

    event_id = await deliver(hook, {"id": "unseen"})
    alice.team.decision(event_id)

    assert asked == []
    await tab.page.evaluate(
        "delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))"
    )
    await tab.sees(f"#event-{event_id}")


async def test_a_session_that_ends_elsewhere_ends_the_page(
    yard: Yard, tab: Tab, alice: Person
) -> None:
    # The stream ends at once; trying it again leads to the sign-in form, like any other page.
    yard.expected += ["401", "MIME type"]
    hook = alice.team.hook()
    await tab.go("/events")
    other = await tab.page.context.new_page()
    await other.goto(tab.page.url)
    await other.click("text=Sign out")
    await other.wait_for_selector("#field-password")

    await deliver(hook, {"id": "too late"})

    await tab.sees("h1", "Sign in")
