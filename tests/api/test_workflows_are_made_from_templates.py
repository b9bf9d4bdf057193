"""Templates through the API: the library, a team's own, and what is new in them."""

from typing import Any

import pytest

from domain.operations.create_workflow import create_workflow
from domain.rules.workflow_steps import parse_steps
from domain.store.database import fetch
from domain.store.templates import list_templates
from tests.support.web_fixtures import Api
from tests.support.world import CALL, World

NEWER = {**CALL, "url": "https://example.org/newer"}
MINE = {**CALL, "timeout_s": 30}
LAST = {"key": "last", "kind": "http", "url": "https://example.org/last"}


async def template(api: Api, world: World, *steps: dict[str, Any]) -> tuple[str, str]:
    """A template, and the workflow that it is made from."""
    source = await world.workflow(*steps)
    made = await api.post("/workflow-templates", {"name": "Orders", "workflow_id": str(source)})
    assert made.status_code == 201, made.text
    return made.json()["id"], str(source)


async def renew(api: Api, reference: str, source: str, *steps: dict[str, Any]) -> None:
    await api.patch(f"/workflows/{source}", {"steps": list(steps), "confirm": True})
    answer = await api.post(
        f"/workflow-templates/{reference}/versions", {"workflow_id": source, "note": "New address"}
    )
    assert answer.status_code == 201, answer.text


async def workflow_from(api: Api, reference: str, **fields: Any) -> dict[str, Any]:
    answer = await api.post("/workflows", {"name": "From it", "template": reference, **fields})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_the_library_is_there_and_every_template_of_it_makes_a_workflow(
    alice: Api, world: World
) -> None:
    listed = (await alice.get("/workflow-templates")).json()["items"]

    library = [each["id"] for each in listed if not each["own"]]
    assert len(library) >= 6
    for reference in library:
        made = await workflow_from(alice, reference, draft=True)
        assert (made["template"], made["template_version"]) == (reference, 1)
        parse_steps(made["draft_steps"])


async def test_a_workflow_remembers_the_template_version_that_it_was_made_from(
    alice: Api, world: World
) -> None:
    reference, source = await template(alice, world)

    made = await workflow_from(alice, reference)
    await renew(alice, reference, source, NEWER)

    now = (await alice.get(f"/workflows/{made['id']}")).json()
    assert (now["template"], now["template_version"], now["steps"]) == (reference, 1, [CALL])
    assert (await workflow_from(alice, reference))["steps"] == [NEWER]
    assert (await workflow_from(alice, reference, template_version=1))["steps"] == [CALL]


async def test_an_update_goes_into_the_draft_and_counts_once_it_is_published(
    alice: Api, world: World
) -> None:
    reference, source = await template(alice, world)
    path = f"/workflows/{(await workflow_from(alice, reference))['id']}"
    await renew(alice, reference, source, NEWER, LAST)

    offered = (await alice.get(f"{path}/template-update")).json()["update"]
    taken = (await alice.post(f"{path}/template-update", {"version": 2})).json()

    assert (offered["from_version"], offered["to_version"]) == (1, 2)
    assert offered["notes"] == ["New address"]
    assert [(part["name"], part["outcome"]) for part in offered["parts"]] == [
        ("steps.notify", "taken"),
        ("steps.last", "taken"),
    ]
    assert (taken["version"], taken["steps"], taken["template_version"]) == (1, [CALL], 1)
    assert taken["draft_steps"] == offered["steps"] == [NEWER, LAST]
    published = (await alice.patch(path, {"draft": False})).json()
    assert (published["template_version"], published["steps"]) == (2, [NEWER, LAST])
    assert (await alice.get(f"{path}/template-update")).json() == {"update": None}
    assert (await alice.post(f"{path}/template-update", {"version": 2})).status_code == 409
    back = (await alice.post(f"{path}/rollbacks", {"version": 1})).json()
    assert back["template_version"] == 1


