"""Every change leaves a trail that is written in the change's own transaction."""

from typing import Any
from uuid import UUID

import pytest

from domain.rules.bodies import read_json
from domain.store import audit
from domain.store.database import fetch
from tests.support.web_fixtures import Api
from tests.support.world import CALL, World


async def trail(world: World, object_kind: str) -> list[Any]:
    return list(
        await fetch(
            "SELECT actor_kind, actor_name, action, object_id, before, after, request_id "
            "FROM audit_entry WHERE team_id = $1 AND object_kind = $2 ORDER BY created_at",
            world.alice.team_id,
            object_kind,
        )
    )


async def test_a_change_says_who_did_what_before_and_after(alice: Api, world: World) -> None:
    made = (await alice.post("/workflows", {"name": "First", "steps": [CALL]})).json()
    edited = await alice.patch(f"/workflows/{made['id']}", {"name": "Second"})
    await alice.call("DELETE", f"/workflows/{made['id']}")

    entries = await trail(world, "workflow")

    assert [entry["action"] for entry in entries] == ["create", "edit", "delete"]
    edit = entries[1]
    assert (edit["actor_kind"], edit["actor_name"]) == ("api_key", "a test's key")
    assert edit["object_id"] == UUID(made["id"])
    assert edit["request_id"] == edited.headers["x-request-id"]
    before, after = (read_json(edit[side].encode()) for side in ("before", "after"))
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    assert (before["name"], after["name"]) == ("First", "Second")


async def test_the_trail_holds_no_credentials(alice: Api, world: World) -> None:
    workflow_id = str(await world.workflow())
    step = {**CALL, "headers": {"Authorization": "Bearer in-plain-text", "X-Note": "kept"}}
    await alice.patch(f"/workflows/{workflow_id}", {"steps": [step]})
    config = {"scheme": "github", "secret": "It's a Secret to Everybody"}
    draft = {"name": "N", "kind": "webhook", "workflow_id": workflow_id, "config": config}
    made = (await alice.post("/triggers", draft)).json()
    await alice.patch(f"/triggers/{made['id']}", {"config": {"scheme": "standard"}})

    rows = await fetch(
        "SELECT before::text || after::text AS text FROM audit_entry WHERE team_id = $1",
        world.alice.team_id,
    )
    text = " ".join(row["text"] or "" for row in rows)

    assert "kept" in text
    assert "in-plain-text" not in text
    assert "Everybody" not in text
    assert "whsec_" not in text
    assert made["hook_url"].rpartition("/")[2] not in text


class TrailFails(Exception):
    """Stands for any failure of the write of an audit entry."""


@pytest.fixture
def broken_trail(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise TrailFails

    monkeypatch.setattr(audit, "record", fail)


async def test_without_its_entry_no_workflow_is_made(
    alice: Api, world: World, broken_trail: None
) -> None:
    answer = await alice.post("/workflows", {"name": "First", "steps": [CALL]})

    assert answer.status_code == 500
    assert (await alice.get("/workflows")).json()["items"] == []


async def test_without_its_entry_no_trigger_changes(
    alice: Api, world: World, request: pytest.FixtureRequest
) -> None:
    saved = await world.trigger(await world.workflow())
    path = f"/triggers/{saved.row.id}"
    before = (await alice.get(path)).json()
    request.getfixturevalue("broken_trail")

    assert (await alice.patch(path, {"name": "N", "conditions": {"all": []}})).status_code == 500
    assert (await alice.call("DELETE", path)).status_code == 500

    assert (await alice.get(path)).json() == before


async def test_an_entry_cannot_be_rewritten(alice: Api, world: World) -> None:
    """Row A111."""
    await world.workflow()
    for statement in ("UPDATE audit_entry SET action = 'x'", "DELETE FROM audit_entry"):
        with pytest.raises(Exception, match="immutable"):
            await fetch(f"{statement} WHERE team_id = $1", world.alice.team_id)


async def test_the_trail_cannot_be_emptied(world: World) -> None:
    """Row A111: neither whole nor a day of it."""
    await world.workflow()
    (entry,) = await fetch(
        "SELECT tableoid::regclass::text AS day FROM audit_entry WHERE team_id = $1 LIMIT 1",
        world.alice.team_id,
    )
    assert entry["day"] != "audit_entry_default"
    for table in ("audit_entry", entry["day"], "audit_entry_default"):
        with pytest.raises(Exception, match="immutable"):
            await fetch(f"TRUNCATE {table}")
