"""A workflow's policy goes where its steps go: into drafts, versions, roll-backs and templates."""

from typing import Any

import pytest

from domain.store.database import fetch
from tests.support.web_fixtures import Api
from tests.support.world import CALL

POLICY = {"retry": {"attempts": 5, "on": ["timeout"]}, "deadline_s": 3600, "concurrency": 2}


async def made(api: Api, **more: Any) -> dict[str, Any]:
    answer = await api.post("/workflows", {"name": "Pay", "steps": [CALL], **more})
    assert answer.status_code == 201, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


async def test_it_is_published_with_the_steps_and_kept_with_their_version(alice: Api) -> None:
    first = await made(alice, policy=POLICY)
    assert first["policy"] == POLICY
    path = f"/workflows/{first['id']}"
    second = (await alice.patch(path, {"policy": {"concurrency": 1}})).json()
    assert (second["version"], second["policy"], second["steps"]) == (
        2, {"concurrency": 1}, [CALL],
    )  # fmt: skip
    third = (await alice.patch(path, {"steps": [{**CALL, "method": "PUT"}]})).json()
    assert third["policy"] == {"concurrency": 1}
    back = (await alice.post(f"{path}/rollbacks", {"version": 1})).json()
    assert (back["version"], back["policy"], back["steps"]) == (4, POLICY, [CALL])
    none = (await alice.patch(path, {"policy": None})).json()
    assert none["policy"] == {}


async def test_a_draft_has_its_own(alice: Api) -> None:
    first = await made(alice)
    path = f"/workflows/{first['id']}"
    drafted = (await alice.patch(path, {"policy": POLICY, "draft": True})).json()
    assert (drafted["policy"], drafted["draft_policy"]) == ({}, POLICY)
    refused = await alice.patch(path, {"policy": {}})
    assert refused.status_code == 400
    assert refused.json()["problems"][0]["field"] == "policy"
    published = (await alice.patch(path, {"draft": False})).json()
    assert (published["policy"], published["draft_policy"]) == (POLICY, None)
    entries = await fetch(
        "SELECT after ->> 'policy' AS policy FROM audit_entry WHERE object_id = $1 "
        "AND action = 'publish'",
        first["id"],
    )
    assert '"deadline_s": 3600' in entries[0]["policy"]


async def test_it_comes_with_a_template(alice: Api) -> None:
    source = await made(alice, policy=POLICY)
    template = (
        await alice.post("/workflow-templates", {"name": "Pay", "workflow_id": source["id"]})
    ).json()
    detail = (await alice.get(f"/workflow-templates/{template['id']}")).json()
    assert detail["versions"][0]["policy"] == POLICY
    answer = await alice.post("/workflows", {"name": "Mine", "template": template["id"]})
    mine = answer.json()
    assert mine["policy"] == POLICY
    await alice.patch(f"/workflows/{source['id']}", {"policy": {"concurrency": 9}})
    added = {"workflow_id": source["id"], "note": "More at once"}
    await alice.post(f"/workflow-templates/{template['id']}/versions", added)
    path = f"/workflows/{mine['id']}/template-update"
    offered = (await alice.get(path)).json()["update"]
    assert [part["name"] for part in offered["parts"]] == ["policy"]
    taken = (await alice.post(path, {"version": 2})).json()
    assert taken["draft_policy"] == {"concurrency": 9}


@pytest.mark.parametrize(
    ("policy", "field"),
    [
        ({"deadline_s": 5}, "policy.deadline_s"),
        ({"retry": {"attempts": 0}}, "policy.retry.attempts"),
        ({"retry": {"on": ["x"]}}, "policy.retry.on"),
        ({"speed": 1}, "policy.speed"),
    ],
)
async def test_what_is_wrong_is_told_at_its_field(
    alice: Api, policy: dict[str, Any], field: str
) -> None:
    body = {"name": "Pay", "steps": [CALL], "policy": policy}
    answer = await alice.post("/workflows", body)
    assert answer.status_code == 400
    assert [problem["field"] for problem in answer.json()["problems"]] == [field]
