import pytest
from litestar import Litestar

from tests.browser.watching import Person, Yard, deliver
from tests.support.installation import wait_until
from tests.support.page_routes import page_paths

LONG = "a-name-without-any-place-to-break-" * 3
WIDE = """
[...document.querySelectorAll("body *")]
  .filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
  .filter((e) => !e.closest(".scroll, pre, svg, .visually-hidden, .skip"))
  .map((e) => e.outerHTML.slice(0, 90)).slice(0, 3)
"""


@pytest.mark.timeout(120)
@pytest.mark.parametrize("width", [375, 768, 1600])
async def test_no_page_scrolls_sideways(
    yard: Yard, app: Litestar, alice: Person, width: int
) -> None:
    """Every page that the app has, with names that nothing can break. Themes differ in colours."""
    yard.expected += ["status of 40", "status of 41"]
    clause = {"path": f"$['{LONG}']", "op": "eq", "value": LONG}
    hook = alice.team.hook(conditions={"any": [clause]})
    alice.team.api.patch(f"/triggers/{hook.id}", json={"name": LONG[:100]}).raise_for_status()
    event_id = await deliver(hook, {"id": "1", LONG: LONG})
    alice.team.decision(event_id)
    (execution,) = alice.team.event(event_id)["executions"]
    alice.team.api.put(f"/secrets/{'s' * 60}", json={"value": "x" * 20}).raise_for_status()
    backtests = f"/triggers/{hook.id}/backtests"
    longer = {"all": [clause, {**clause, "path": f"$['{LONG}'].a"}]}
    tried = alice.team.api.post(backtests, json={"conditions": longer}).json()["id"]
    wait_until(lambda: alice.team.api.get(f"{backtests}/{tried}").json()["finished_at"])
    workflow_id = alice.team.api.get(f"/triggers/{hook.id}").json()["workflow_id"]
    named = {"name": LONG[:100], "workflow_id": workflow_id}
    template = alice.team.api.post("/workflow-templates", json=named)
    days = {"name": LONG[:100], "content": f"2026-12-24 {LONG[:100]}"}
    filling = {
        "trigger_id": hook.id,
        "backfill_id": await alice.backfill(hook.id, LONG),
        "calendar_id": alice.team.api.post("/calendars", json=days).json()["id"],
        "backtest_id": tried,
        "limit_trial_id": alice.team.limit_trial(hook.id, f"$['{LONG}']"),
        "event_id": event_id,
        "execution_id": execution["id"],
        "bulk_id": alice.team.bulk_action(execution["id"], LONG[:100]),
        "destination_id": alice.team.destination(),
        "workflow_id": workflow_id,
        "template_id": template.json()["id"],
        "number": "1",
        "name": "s" * 60,
    }
    tab = await yard.open(width=width)

    for path in page_paths(app, filling):
        await tab.go(path, live=False)
        over = await tab.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert over <= 0, f"{path} by {over} px: {await tab.page.evaluate(WIDE)}"


async def test_the_theme_follows_the_system_until_it_is_chosen(yard: Yard) -> None:
    tab = await yard.open(theme="dark")
    background = "getComputedStyle(document.body).backgroundColor"
    dark = await tab.page.evaluate(background)

    await tab.page.click("[data-theme-switch]")
    light = await tab.page.evaluate(background)
    await tab.go("/events")

    assert light != dark
    assert await tab.page.evaluate(background) == light


async def test_everything_can_be_reached_by_keyboard(yard: Yard, alice: Person) -> None:
    hook = alice.team.hook()
    tab = await yard.open()
    await tab.go("/triggers")
    await tab.page.keyboard.press("Tab")
    assert await tab.page.evaluate("document.activeElement.className") == "skip"

    reached = set()
    for _ in range(40):
        await tab.page.keyboard.press("Tab")
        reached.add(
            await tab.page.evaluate("document.activeElement.id || document.activeElement.innerText")
        )
        visible = await tab.page.evaluate(
            "getComputedStyle(document.activeElement).outlineStyle !== 'none' || "
            "document.activeElement === document.body || "
            "getComputedStyle(document.activeElement).boxShadow !== 'none'"
        )
        assert visible, "the focus cannot be seen"

    assert {"Overview", "New trigger", f"switch-{hook.id}", "Orders", "Sign out"} <= reached
