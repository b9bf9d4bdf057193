"""Links and forms of those who are not in yet."""

import re
from urllib.parse import parse_qs, urlsplit

import httpx
from litestar import Litestar

from tests.pages.browsing import Browser
from tests.support.web_fixtures import client_of

NEW_PASSWORD = "a password of their own"
_LINK = re.compile(r'id="one-time-link"[^>]*>([^<]+)<')


def shown_link(answer: httpx.Response) -> str:
    """The path of the one-time link on a page."""
    found = _LINK.search(answer.text)
    assert found, "no link is shown"
    return path_of(found[1])


def path_of(link: str) -> str:
    """A link's path and query."""
    parts = urlsplit(link)
    return f"{parts.path}?{parts.query}"


def token_of(link: str) -> str:
    """The token in a link."""
    return parse_qs(urlsplit(link).query)["token"][0]


async def invited(admin: Browser, email: str, role: str = "editor") -> str:
    """The path of an invitation's link."""
    answer = await admin.press("POST", "/team/invitations", {"email": email, "role": role})
    assert answer.status_code == 200
    return shown_link(answer)


async def accept(
    app: Litestar, link: str, name: str = "Erin", password: str = NEW_PASSWORD
) -> httpx.Response:
    """The form of an invitation, sent by somebody who is not signed in."""
    async with client_of(app) as client:
        form = {"token": token_of(link), "name": name, "password": password}
        return await client.post("/invitation", data=form)


async def is_in(client: httpx.AsyncClient) -> bool:
    """Whether the session that this client carries is alive."""
    return (await client.get("/")).status_code == 200
