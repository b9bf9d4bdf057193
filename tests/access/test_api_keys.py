"""Keys of the API: shown once, stored hashed, revoked at once (row A102)."""

import asyncio
import hashlib
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest

from domain.clock import utc_now
from domain.errors import InvalidInput, NotFound
from domain.operations.create_api_key import create_api_key
from domain.operations.rotate_api_key import AlreadyRotated, rotate_api_key
from domain.rules.permissions import weaker_role
from domain.store.database import execute, fetch_one
from tests.support.web_fixtures import Api, Person, person_of
from tests.support.world import World
from web.forms.api_keys import KeyForm


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


# --- Whose they are ----------------------------------------------------------------------------


async def made_by(person: Person, client: httpx.AsyncClient, role: str = "admin") -> Api:
    return Api(client, (await create_api_key(person.actor, "script", role)).text)


async def test_a_key_goes_with_its_makers_membership(
    client: httpx.AsyncClient, world: World
) -> None:
    """Row A102: the key of a removed user."""
    maker = await person_of(world.alice, "admin")
    script = await made_by(maker, client)
    assert (await script.get("/workflows")).status_code == 200

    await execute("DELETE FROM membership WHERE user_id = $1", maker.actor.id)

    assert (await script.get("/workflows")).status_code == 401


async def test_a_key_never_may_more_than_its_maker_may_now(
    client: httpx.AsyncClient, world: World
) -> None:
    """Row A102: the owner's rights are looked at on each use."""
    maker = await person_of(world.alice, "admin")
    script = await made_by(maker, client)
    assert (await script.get("/keys")).status_code == 200

    await execute("UPDATE membership SET role = 'viewer' WHERE user_id = $1", maker.actor.id)
    assert (await script.get("/keys")).status_code == 403
    assert (await script.get("/workflows")).status_code == 200

    await execute("UPDATE membership SET role = 'admin' WHERE user_id = $1", maker.actor.id)
    assert (await script.get("/keys")).status_code == 200


async def test_a_key_that_a_key_makes_belongs_to_the_same_member(
    client: httpx.AsyncClient, world: World
) -> None:
    maker = await person_of(world.alice, "admin")
    script = await made_by(maker, client)
    made = (await script.post("/keys", {"name": "second", "role": "admin"})).json()
    second = Api(client, made["key"])
    assert (await second.get("/workflows")).status_code == 200

    await execute("DELETE FROM membership WHERE user_id = $1", maker.actor.id)

    assert (await second.get("/workflows")).status_code == 401


@pytest.mark.parametrize(
    ("one", "other", "weaker"),
    [
        ("admin", "viewer", "viewer"),
        ("viewer", "admin", "viewer"),
        ("editor", "editor", "editor"),
        ("admin", "owner", "owner"),
        ("owner", "viewer", "owner"),
    ],
)
def test_the_weaker_of_two_roles_allows_no_more_than_either(
    one: str, other: str, weaker: str
) -> None:
    assert weaker_role(one, other) == weaker


# --- When they end -----------------------------------------------------------------------------


async def test_an_expired_key_opens_nothing(alice: Api) -> None:
    later = (utc_now() + timedelta(hours=1)).isoformat()
    made = (await alice.post("/keys", {"name": "CI", "role": "viewer", "expires_at": later})).json()
    short = Api(alice.client, made["key"])
    assert made["expires_at"] is not None
    assert (await short.get("/workflows")).status_code == 200

    await execute("UPDATE api_key SET expires_at = now() WHERE id = $1", UUID(made["id"]))

    assert (await short.get("/workflows")).status_code == 401
    assert (await alice.call("DELETE", f"/keys/{made['id']}")).status_code == 404


@pytest.mark.parametrize(
    "expires_at",
    ["2020-01-01T00:00:00Z", "2199-01-01T00:00:00Z", "2030-01-01T00:00:00", "tomorrow", 5, True],
)
async def test_an_end_that_cannot_be_is_refused(alice: Api, expires_at: object) -> None:
    answer = await alice.post("/keys", {"name": "CI", "role": "viewer", "expires_at": expires_at})

    assert answer.status_code == 400
    assert answer.json()["problems"][0]["field"] == "expires_at"


def test_the_form_offers_ends_and_takes_a_day_to_its_end() -> None:
    now = datetime(2026, 2, 27, 12, tzinfo=UTC)

    assert KeyForm(life="30d").expires_at(now) == datetime(2026, 3, 29, 12, tzinfo=UTC)
    assert KeyForm(life="never").expires_at(now) is None
    day = KeyForm(life="on", day="2026-03-01").expires_at(now)
    assert day is not None
    assert day.isoformat(timespec="seconds") == "2026-03-01T23:59:59+00:00"
    for wrong in (KeyForm(life="on", day="soon"), KeyForm(life="forever")):
        with pytest.raises(InvalidInput):
            wrong.expires_at(now)


# --- Rotation ----------------------------------------------------------------------------------


async def test_after_a_rotation_both_keys_work_until_the_overlap_ends(alice: Api) -> None:
    old = (await alice.post("/keys", {"name": "CI", "role": "editor"})).json()
    answer = await alice.post(f"/keys/{old['id']}/rotation", {"overlap_s": 3600})

    new = answer.json()
    assert answer.status_code == 201
    assert (new["name"], new["role"]) == ("CI", "editor")
    for key in (old["key"], new["key"]):
        assert (await Api(alice.client, key).get("/workflows")).status_code == 200
    row = await fetch_one(
        "SELECT expires_at - now() AS rest FROM api_key WHERE id = $1", UUID(old["id"])
    )
    assert row is not None
    assert timedelta(minutes=59) < row["rest"] <= timedelta(hours=1)


async def test_without_an_overlap_the_old_key_is_dead_at_once(alice: Api) -> None:
    old = (await alice.post("/keys", {"name": "CI", "role": "editor"})).json()
    new = (await alice.post(f"/keys/{old['id']}/rotation", {"overlap_s": 0})).json()

    assert (await Api(alice.client, old["key"]).get("/workflows")).status_code == 401
    assert (await Api(alice.client, new["key"]).get("/workflows")).status_code == 200


async def test_a_successor_lives_as_long_as_the_old_key_was_to_live(world: World) -> None:
    until = utc_now() + timedelta(days=30)
    old = await create_api_key(world.alice, "CI", "viewer", expires_at=until)

    new = await rotate_api_key(world.alice, old.id, overlap_s=604_800)

    assert new.expires_at is not None
    assert abs(new.expires_at - until) < timedelta(minutes=1)


async def test_of_two_rotations_at_once_one_wins(world: World) -> None:
    """Row A101: a double click makes one successor."""
    old = await create_api_key(world.alice, "CI", "viewer")

    answers = await asyncio.gather(
        *(rotate_api_key(world.alice, old.id) for _ in range(4)), return_exceptions=True
    )

    assert sum(not isinstance(answer, BaseException) for answer in answers) == 1
    assert sum(isinstance(answer, AlreadyRotated) for answer in answers) == 3


async def test_what_is_not_live_cannot_be_rotated(world: World) -> None:
    old = await create_api_key(world.alice, "CI", "viewer")
    await rotate_api_key(world.alice, old.id, overlap_s=0)

    with pytest.raises(NotFound):
        await rotate_api_key(world.alice, old.id)
    with pytest.raises(NotFound):
        await rotate_api_key(world.charlie, old.id)
    with pytest.raises(InvalidInput):
        await rotate_api_key(world.alice, old.id, overlap_s=31_536_000)
