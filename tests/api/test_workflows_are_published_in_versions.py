"""Workflows through the API: drafts, publishing, immutable versions, deleting."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from domain.store.database import fetch
from tests.support.web_fixtures import Api
from tests.support.world import CALL, World


async def make(api: Api, **fields: Any) -> dict[str, Any]:
    answer = await api.post("/workflows", {"name": "Notify", "steps": [CALL], **fields})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_a_workflow_is_published_unless_it_is_a_draft(alice: Api) -> None:
    made = await make(alice)

    assert made["version"] == 1
    assert made["steps"] == [CALL]
    assert made["draft_steps"] is None
    assert (await alice.get(f"/workflows/{made['id']}")).json() == made


async def test_a_draft_has_no_version_yet(alice: Api) -> None:
    made = await make(alice, draft=True)

    assert made["version"] is None
    assert made["steps"] is None
    assert made["draft_steps"] == [CALL]


async def test_new_steps_make_the_next_version_and_leave_the_old_one(alice: Api) -> None:
    made = await make(alice)
    other = {**CALL, "key": "other"}

    answer = await alice.patch(f"/workflows/{made['id']}", {"steps": [other]})

    assert answer.status_code == 200
    assert (answer.json()["version"], answer.json()["steps"]) == (2, [other])
    rows = await fetch("SELECT number FROM workflow_version WHERE workflow_id = $1",
                       made["id"])  # fmt: skip
    assert sorted(row["number"] for row in rows) == [1, 2]


async def test_a_draft_beside_a_published_version_runs_only_once_published(alice: Api) -> None:
    made = await make(alice)
    other = {**CALL, "key": "other"}

    drafted = (
        await alice.patch(f"/workflows/{made['id']}", {"steps": [other], "draft": True})
    ).json()
    assert (drafted["version"], drafted["steps"], drafted["draft_steps"]) == (1, [CALL], [other])

    published = (await alice.patch(f"/workflows/{made['id']}", {"draft": False})).json()
    assert (published["version"], published["steps"], published["draft_steps"]) == (
        2,
        [other],
        None,
    )


async def test_publishing_without_a_draft_is_refused(alice: Api) -> None:
    made = await make(alice)

    answer = await alice.patch(f"/workflows/{made['id']}", {"draft": False})

    assert answer.status_code == 400
    assert answer.json()["problems"] == [
        {"field": "draft", "message": "there is no draft to publish"}
    ]


async def test_a_new_name_alone_makes_no_version(alice: Api) -> None:
    made = await make(alice)

    answer = (await alice.patch(f"/workflows/{made['id']}", {"name": "Renamed"})).json()

    assert (answer["name"], answer["version"]) == ("Renamed", 1)


async def test_every_problem_is_named_by_its_field(alice: Api) -> None:
    steps = [{**CALL, "url": "ftp://example.org"}, {"key": "Not a key", "kind": "http"}]

    answer = await alice.post("/workflows", {"name": " ", "steps": steps})

    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid"
    fields = {problem["field"] for problem in answer.json()["problems"]}
    assert {"name", "steps.0.url", "steps.1.key"} <= fields


async def test_a_secret_that_is_not_there_keeps_a_workflow_from_being_published(alice: Api) -> None:
    step = {**CALL, "headers": {"X-Key": "{{ secrets.not_there }}"}}

    answer = await alice.post("/workflows", {"name": "Notify", "steps": [step]})

    assert answer.status_code == 400
    assert answer.json()["problems"] == [
        {"field": "steps", "message": "there is no secret not_there"}
    ]


async def test_an_edit_that_names_an_older_revision_is_a_conflict(alice: Api) -> None:
    made = await make(alice)
    path = f"/workflows/{made['id']}"
    assert (await alice.patch(path, {"name": "First", "revision": made["revision"]})).is_success

    answer = await alice.patch(path, {"name": "Second", "revision": made["revision"]})

    assert answer.status_code == 409
    assert answer.json()["error"] == "conflict"
    assert (await alice.get(path)).json()["name"] == "First"


async def test_of_many_edits_of_one_revision_exactly_one_wins(alice: Api) -> None:
    made = await make(alice)
    edits = [
        alice.patch(
            f"/workflows/{made['id']}",
            {"steps": [{**CALL, "key": f"k{n}"}], "revision": made["revision"]},
        )
        for n in range(6)
    ]

    answers = await asyncio.gather(*edits)

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409, 409]


async def test_edits_that_name_no_revision_all_get_their_own_version(alice: Api) -> None:
    made = await make(alice)
    edits = [
        alice.patch(f"/workflows/{made['id']}", {"steps": [{**CALL, "key": f"k{n}"}]})
        for n in range(6)
    ]

    answers = await asyncio.gather(*edits)

    assert sorted(answer.json()["version"] for answer in answers) == [2, 3, 4, 5, 6, 7]


async def test_a_workflow_that_a_trigger_runs_cannot_be_deleted(alice: Api, world: World) -> None:
    workflow_id = await world.workflow()
    trigger = await world.trigger(workflow_id)

    answer = await alice.call("DELETE", f"/workflows/{workflow_id}")
    assert answer.status_code == 409
    assert "Orders" in answer.json()["message"]

    assert (await alice.call("DELETE", f"/triggers/{trigger.row.id}")).status_code == 204
    assert (await alice.call("DELETE", f"/workflows/{workflow_id}")).status_code == 204
    assert (await alice.get(f"/workflows/{workflow_id}")).status_code == 404


async def test_a_trigger_is_not_made_for_a_workflow_that_is_being_deleted(
    alice: Api, world: World
) -> None:
    for _ in range(5):
        workflow_id = await world.workflow()
        draft = {
            "name": "Orders",
            "kind": "webhook",
            "workflow_id": str(workflow_id),
            "config": {"scheme": "none"},
        }
        made, deleted = await asyncio.gather(
            alice.post("/triggers", draft), alice.call("DELETE", f"/workflows/{workflow_id}")
        )
        assert (made.status_code, deleted.status_code) in {(201, 409), (400, 204)}


async def test_a_version_cannot_be_rewritten(alice: Api) -> None:
    made = await make(alice)

    with pytest.raises(Exception, match="immutable"):
        await fetch(
            "UPDATE workflow_version SET steps = '[]' WHERE workflow_id = $1", UUID(made["id"])
        )


async def test_rolling_back_runs_the_steps_of_an_older_version_as_a_new_one(alice: Api) -> None:
    made = await make(alice)
    path = f"/workflows/{made['id']}"
    await alice.patch(path, {"steps": [{**CALL, "key": "other"}]})

    answer = await alice.post(f"{path}/rollbacks", {"version": 1})

    assert answer.status_code == 200
    assert (answer.json()["version"], answer.json()["steps"]) == (3, [CALL])


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ({"version": 1}, 400),
        ({"version": 7}, 400),
        ({"version": 0}, 400),
        ({"version": "1"}, 400),
        ({"version": 2**40}, 400),
        ({}, 400),
        ({"version": 1, "more": 1}, 400),
        ({"version": 1, "revision": 77}, 409),
    ],
)
async def test_what_cannot_be_rolled_back_to_is_refused(
    alice: Api, wanted: dict[str, Any], status: int
) -> None:
    made = await make(alice)

    answer = await alice.post(f"/workflows/{made['id']}/rollbacks", wanted)

    assert answer.status_code == status
    assert (await alice.get(f"/workflows/{made['id']}")).json()["version"] == 1


async def test_rolling_back_needs_an_editor_of_the_same_team(
    alice: Api, bob: Api, charlie: Api
) -> None:
    made = await make(alice)
    path = f"/workflows/{made['id']}/rollbacks"

    assert (await bob.post(path, {"version": 1})).status_code == 403
    assert (await charlie.post(path, {"version": 1})).status_code == 404
