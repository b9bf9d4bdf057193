"""/team/keys: make, rotate, revoke; each key shown once (row A102)."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from litestar import Litestar

from domain.store.database import fetch_one
from tests.support.web_fixtures import Api, client_of, csrf_of, person_of, sign_in
from tests.support.world import World


@pytest.fixture
async def browser(app: Litestar, world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        await sign_in(client, await person_of(world.alice, "admin"))
        client.headers["x-csrf-token"] = await csrf_of(client)
        yield client


_KEY = re.compile(r"sbx_[0-9a-f]{8}_[A-Za-z0-9_-]{43}")


async def test_the_page_makes_a_key_and_shows_it_once(browser: httpx.AsyncClient) -> None:
    form = {"name": "Nightly <import>", "role": "editor", "life": "90d"}
    shown = await browser.post("/team/keys", data=form)

    assert shown.status_code == 201
    key = _KEY.findall(shown.text)
    assert len(key) == 1
    api = Api(browser, key[0])
    assert (await api.get("/workflows")).status_code == 200
    again = (await browser.get("/team/keys")).text
    assert not _KEY.search(again)
    assert "Nightly &lt;import&gt;" in again


async def test_the_page_rotates_and_revokes(browser: httpx.AsyncClient) -> None:
    form = {"name": "CI", "role": "viewer", "life": "never"}
    old = _KEY.findall((await browser.post("/team/keys", data=form)).text)[0]
    row = await fetch_one("SELECT id FROM api_key WHERE prefix = $1", old[:12])
    assert row is not None
    page = f"/team/keys/{row['id']}"

    rotated = await browser.post(f"{page}/rotation", data={"overlap_s": "86400"})
    assert rotated.status_code == 201
    assert "Rotated" in rotated.text
    assert (await browser.post(f"{page}/rotation", data={})).status_code == 400
    again = await browser.post(f"{page}/rotation", data={"overlap_s": "86400"})
    assert again.status_code == 409
    assert "successor already" in again.text

    assert "Revoked" in (await browser.delete(page)).text
    assert (await Api(browser, old).get("/workflows")).status_code == 401
    assert (await browser.delete(page)).status_code == 404


async def test_the_form_comes_back_with_what_was_typed(browser: httpx.AsyncClient) -> None:
    form = {"name": "Kept", "role": "owner", "life": "on", "day": "2001-01-01"}

    answer = await browser.post("/team/keys", data=form)

    assert answer.status_code == 422
    assert 'value="Kept"' in answer.text
    assert not _KEY.search(answer.text)


async def test_without_the_forms_token_nothing_is_made(browser: httpx.AsyncClient) -> None:
    del browser.headers["x-csrf-token"]

    answer = await browser.post("/team/keys", data={"name": "CI", "role": "viewer", "life": "30d"})

    assert answer.status_code == 403


async def test_the_list_refreshes_without_the_form_beside_it(browser: httpx.AsyncClient) -> None:
    whole = (await browser.get("/team/keys")).text
    assert 'data-live="keys" data-live-src="/team/keys"' in whole

    headers = {"hx-request": "true", "hx-target": "section#key-list"}
    part = (await browser.get("/team/keys", headers=headers)).text

    assert 'id="key-list"' in part
    assert 'name="life"' not in part
