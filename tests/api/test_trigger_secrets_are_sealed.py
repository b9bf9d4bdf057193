"""Signing secrets: made or given, shown once, stored encrypted and bound to their row."""

from typing import Any
from uuid import UUID

import pytest

from domain.clock import utc_now
from domain.encryption import CannotOpen, trigger_secret_row
from domain.senders import sender_for
from domain.store.database import Row, fetch
from tests.support.web_fixtures import Api
from tests.support.world import World

GIVEN = "It's a Secret to Everybody"


async def make(api: Api, world: World, **config: Any) -> dict[str, Any]:
    draft = {
        "name": "Issues",
        "kind": "webhook",
        "workflow_id": str(await world.workflow()),
        "config": config,
    }
    answer = await api.post("/triggers", draft)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def secrets_of(trigger_id: str) -> list[Row]:
    return list(
        await fetch(
            "SELECT id, team_id, ciphertext, retired_at FROM trigger_secret "
            "WHERE trigger_id = $1 ORDER BY id",
            UUID(trigger_id),
        )
    )


async def deliver(api: Api, made: dict[str, Any], secret: str) -> int:
    body = b'{"action":"opened"}'
    sender = sender_for("github")
    signed = sender.sign(body, secret, sender.parse_config({}), utc_now(), "a-delivery-id")
    answer = await api.client.post(made["hook_url"], content=body, headers=signed)
    return answer.status_code


async def test_a_secret_that_is_made_is_shown_once(alice: Api, world: World) -> None:
    made = await make(alice, world, scheme="github")

    assert await deliver(alice, made, made["secret"]) == 202
    assert made["secret"] not in (await alice.get(f"/triggers/{made['id']}")).text


async def test_a_secret_that_is_given_is_never_shown(alice: Api, world: World) -> None:
    made = await make(alice, world, scheme="github", secret=GIVEN)

    assert "secret" not in made
    assert made["config"] == {"scheme": "github"}
    assert await deliver(alice, made, GIVEN) == 202


async def test_what_is_stored_opens_only_in_its_own_row(alice: Api, world: World) -> None:
    made = await make(alice, world, scheme="github", secret=GIVEN)
    (row,) = await secrets_of(made["id"])
    own = trigger_secret_row(row["team_id"], row["id"])

    assert GIVEN.encode() not in row["ciphertext"]
    assert world.vault.open(row["ciphertext"], own) == GIVEN
    with pytest.raises(CannotOpen):
        world.vault.open(row["ciphertext"], trigger_secret_row(row["team_id"], made["id"]))


async def test_another_secret_replaces_the_first(alice: Api, world: World) -> None:
    made = await make(alice, world, scheme="github", secret=GIVEN)
    config = {"scheme": "github", "secret": "another secret of theirs"}

    assert (await alice.patch(f"/triggers/{made['id']}", {"config": config})).is_success

    old, new = await secrets_of(made["id"])
    assert old["retired_at"] is not None
    assert new["retired_at"] is None


async def test_settings_without_a_secret_keep_the_one_there_is(alice: Api, world: World) -> None:
    made = await make(alice, world, scheme="hmac", secret=GIVEN)

    config = {"scheme": "hmac", "header": "X-Other"}
    edited = (await alice.patch(f"/triggers/{made['id']}", {"config": config})).json()

    assert "secret" not in edited
    (row,) = await secrets_of(made["id"])
    assert row["retired_at"] is None


async def test_another_scheme_makes_another_secret(alice: Api, world: World) -> None:
    made = await make(alice, world, scheme="github", secret=GIVEN)

    edited = (
        await alice.patch(f"/triggers/{made['id']}", {"config": {"scheme": "standard"}})
    ).json()

    assert edited["secret"].startswith("whsec_")
    old, _ = await secrets_of(made["id"])
    assert old["retired_at"] is not None


async def test_no_signature_is_an_explicit_choice(alice: Api, world: World) -> None:
    draft = {"name": "N", "kind": "webhook", "workflow_id": str(await world.workflow())}

    answer = await alice.post("/triggers", {**draft, "config": {}})

    assert answer.status_code == 400
    assert answer.json()["problems"][0]["field"] == "config.scheme"


async def test_a_scheme_without_a_secret_takes_none(alice: Api, world: World) -> None:
    draft = {"name": "N", "kind": "webhook", "workflow_id": str(await world.workflow())}

    answer = await alice.post("/triggers", {**draft, "config": {"scheme": "none", "secret": GIVEN}})

    assert answer.json()["problems"][0]["field"] == "config.secret"
    assert GIVEN not in answer.text
