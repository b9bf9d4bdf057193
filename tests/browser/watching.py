"""Tabs of a real browser, and what they complained about."""

import asyncio
import json
import os
import shutil
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

import asyncpg
import httpx
import pytest
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Locator, Page

from domain.clock import utc_now
from domain.rules.ids import new_id
from domain.senders import SENDERS
from tests.support.installation import Hook, Installation, Team
from tests.support.people import PASSWORD

PATIENCE_S = 30.0
Theme = Literal["light", "dark"]

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def path_of_the_browser() -> str:
    """Where the browser is. Without one the test is skipped, in CI it fails."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        missing = f"no browser is installed here (looked for {', '.join(NAMES)})"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    return found


@dataclass(frozen=True)
class Person:
    """Someone who can sign in, and their team as its API sees it."""

    email: str
    slug: str
    team: Team

    async def team_id(self) -> str:
        """The id of the team, which no page and no API shows."""
        return str(await self.ask("SELECT id FROM team WHERE slug = $1", self.slug))

    async def backfill(self, trigger_id: str, note: str = "After an outage") -> str:
        """The id of a backfill that is finished, of a trigger of any kind."""
        return str(
            await self.ask(
                "INSERT INTO backfill (id, team_id, trigger_id, range_from, range_to, per_minute, "
                "note, state, total, released, release_at, created_by, ended_at) "
                "SELECT $1, team_id, id, now() - interval '1 day', now(), 60, $3, 'finished', 1, "
                "1, NULL, 'Alice', now() FROM trigger WHERE id = $2 RETURNING id",
                new_id(),
                UUID(trigger_id),
                note,
            )
        )

    async def ask(self, sql: str, *arguments: object) -> Any:
        """What the database answers, behind the product's back."""
        database = await asyncpg.connect(self.team.installation.env["DATABASE_URL"])
        try:
            return await database.fetchval(sql, *arguments)
        finally:
            await database.close()


async def deliver(hook: Hook, body: dict[str, Any], scheme: str = "none", **config: Any) -> str:
    """Send a delivery as its scheme signs it; the event's id."""
    sender, content = SENDERS[scheme], json.dumps(body).encode()
    settings = sender.parse_config(config)
    signed = sender.sign(content, hook.secret, settings, utc_now(), str(new_id()))
    headers = {"content-type": "application/json", **signed}
    async with httpx.AsyncClient() as client:
        answer = await client.post(hook.url, content=content, headers=headers)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["event_id"])


class Tab:
    """One page of the installation."""

    def __init__(self, page: Page, base_url: str) -> None:
        self.page = page
        self._base_url = base_url
        page.set_default_timeout(PATIENCE_S * 1000)

    async def go(self, path: str, *, live: bool = True) -> None:
        """Open a page, and wait until it listens."""
        await self.page.goto(self._base_url + path)
        if live:
            await self.sees("[data-live-lamp].lamp-clear", "Live")

    async def sees(self, selector: str, text: str = "") -> Locator:
        """Wait until it is there and visible."""
        found = self.page.locator(selector)
        found = (found.filter(has_text=text) if text else found).first
        await found.wait_for()
        return found

    async def stay(self) -> None:
        """Remember this very document."""
        await self.page.evaluate("window.stayed = true")

    async def stayed(self) -> bool:
        """Whether it is still the same document: nothing was loaded anew."""
        return bool(await self.page.evaluate("window.stayed === true"))

    async def eventually(self, script: str) -> None:
        """Wait until the expression is true."""
        async with asyncio.timeout(PATIENCE_S):
            while not await self.page.evaluate(script):  # noqa: ASYNC110 - a poll of a real browser
                await asyncio.sleep(0.02)


@dataclass
class Yard:
    """Opens tabs, and keeps what their consoles said; `expected` are parts of what they may say."""

    browser: Browser
    installation: Installation
    person: Person
    complaints: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    _contexts: list[BrowserContext] = field(default_factory=list)

    async def open(
        self, *, width: int = 1280, theme: Theme = "light", signed_in: bool = True
    ) -> Tab:
        """A new tab with a profile of its own."""
        context = await self.browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=theme
        )
        self._contexts.append(context)
        page = await context.new_page()
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        tab = Tab(page, self.installation.base_url)
        if signed_in:
            await self.sign_in(tab)
        return tab

    async def sign_in(self, tab: Tab) -> None:
        """Fill in the form."""
        await tab.go("/sign-in", live=False)
        await tab.page.fill("#field-email", self.person.email)
        await tab.page.fill("#field-password", PASSWORD)
        await tab.page.click("button[type=submit]")
        await tab.sees("h1", "Overview")

    async def close(self) -> None:
        """Close all tabs."""
        for context in self._contexts:
            await context.close()

    def _listen(self, message: ConsoleMessage) -> None:
        expected = any(part in message.text for part in self.expected)
        if message.type in {"error", "warning"} and not expected:
            self.complaints.append(f"{message.type}: {message.text}")
