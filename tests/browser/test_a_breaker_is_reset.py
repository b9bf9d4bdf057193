"""A destination in trouble is seen live and reset, in a real browser on a running installation."""

import pytest

from tests.browser.watching import Person, Yard, deliver
from tests.support.installation import wait_until


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (375, "dark")])
async def test_a_breaker_opens_before_ones_eyes_and_is_reset_by_keyboard(
    yard: Yard, alice: Person, width: int, theme: str
) -> None:
    path = f"/away-{width}"
    yard.installation.tell_target(path, "ok", *["status/503"] * 3, "ok")
    hook = alice.team.trigger(alice.team.workflow(alice.team.step(path)), retry={"attempts": 1})
    await deliver(hook, {"id": f"first-{width}"})
    destination = alice.team.destination()
    edited = alice.team.api.patch(f"/destinations/{destination}", json={"in_a_row": 3})
    assert edited.status_code == 200, edited.text
    tab = await yard.open(width=width, theme="dark" if theme == "dark" else "light")
    await tab.go(f"/destinations/{destination}")
    await tab.sees(".page-head .lamp", "Closed")
    await tab.stay()

    def opens() -> bool:
        return bool(alice.team.api.get(f"/destinations/{destination}").json()["state"] != "closed")

    # A worker goes by the edited settings within two seconds; until then a failure more opens none.
    for number in range(3):
        event_id = await deliver(hook, {"id": f"away-{width}-{number}"})
        alice.team.decision(event_id)
    wait_until(opens)

    await tab.sees(".page-head .lamp", "Open")
    await tab.sees("#history ~ *, table caption", "Changes of the breaker")
    assert await tab.page.evaluate("document.documentElement.scrollWidth") <= width
    waiting = await deliver(hook, {"id": f"waits-{width}"})
    execution_id = alice.team.decision(waiting)["execution_id"]
    wait_until(lambda: alice.team.execution(execution_id)["state"] in {"retrying", "succeeded"})

    tab.page.on("dialog", lambda dialog: dialog.accept())
    await tab.page.focus("#reset")
    await tab.page.keyboard.press("Enter")
    await tab.sees(".page-head .lamp", "Closed")
    await tab.sees("td", "reset it.")
    assert await tab.stayed()
    wait_until(lambda: alice.team.execution(execution_id)["state"] == "succeeded")
