"""Somebody who is signed in, and reads pages without a real browser."""

import html
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html.parser import HTMLParser

import httpx
from litestar import Litestar

from domain.rules.key_tokens import token_hash
from domain.rules.permissions import Actor
from domain.store.sessions import add_session
from domain.store.teams import add_membership
from domain.store.users import add_user
from tests.support.web_fixtures import client_of, csrf_of

_TAGS = re.compile(r"<[^>]*>")
_BLANKS = re.compile(r"\s+")


def words(markup: str) -> str:
    """What a person reads: without tags, entities resolved, runs of blanks as one."""
    return _BLANKS.sub(" ", html.unescape(_TAGS.sub(" ", markup))).strip()


def rows(markup: str) -> list[str]:
    """The rows of the tables, each as a person reads it."""
    bodies = re.findall(r"<tbody.*?</tbody>", markup, re.DOTALL)
    return [words(row) for body in bodies for row in re.findall(r"<tr.*?</tr>", body, re.DOTALL)]


class Sent(HTMLParser):
    """What a browser would send of the drawn fields."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._select = self._area = ""
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("name") or ""
        if tag == "input" and (given.get("type") != "checkbox" or "checked" in given):
            self.fields[name] = given.get("value") or ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and (self._select not in self.fields or "selected" in given):
            self.fields[self._select] = given.get("value") or ""
        elif tag == "textarea":
            self._area, self.fields[name] = name, ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            # Browsers drop the line break after the tag.
            self.fields[self._area] = self.fields[self._area].removeprefix("\n")
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.fields[self._area] += data


@dataclass(frozen=True)
class Browser:
    """A session with its cookie jar and its forms' token."""

    client: httpx.AsyncClient
    token: str

    async def get(self, path: str, *, htmx: bool = False, **headers: str) -> httpx.Response:
        """A page; with `htmx` asked for as an element's refresh."""
        asked = {"hx-request": "true", "hx-request-type": "partial"} if htmx else {}
        return await self.client.get(path, headers={**asked, **headers})

    async def read(self, path: str) -> str:
        """What a person reads on a page that opens."""
        answer = await self.get(path)
        assert answer.status_code == 200, answer.status_code
        return words(answer.text)

    async def post(
        self, path: str, form: dict[str, str] | None = None, **headers: str
    ) -> httpx.Response:
        """A form sent as browsers do without scripts."""
        fields = {"_csrf": self.token, **(form or {})}
        return await self.client.post(path, data=fields, headers=headers)

    async def press(
        self, method: str, path: str, form: dict[str, str] | None = None, target: str = ""
    ) -> httpx.Response:
        """A button or form sent by htmx; `target` is where its answer goes (`tr#row`)."""
        headers = {
            "hx-request": "true",
            "hx-request-type": "partial",
            "hx-target": target,
            "x-csrf-token": self.token,
        }
        return await self.client.request(method, path, data=form or {}, headers=headers)


@asynccontextmanager
async def open_browser(app: Litestar, actor: Actor, role: str) -> AsyncIterator[Browser]:
    """A browser of a new member of the actor's team, whose session is open already."""
    email = f"{actor.name.lower()}-{secrets.token_hex(6)}@example.org"
    user_id = await add_user(email, actor.name, "nobody signs in with this")
    await add_membership(actor.team_id, user_id, role)
    token = secrets.token_urlsafe(32)
    await add_session(token_hash(token), actor.team_id, user_id)
    async with client_of(app) as client:
        client.cookies.set("session", token)
        yield Browser(client, await csrf_of(client))
