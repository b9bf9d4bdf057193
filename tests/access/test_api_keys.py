"""Keys of the API: shown once, stored hashed, revoked at once (row A102)."""

import hashlib
import re

import httpx
import pytest

from domain.store.database import execute, fetch_one
from tests.support.web_fixtures import Api
from tests.support.world import World


async def test_a_key_is_shown_once_and_stored_hashed(alice: Api, world: World) -> None:
    made = (await alice.post("/keys", {"name": "CI", "role": "editor"})).json()

    assert re.fullmatch(r"sbx_[0-9a-f]{8}_[A-Za-z0-9_-]{43}", made["key"])
    assert made["key"].startswith(made["prefix"])
    listed = await alice.get("/keys")
    assert made["key"] not in listed.text
    assert made["prefix"] in listed.text
    row = await fetch_one("SELECT * FROM api_key WHERE id = $1::text::uuid", made["id"])
    assert row is not None
    assert row["key_hash"] == hashlib.sha256(made["key"].encode()).digest()
    assert made["key"] not in {str(value) for value in row.values()}


async def test_a_key_has_the_role_that_it_was_given(alice: Api) -> None:
    made = (await alice.post("/keys", {"name": "Reader", "role": "viewer"})).json()
    reader = Api(alice.client, made["key"])

    assert (await reader.get("/workflows")).status_code == 200
    assert (await reader.get("/keys")).status_code == 403


async def test_a_revoked_key_is_dead_at_once(alice: Api) -> None:
    made = (await alice.post("/keys", {"name": "CI", "role": "admin"})).json()
    other = Api(alice.client, made["key"])
    assert (await other.get("/workflows")).status_code == 200

    assert (await alice.call("DELETE", f"/keys/{made['id']}")).status_code == 204

    assert (await other.get("/workflows")).status_code == 401
    assert (await alice.call("DELETE", f"/keys/{made['id']}")).status_code == 404


async def test_a_role_that_there_is_not_is_refused(alice: Api) -> None:
    answer = await alice.post("/keys", {"name": "CI", "role": "owner"})

    assert answer.status_code == 400
    assert answer.json()["problems"][0]["field"] == "role"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic {key}",
        "{key}",
        "Bearer {key}x",
        "Bearer x{key}",
        "Bearer " + "x" * 10_000,
        "Bearer sbx_00000000_" + "A" * 43,
    ],
)
async def test_what_is_not_a_live_key_is_refused(alice: Api, header: str) -> None:
    value = header.format(key=alice.key)

    answer = await alice.client.get("/api/v1/workflows", headers={"authorization": value})

    assert answer.status_code == 401
    assert answer.json()["error"] == "unauthenticated"
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_key_in_the_address_opens_nothing(alice: Api, client: httpx.AsyncClient) -> None:
    for name in ("key", "api_key", "access_token", "authorization"):
        answer = await client.get("/api/v1/workflows", params={name: alice.key})
        assert answer.status_code == 401


async def test_use_is_noted_at_most_once_a_minute(alice: Api, world: World) -> None:
    async def used_at() -> object:
        row = await fetch_one("SELECT used_at FROM api_key WHERE team_id = $1", world.alice.team_id)
        assert row is not None
        return row["used_at"]

    assert await used_at() is None
    await alice.get("/workflows")
    first = await used_at()
    await alice.get("/workflows")
    assert first is not None
    assert await used_at() == first

    await execute(
        "UPDATE api_key SET used_at = now() - interval '61 seconds' WHERE team_id = $1",
        world.alice.team_id,
    )
    await alice.get("/workflows")
    assert await used_at() != first


async def test_the_api_sets_no_cookie_and_takes_none(alice: Api) -> None:
    answer = await alice.get("/workflows")

    assert "set-cookie" not in answer.headers
