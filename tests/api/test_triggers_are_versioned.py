"""Triggers through the API: what they are made of, and what an edit makes of them."""

from typing import Any

from domain.store.database import fetch
from tests.support.web_fixtures import BASE_URL, Api
from tests.support.world import CALL, World

OPENED = {"all": [{"path": "$.action", "op": "eq", "value": "opened"}]}


async def make(api: Api, world: World, **fields: Any) -> dict[str, Any]:
    draft = {
        "name": "Issues",
        "kind": "webhook",
        "workflow_id": str(await world.workflow()),
        "config": {"scheme": "github"},
        "conditions": OPENED,
        **fields,
    }
    answer = await api.post("/triggers", draft)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def problems_of(api: Api, world: World, **fields: Any) -> dict[str, str]:
    draft = {
        "name": "Issues",
        "kind": "webhook",
        "workflow_id": str(await world.workflow()),
        "config": {"scheme": "none"},
        **fields,
    }
    answer = await api.post("/triggers", draft)
    assert answer.status_code == 400, answer.text
    return {problem["field"]: problem["message"] for problem in answer.json()["problems"]}


async def test_a_new_trigger_says_where_to_send_to(alice: Api, world: World) -> None:
    made = await make(alice, world)

    assert made["version"] == 1
    assert made["enabled"] is True
    token = made["hook_url"].removeprefix(f"{BASE_URL}/hooks/")
    assert len(token) >= 32
    assert made["conditions"] == OPENED


async def test_an_edit_of_what_events_are_judged_by_makes_a_new_version(
    alice: Api, world: World
) -> None:
    made = await make(alice, world)
    closed = {"all": [{"path": "$.action", "op": "eq", "value": "closed"}]}

    edited = (await alice.patch(f"/triggers/{made['id']}", {"conditions": closed})).json()

    assert (edited["version"], edited["conditions"]) == (2, closed)
    assert edited["hook_url"] == made["hook_url"]
    rows = await fetch(
        "SELECT number, condition_config #>> '{all,0,value}' AS value FROM trigger_version "
        "WHERE trigger_id = $1::text::uuid ORDER BY number",
        made["id"],
    )
    assert [dict(row) for row in rows] == [
        {"number": 1, "value": "opened"},
        {"number": 2, "value": "closed"},
    ]


async def test_conditions_can_be_taken_away(alice: Api, world: World) -> None:
    made = await make(alice, world)

    edited = (await alice.patch(f"/triggers/{made['id']}", {"conditions": None})).json()

    assert (edited["version"], edited["conditions"]) == (2, None)


async def test_switching_off_makes_no_version_and_closes_the_door(alice: Api, world: World) -> None:
    made = await make(alice, world, config={"scheme": "none"})

    edited = (await alice.patch(f"/triggers/{made['id']}", {"enabled": False})).json()

    assert (edited["version"], edited["enabled"]) == (1, False)
    answer = await alice.client.post(made["hook_url"], json={})
    assert answer.status_code == 404


async def test_a_deleted_trigger_is_gone_and_its_door_closed(alice: Api, world: World) -> None:
    made = await make(alice, world, config={"scheme": "none"})

    assert (await alice.call("DELETE", f"/triggers/{made['id']}")).status_code == 204

    assert (await alice.get(f"/triggers/{made['id']}")).status_code == 404
    assert (await alice.client.post(made["hook_url"], json={})).status_code == 404


async def test_a_trigger_needs_a_published_workflow_of_its_own_team(
    alice: Api, world: World
) -> None:
    draft = (await alice.post("/workflows", {"name": "D", "steps": [CALL], "draft": True})).json()
    theirs = await world.workflow(actor=world.charlie)
    nobody = "01a205fa-0943-7e59-b0aa-efd8b4bf0243"

    problems = [
        (await problems_of(alice, world, workflow_id=str(workflow_id)))["workflow_id"]
        for workflow_id in (theirs, nobody, "no id at all")
    ]

    assert problems == ["there is no such workflow"] * 3
    unpublished = await problems_of(alice, world, workflow_id=draft["id"])
    assert unpublished["workflow_id"] == "this workflow is a draft: publish it first"


async def test_what_this_version_does_not_have_is_refused_by_name(alice: Api, world: World) -> None:
    email = await problems_of(alice, world, kind="email")
    assert email == {"kind": "email triggers are not available in this version"}
    assert "must be one of" in (await problems_of(alice, world, kind="carrier pigeon"))["kind"]
    limits = await problems_of(alice, world, limits={"per_minute": 5})
    assert limits == {"limits.per_minute": "is a limit that this version does not know"}


async def test_all_problems_are_told_at_once(alice: Api, world: World) -> None:
    problems = await problems_of(
        alice,
        world,
        name="",
        config={"scheme": "hmac", "algorithm": "md5", "id_path": "$["},
        conditions={"all": [{"path": "nonsense", "op": "like"}]},
        retry={"attempts": 0},
    )

    assert {
        "name",
        "config.algorithm",
        "config.id_path",
        "conditions.all.0.path",
        "conditions.all.0.op",
        "retry.attempts",
    } <= problems.keys()


async def test_an_edit_that_names_an_older_revision_is_a_conflict(alice: Api, world: World) -> None:
    made = await make(alice, world)
    path = f"/triggers/{made['id']}"
    assert (await alice.patch(path, {"name": "A", "revision": made["revision"]})).is_success

    answer = await alice.patch(path, {"name": "B", "revision": made["revision"]})

    assert answer.status_code == 409
    assert (await alice.get(path)).json()["name"] == "A"


async def test_numbers_in_conditions_come_back_exactly(alice: Api, world: World) -> None:
    written = (
        '{"all":[{"path":"$.n","op":"eq","value":12345678901234567890123.000000000000000001}]}'
    )
    workflow_id = await world.workflow()
    body = (
        f'{{"name":"Exact","kind":"webhook","workflow_id":"{workflow_id}",'
        f'"config":{{"scheme":"none"}},"conditions":{written}}}'
    )

    answer = await alice.raw("POST", "/triggers", body.encode())

    assert answer.status_code == 201
    assert "12345678901234567890123.000000000000000001" in answer.text


async def test_a_viewer_is_not_told_the_address(bob: Api, world: World) -> None:
    saved = await world.trigger(await world.workflow())

    shown = (await bob.get(f"/triggers/{saved.row.id}")).json()

    assert shown["hook_url"] is None
    assert str(saved.row.hook_token) not in (await bob.get("/triggers")).text
