"""Rotating a trigger's signing secret: both work for a while, then one; and it is seen which one a
sender still uses (rows A36 to A38 of the attack catalogue)."""

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest

from domain.clock import utc_now
from domain.operations.rotate_trigger_secret import MOST_IN_USE
from domain.rules.ids import new_id
from domain.senders import sender_for
from domain.store.database import execute, fetch
from tests.support.web_fixtures import Api
from tests.support.world import World

GIVEN = "another secret of the sender's own"


@pytest.fixture
async def made(alice: Api, world: World) -> dict[str, Any]:
    return await make(alice, world, scheme="github")


async def make(api: Api, world: World, **config: Any) -> dict[str, Any]:
    workflow_id = str(await world.workflow())
    draft = {"name": "N", "kind": "webhook", "workflow_id": workflow_id, "config": config}
    answer = await api.post("/triggers", draft)
    assert answer.status_code == 201, answer.text
    trigger: dict[str, Any] = answer.json()
    return trigger


async def rotate(api: Api, trigger_id: str, **body: Any) -> dict[str, Any]:
    answer = await api.post(f"/triggers/{trigger_id}/secrets", body)
    assert answer.status_code == 201, answer.text
    rotated: dict[str, Any] = answer.json()
    return rotated


async def listed(api: Api, trigger_id: str) -> list[dict[str, Any]]:
    answer = await api.get(f"/triggers/{trigger_id}/secrets")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def deliver(api: Api, trigger: dict[str, Any], secret: str) -> int:
    """With a body of its own: an old one would be a repeat."""
    body = json.dumps({"id": str(new_id())}).encode()
    sender = sender_for("github")
    signed = sender.sign(body, secret, sender.parse_config({}), utc_now(), str(new_id()))
    answer = await api.client.post(trigger["hook_url"], content=body, headers=signed)
    return answer.status_code


async def until_refused(api: Api, trigger: dict[str, Any], secret: str) -> None:
    """A door remembers a hook for a second."""
    async with asyncio.timeout(10):
        while await deliver(api, trigger, secret) != 401:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_a37_both_secrets_work_within_the_overlap_and_then_only_the_new_one(
    alice: Api, made: dict[str, Any]
) -> None:
    rotated = await rotate(alice, made["id"], overlap_s=3_600)
    assert rotated["secret"] != made["secret"]
    assert await deliver(alice, made, made["secret"]) == 202
    assert await deliver(alice, made, rotated["secret"]) == 202

    await execute(
        "UPDATE trigger_secret SET retired_at = now() WHERE trigger_id = $1 AND id <> $2",
        UUID(made["id"]),
        UUID(rotated["id"]),
    )
    await until_refused(alice, made, made["secret"])
    assert await deliver(alice, made, rotated["secret"]) == 202


async def test_a37_without_an_overlap_the_old_one_ends_at_once(
    alice: Api, made: dict[str, Any]
) -> None:
    rotated = await rotate(alice, made["id"], secret=GIVEN, overlap_s=0)
    assert "secret" not in rotated
    assert [one["id"] for one in await listed(alice, made["id"])] == [rotated["id"]]
    await until_refused(alice, made, made["secret"])
    assert await deliver(alice, made, GIVEN) == 202


async def test_the_list_is_newest_first_and_says_when_each_was_used_last(
    alice: Api, made: dict[str, Any]
) -> None:
    rotated = await rotate(alice, made["id"], overlap_s=600)
    assert await deliver(alice, made, made["secret"]) == 202

    async with asyncio.timeout(10):
        # For what is written in the background.
        while (await listed(alice, made["id"]))[1]["used_at"] is None:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    new, old = await listed(alice, made["id"])
    assert (new["id"], new["retired_at"], new["used_at"]) == (rotated["id"], None, None)
    assert old["retired_at"] is not None
    for answer in (await alice.get(f"/triggers/{made['id']}/secrets"),):
        assert made["secret"] not in answer.text
        assert rotated["secret"] not in answer.text


