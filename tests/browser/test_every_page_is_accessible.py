"""axe-core's rules (WCAG 2.2 A and AA, and its best practices) on every page that the app has."""

from collections.abc import Mapping
from typing import Any

import pytest
from litestar import Litestar
from playwright.async_api import Page

from tests.browser.watching import Person, Yard, deliver
from tests.support.installation import ROOT, Installation, wait_until
from tests.support.page_routes import page_paths

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RUN = """
async (rules) => {
  const runOnly = rules.length ? { type: "rule", values: rules } : undefined;
  const found = await axe.run(document, { resultTypes: ["violations"], runOnly });
  return found.violations.map((each) => {
    const nodes = each.nodes.slice(0, 3).map((node) => node.html.slice(0, 160));
    return `${each.id}: ${each.help}: ${nodes.join(" | ")}`;
  });
}
"""
# Parts of pages, looked at where they stand.
PARTS = ("/payload/",)


@pytest.fixture
async def filling(alice: Person) -> Mapping[str, str]:
    """One of everything that an address can name, with something to see in it."""
    clause = {"path": "$.order.total", "op": "gte", "value": 100}
    hook = alice.team.hook(conditions={"any": [clause]})
    event_id = await deliver(hook, {"order": {"total": 12, "lines": [{"sku": "a"}]}})
    alice.team.decision(event_id)
    fired = await deliver(hook, {"order": {"total": 500}})
    alice.team.decision(fired)
    await deliver(hook, {"id": "called", "order": {"total": 700}})
    alice.team.api.put("/secrets/api_token", json={"value": "a secret"}).raise_for_status()
    (execution,) = alice.team.event(fired)["executions"]
    draft = {"conditions": {"all": [{**clause, "value": 5}]}}
    assert alice.team.api.put(f"/triggers/{hook.id}/shadow", json=draft).status_code == 200
    backtests = f"/triggers/{hook.id}/backtests"
    tried = alice.team.api.post(backtests, json={"conditions": {"all": [{**clause, "value": 5}]}})
    backtest = f"{backtests}/{tried.json()['id']}"
    wait_until(lambda: alice.team.api.get(backtest).json()["finished_at"], what="a backtest")
    limit_trial = alice.team.limit_trial(hook.id)
    workflow_id = alice.team.api.get(f"/triggers/{hook.id}").json()["workflow_id"]
    named = {"name": "Orders", "workflow_id": workflow_id}
    template = alice.team.api.post("/workflow-templates", json=named)
    days = {"name": "Holidays", "content": "2026-12-24..2026-12-26 Christmas"}
    calendar = alice.team.api.post("/calendars", json=days)
    return {
        "trigger_id": hook.id,
        "event_id": event_id,
        "execution_id": execution["id"],
        "workflow_id": workflow_id,
        "template_id": template.json()["id"],
        "number": "1",
        "version": "1",
        "name": "api_token",
        "backtest_id": tried.json()["id"],
        "limit_trial_id": limit_trial,
        "bulk_id": alice.team.bulk_action(execution["id"]),
        "backfill_id": await alice.backfill(hook.id),
        "calendar_id": calendar.json()["id"],
        "destination_id": alice.team.destination(),
    }


async def violations(page: Page, *rules: str) -> list[str]:
    """What axe finds on the page as it stands, by these rules or by all."""
    # Evaluated by the browser's own tools, which the page's CSP does not bind.
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE.read_text(encoding="utf-8") + ";undefined")
    return list(await page.evaluate(RUN, list(rules)))


async def in_both_themes(page: Page) -> list[str]:
    """By all rules in the light, and in the dark by those that depend on it."""
    await page.emulate_media(color_scheme="light", reduced_motion="reduce")
    found = await violations(page)
    await page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    return found + await violations(page, "color-contrast", "link-in-text-block")


async def in_the_dark(page: Page) -> list[str]:
    """By all rules in the dark."""
    await page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    return await violations(page)


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed (npm ci)")
@pytest.mark.timeout(180)
@pytest.mark.parametrize("width", [1280, 375])
async def test_no_page_breaks_a_rule(
    yard: Yard, app: Litestar, signalbox: Installation, filling: Mapping[str, str], width: int
) -> None:
    # Pages of a token that is not there, and of those who are inside already, refuse in words.
    yard.expected += ["status of 40", "status of 41"]
    paths = [path for path in page_paths(app, filling) if not any(p in path for p in PARTS)]
    tab = await yard.open(width=width)
    found: dict[str, Any] = {}
    for path in [*paths, "/no-such-page"]:
        answer = await tab.page.goto(signalbox.base_url + path)
        assert answer, path
        assert answer.status not in {400, 500}, f"{path}: how this page is asked for is not known"
        # Where a page is narrow its colours are the same: there the dark will do.
        look = in_both_themes if width > 1000 else in_the_dark
        if problems := await look(tab.page):
            found[path] = problems

    assert found == {}


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed (npm ci)")
async def test_neither_do_open_folds_dialogs_and_forms_with_mistakes(
    yard: Yard, filling: Mapping[str, str]
) -> None:
    yard.expected.append("422")
    tab = await yard.open()
    page = tab.page

    await tab.go("/")
    await page.keyboard.press("?")
    await tab.sees("#keys h2", "Keys")
    assert await in_both_themes(page) == []

    for noun in ("event", "execution"):
        await tab.go(f"/{noun}s/{filling[f'{noun}_id']}")
        await page.evaluate(
            "document.querySelectorAll('main details').forEach((d) => d.open = true)"
        )
        assert await in_both_themes(page) == []

    await tab.go("/triggers/new?kind=webhook")
    await page.click("main button[type=submit] >> nth=-1")
    await tab.sees("[aria-invalid]")
    assert await in_both_themes(page) == []


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed (npm ci)")
async def test_the_empty_team_and_the_door_break_no_rule(yard: Yard) -> None:
    tab = await yard.open()
    for path in ("/", "/triggers", "/events", "/executions", "/workflows", "/team"):
        await tab.go(path)
        assert await in_both_themes(tab.page) == [], path

    stranger = await yard.open(signed_in=False)
    await stranger.go("/sign-in", live=False)
    assert await in_both_themes(stranger.page) == []
