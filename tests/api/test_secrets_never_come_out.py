"""A team's named secrets: set, replaced, deleted, named, never read."""

from uuid import UUID

import pytest

from domain.encryption import secret_row
from domain.store.database import fetch
from tests.support.web_fixtures import Api
from tests.support.world import World

VALUE = "hunter2-hunter2-hunter2"


async def test_a_secret_is_named_but_never_shown(alice: Api) -> None:
    answer = await alice.call("PUT", "/secrets/api_token", {"value": VALUE})

    assert (answer.status_code, answer.content) == (204, b"")
    listed = await alice.get("/secrets")
    assert [item["name"] for item in listed.json()["items"]] == ["api_token"]
    assert VALUE not in listed.text


async def test_a_secret_is_sealed_for_its_own_row(alice: Api, world: World) -> None:
    await alice.call("PUT", "/secrets/api_token", {"value": VALUE})

    (row,) = await fetch(
        "SELECT id, ciphertext FROM secret WHERE team_id = $1", world.alice.team_id
    )

    assert VALUE.encode() not in row["ciphertext"]
    own = secret_row(world.alice.team_id, row["id"])
    assert world.vault.open(row["ciphertext"], own) == VALUE


async def test_setting_it_again_replaces_it(alice: Api, world: World) -> None:
    for value in (VALUE, "another value"):
        await alice.call("PUT", "/secrets/api_token", {"value": value})

    (row,) = await fetch(
        "SELECT id, ciphertext FROM secret WHERE team_id = $1", world.alice.team_id
    )
    own = secret_row(world.alice.team_id, row["id"])
    assert world.vault.open(row["ciphertext"], own) == "another value"


async def test_a_deleted_secret_is_gone(alice: Api) -> None:
    await alice.call("PUT", "/secrets/api_token", {"value": VALUE})

    assert (await alice.call("DELETE", "/secrets/api_token")).status_code == 204
    assert (await alice.call("DELETE", "/secrets/api_token")).status_code == 404
    assert (await alice.get("/secrets")).json()["items"] == []


@pytest.mark.parametrize("name", ["Upper", "1st", "a-b", "a" * 65, "é", "a.b"])
async def test_a_name_that_no_placeholder_could_spell_is_refused(alice: Api, name: str) -> None:
    answer = await alice.call("PUT", f"/secrets/{name}", {"value": VALUE})

    assert answer.status_code == 400
    assert answer.json()["problems"][0]["field"] == "name"


@pytest.mark.parametrize("value", ["", "x" * 8_193])
async def test_a_value_is_neither_empty_nor_huge(alice: Api, value: str) -> None:
    answer = await alice.call("PUT", "/secrets/api_token", {"value": value})

    assert answer.status_code == 400
    assert answer.json()["problems"][0]["field"] == "value"


async def test_the_trail_names_the_secret_and_not_its_value(alice: Api, world: World) -> None:
    await alice.call("PUT", "/secrets/api_token", {"value": VALUE})

    rows = await fetch(
        "SELECT action, before, after::text AS after FROM audit_entry "
        "WHERE team_id = $1 AND object_kind = 'secret'",
        UUID(str(world.alice.team_id)),
    )

    assert [dict(row) for row in rows] == [
        {"action": "create", "before": None, "after": '{"name": "api_token"}'}
    ]