async def test_one_secret_can_be_ended_but_not_the_only_one(
    alice: Api, made: dict[str, Any]
) -> None:
    rotated = await rotate(alice, made["id"])
    old = (await listed(alice, made["id"]))[1]["id"]
    path = f"/triggers/{made['id']}/secrets"
    assert (await alice.call("DELETE", f"{path}/{old}")).status_code == 204
    await until_refused(alice, made, made["secret"])
    assert (await alice.call("DELETE", f"{path}/{old}")).status_code == 404
    assert (await alice.call("DELETE", f"{path}/{rotated['id']}")).status_code == 409


async def test_so_many_secrets_work_at_once_and_no_more(alice: Api, made: dict[str, Any]) -> None:
    for _ in range(MOST_IN_USE - 1):
        await rotate(alice, made["id"])
    refused = await alice.post(f"/triggers/{made['id']}/secrets", {})
    assert refused.status_code == 400
    assert len(await listed(alice, made["id"])) == MOST_IN_USE
    await rotate(alice, made["id"], overlap_s=0)
    assert len(await listed(alice, made["id"])) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"secret": ""}, "secret"),
        ({"secret": "x" * 23}, "secret"),
        ({"secret": GIVEN + " "}, "secret"),
        ({"secret": 7}, "secret"),
        ({"overlap_s": -1}, "overlap_s"),
        ({"overlap_s": 30 * 86_400 + 1}, "overlap_s"),
        ({"overlap": 1}, "overlap"),
    ],
)
async def test_a36_what_cannot_be_meant_is_refused(
    alice: Api, made: dict[str, Any], body: dict[str, Any], field: str
) -> None:
    answer = await alice.post(f"/triggers/{made['id']}/secrets", body)
    assert answer.status_code == 400
    assert [problem["field"] for problem in answer.json()["problems"]] == [field]
    assert len(await listed(alice, made["id"])) == 1


async def test_a_trigger_without_signatures_has_nothing_to_rotate(alice: Api, world: World) -> None:
    unsigned = await make(alice, world, scheme="none")
    assert (await alice.post(f"/triggers/{unsigned['id']}/secrets", {})).status_code == 400


async def test_a38_another_team_may_have_the_same_secret_and_a_deleted_trigger_holds_none(
    alice: Api, charlie: Api, world: World
) -> None:
    first = await make(alice, world, scheme="github", secret=GIVEN)
    theirs = {
        "name": "N",
        "kind": "webhook",
        "workflow_id": str(await world.workflow(actor=world.charlie)),
        "config": {"scheme": "github", "secret": GIVEN},
    }
    assert (await charlie.post("/triggers", theirs)).status_code == 201
    await alice.call("DELETE", f"/triggers/{first['id']}")
    await make(alice, world, scheme="github", secret=GIVEN)


async def test_it_is_audited_without_the_secret(alice: Api, made: dict[str, Any]) -> None:
    await rotate(alice, made["id"], secret=GIVEN)
    rows = await fetch(
        "SELECT action, after FROM audit_entry WHERE object_id = $1 ORDER BY created_at",
        UUID(made["id"]),
    )
    assert [row["action"] for row in rows] == ["create", "rotate_secret"]
    assert GIVEN not in str([row["after"] for row in rows])


async def test_others_may_not(charlie: Api, bob: Api, editor: Api, made: dict[str, Any]) -> None:
    path = f"/triggers/{made['id']}/secrets"
    unknown = f"/triggers/{new_id()}/secrets"
    for method, body in (("GET", None), ("POST", {})):
        assert (await bob.call(method, path, body)).status_code == 403
        assert (await charlie.call(method, path, body)).status_code == 404
        assert (await editor.call(method, unknown, body)).status_code == 404
    assert (await charlie.call("DELETE", f"{path}/{new_id()}")).status_code == 404
    assert (await editor.call("GET", path)).status_code == 200
