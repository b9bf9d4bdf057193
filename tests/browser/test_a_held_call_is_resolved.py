"""A call that got no answer waits for a person, in a real browser on a running installation."""

import pytest

from tests.browser.watching import Person, Yard, deliver
from tests.support.installation import wait_until


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (375, "dark")])
async def test_a_held_execution_asks_and_goes_on_by_keyboard(
    yard: Yard, alice: Person, width: int, theme: str
) -> None:
    path = f"/pay-{width}"
    yard.installation.tell_target(path, "reset", "ok")
    step = alice.team.step(path, key="pay", on_unknown="hold")
    hook = alice.team.trigger(alice.team.workflow(step))
    event_id = await deliver(hook, {"id": f"held-{width}"})
    execution_id = alice.team.decision(event_id)["execution_id"]
    tab = await yard.open(width=width, theme="dark" if theme == "dark" else "light")
    await tab.go(f"/executions/{execution_id}")
    await tab.sees("#resolution h2", "Was pay carried out?")
    assert await tab.page.evaluate("document.documentElement.scrollWidth") <= width

    await tab.page.focus("#resolution button[value=try_again]")
    await tab.page.keyboard.press("Enter")

    await tab.sees("#maybe-twice", "may have been carried out twice")
    await tab.sees(".stage .lamp", "Succeeded")
    assert await tab.page.locator("#resolution").count() == 0

    def shown() -> bool:
        return bool(alice.team.api.get(f"/executions/{execution_id}").json()["maybe_twice"])

    assert wait_until(shown)
