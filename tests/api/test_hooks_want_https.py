"""With an https BASE_URL no hook takes what came in plain; only trusted proxies are believed that
it did not (row A21 of the attack catalogue, for `X-Forwarded-Proto`)."""

import asyncio
from typing import Any

import pytest
from litestar import Litestar

from domain.rules.addresses import parse_networks
from tests.support.web_fixtures import Api, client_of
from tests.support.world import World

PROXY, OTHER = "192.0.2.10", "203.0.113.9"


@pytest.fixture
def https(app: Litestar, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a process is made whose BASE_URL is https, behind one proxy."""
    receiver = app.state["services"].receiver
    monkeypatch.setattr(receiver, "https_only", True)
    monkeypatch.setattr(receiver, "trusted_proxies", parse_networks(PROXY))


@pytest.fixture
async def hook_url(alice: Api, world: World, https: None) -> str:
    saved = await world.trigger(await world.workflow())
    return f"/hooks/{saved.row.hook_token}"


async def status(app: Litestar, peer: str, path: str, scheme: str, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with client_of(app, peer) as client:
        answer = await client.post(f"{scheme}://signalbox.test{path}", json={}, headers=named)
    return answer.status_code, answer.json().get("error")


REFUSED = (403, "https_required")


async def test_what_came_in_plain_is_refused(app: Litestar, hook_url: str) -> None:
    assert await status(app, OTHER, hook_url, "http") == REFUSED
    assert await status(app, OTHER, hook_url, "https") == (202, None)


async def test_only_a_trusted_proxy_is_believed(app: Litestar, hook_url: str) -> None:
    for said in ("https", "HTTPS", "http, https"):
        assert await status(app, PROXY, hook_url, "http", x_forwarded_proto=said) == (202, None)
        assert await status(app, OTHER, hook_url, "http", x_forwarded_proto=said) == REFUSED
    for said in ("http", "", "https, http", "httpsx"):
        assert await status(app, PROXY, hook_url, "http", x_forwarded_proto=said) == REFUSED
    for header in ("forwarded", "x_forwarded_ssl", "front_end_https"):
        assert await status(app, PROXY, hook_url, "http", **{header: "proto=https"}) == REFUSED


async def test_the_owner_sees_it(app: Litestar, alice: Api, hook_url: str) -> None:
    await status(app, OTHER, hook_url, "http")
    async with asyncio.timeout(10):
        while not (rows := (await alice.get("/refused-requests")).json()["items"]):  # noqa: ASYNC110 - a row
            await asyncio.sleep(0.05)
    assert (rows[0]["reason"], rows[0]["address"]) == ("https_required", OTHER)


async def test_a20_an_unknown_hook_looks_as_ever(app: Litestar, https: None) -> None:
    assert await status(app, OTHER, f"/hooks/{'A' * 32}", "http") == (404, "not_found")