async def test_a_step_that_was_changed_here_too_stays_unless_the_template_is_to_win(
    alice: Api, world: World
) -> None:
    reference, source = await template(alice, world)
    path = f"/workflows/{(await workflow_from(alice, reference))['id']}"
    await alice.patch(path, {"steps": [MINE]})
    await renew(alice, reference, source, NEWER)

    offered = (await alice.get(f"{path}/template-update")).json()["update"]
    kept = (await alice.post(f"{path}/template-update", {"version": 2})).json()

    assert offered["parts"] == [
        {"name": "steps.notify", "change": "changed", "outcome": "conflict"}
    ]
    assert kept["draft_steps"] == [MINE]
    await alice.patch(path, {"steps": [MINE]})
    theirs = await alice.post(f"{path}/template-update", {"version": 2, "take": ["steps.notify"]})
    assert theirs.json()["draft_steps"] == [NEWER]


async def test_an_update_that_could_not_be_saved_is_refused(alice: Api, world: World) -> None:
    reads = {**LAST, "body": "{{ steps.notify.response.status }}"}
    reference, source = await template(alice, world, CALL)
    path = f"/workflows/{(await workflow_from(alice, reference))['id']}"
    await alice.patch(path, {"steps": [CALL, reads]})
    await renew(alice, reference, source, {**CALL, "key": "renamed"})

    answer = await alice.post(f"{path}/template-update", {"version": 2})

    assert answer.status_code == 400
    assert "refers to the step notify" in answer.json()["problems"][0]["message"]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"name": "A", "template": "library:nothing"}, 400, "template"),
        ({"name": "A", "template": "library:post-to-slack", "template_version": 9}, 400,
         "template_version"),
        ({"name": "A", "template_version": 1}, 400, "template_version"),
        ({"name": "A"}, 400, "steps"),
    ],
)  # fmt: skip
async def test_what_no_workflow_can_be_made_from_is_refused(
    alice: Api, body: dict[str, Any], status: int, field: str
) -> None:
    answer = await alice.post("/workflows", body)

    assert (answer.status_code, answer.json()["problems"][0]["field"]) == (status, field)


async def test_a_template_of_another_team_is_not_there(
    alice: Api, charlie: Api, world: World
) -> None:
    reference, source = await template(alice, world)
    theirs = await create_workflow(world.charlie, "Theirs", [CALL])

    for answer in (
        await charlie.get(f"/workflow-templates/{reference}"),
        await charlie.post(
            f"/workflow-templates/{reference}/versions",
            {"workflow_id": str(theirs.id), "note": "Mine"},
        ),
        await charlie.call("DELETE", f"/workflow-templates/{reference}"),
        await charlie.call("DELETE", "/workflow-templates/library:post-to-slack"),
    ):
        assert answer.status_code == 404
    refused = await charlie.post("/workflows", {"name": "A", "template": reference})
    assert refused.json()["problems"][0]["field"] == "template"
    for taken in (
        await charlie.post("/workflow-templates", {"name": "A", "workflow_id": source}),
        await charlie.post("/workflow-templates", {"name": "A", "workflow_id": "none"}),
    ):
        assert (taken.status_code, taken.json()["problems"][0]["field"]) == (400, "workflow_id")
    assert reference not in [each.reference for each in await list_templates(theirs.team_id)]


async def test_a_deleted_template_is_offered_no_more_and_hurts_nobody(
    alice: Api, world: World
) -> None:
    reference, source = await template(alice, world)
    made = await workflow_from(alice, reference)
    await renew(alice, reference, source, NEWER)

    assert (await alice.call("DELETE", f"/workflow-templates/{reference}")).status_code == 204

    offered = await alice.get(f"/workflows/{made['id']}/template-update")
    assert offered.json() == {"update": None}
    assert (await alice.get(f"/workflows/{made['id']}")).json()["template"] == reference
    rows = await fetch(
        "SELECT action FROM audit_entry WHERE team_id = $1 AND object_kind = 'workflow_template' "
        "ORDER BY id",
        world.alice.team_id,
    )
    assert [row["action"] for row in rows] == ["create", "add_version", "delete"]


async def test_a_version_without_anything_new_or_a_word_about_it_is_refused(
    alice: Api, world: World
) -> None:
    reference, source = await template(alice, world)
    path = f"/workflow-templates/{reference}/versions"

    same = await alice.post(path, {"workflow_id": source, "note": "Nothing"})
    silent = await alice.post(path, {"workflow_id": source, "note": " "})

    assert same.json()["problems"][0]["field"] == "workflow_id"
    assert silent.json()["problems"][0]["field"] == "note"
