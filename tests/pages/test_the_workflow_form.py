import json
from uuid import UUID

import pytest

from domain.operations.create_workflow import create_workflow
from domain.store.database import fetch_one
from tests.pages.browsing import Browser
from tests.pages.happenings import History
from tests.support.world import CALL, World

STEPS = json.dumps([CALL], indent=2)


async def newest(world: World) -> tuple[UUID, str, int | None, bool, int]:
    row = await fetch_one(
        "SELECT id, name, published_version, draft_steps IS NOT NULL AS draft, revision "
        "FROM workflow WHERE team_id = $1 ORDER BY id DESC LIMIT 1",
        world.alice.team_id,
    )
    assert row is not None
    return row["id"], row["name"], row["published_version"], row["draft"], row["revision"]


async def test_it_makes_a_workflow_and_publishes_it(alice: Browser, world: World) -> None:
    answer = await alice.post(
        "/workflows", {"name": "Notify", "steps": STEPS, "save_as": "published"}
    )

    id_, name, version, draft, _ = await newest(world)
    assert answer.headers["location"] == f"/workflows/{id_}"
    assert (name, version, draft) == ("Notify", 1, False)


async def test_a_draft_is_kept_until_it_is_published(alice: Browser, world: World) -> None:
    await alice.post("/workflows", {"name": "Notify", "steps": STEPS, "save_as": "draft"})
    id_, _, version, draft, revision = await newest(world)
    assert (version, draft) == (None, True)
    assert "Publish the draft" in await alice.read(f"/workflows/{id_}")

    answer = await alice.post(f"/workflows/{id_}/publication", {"revision": str(revision)})

    assert answer.status_code == 303
    assert (await newest(world))[2:4] == (1, False)


async def test_a_draft_that_changed_meanwhile_is_not_published_unseen(
    alice: Browser, world: World
) -> None:
    await alice.post("/workflows", {"name": "Notify", "steps": STEPS, "save_as": "draft"})
    id_, _, _, _, revision = await newest(world)
    await alice.post(
        f"/workflows/{id_}",
        {"name": "Notify", "steps": STEPS, "save_as": "draft", "revision": str(revision)},
    )

    answer = await alice.post(f"/workflows/{id_}/publication", {"revision": str(revision)})

    assert answer.status_code == 409
    assert "Someone else changed this in the meantime." in answer.text
    assert (await newest(world))[2] is None


async def test_publishing_makes_the_next_version_and_keeps_the_old_ones(
    alice: Browser, world: World
) -> None:
    made = await create_workflow(world.alice, "Notify", [CALL])
    other = json.dumps([{**CALL, "url": "http://127.0.0.1:9/second"}])

    await alice.post(
        f"/workflows/{made.id}",
        {"name": "Notify", "steps": other, "save_as": "published", "revision": str(made.revision)},
    )

    shown = await alice.read(f"/workflows/{made.id}")
    assert (await newest(world))[2] == 2
    assert "Version 2 This is what runs. Steps in their order" in shown
    assert "Version 1, published" in shown
    assert "POST http://127.0.0.1:9/second" in shown


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ("", "Must be a list of at least one step."),
        ("[", "This is not valid JSON."),
        ("[]", "Must be a list of 1 to 50 steps."),
        ('[{"key": "a", "kind": "http", "url": "ftp://example.org"}]', "0.url:"),
    ],
)
async def test_a_mistake_is_told_and_everything_typed_is_kept(
    alice: Browser, steps: str, message: str
) -> None:
    answer = await alice.post("/workflows", {"name": "Kept", "steps": steps, "save_as": "draft"})

    assert answer.status_code == 422
    assert message in answer.text
    assert 'name="name" value="Kept"' in answer.text
    assert steps.replace('"', "&#34;") in answer.text


async def test_saving_over_someone_elses_edit_asks_first(alice: Browser, world: World) -> None:
    made = await create_workflow(world.alice, "Notify", [CALL])
    form = {"steps": STEPS, "save_as": "draft", "revision": str(made.revision)}
    await alice.post(f"/workflows/{made.id}", {**form, "name": "theirs"})

    late = await alice.post(f"/workflows/{made.id}", {**form, "name": "mine"})

    assert late.status_code == 409
    assert 'name="name" value="mine"' in late.text
    assert (await newest(world))[1] == "theirs"


async def test_a_workflow_that_a_trigger_runs_stays(alice: Browser, history: History) -> None:
    answer = await alice.press("DELETE", f"/workflows/{history.workflow_id}")

    assert answer.status_code == 409
    assert "A trigger runs this workflow: Orders." in answer.text
    assert (await alice.get(f"/workflows/{history.workflow_id}")).status_code == 200


async def test_a_workflow_that_nothing_runs_can_go(alice: Browser, world: World) -> None:
    made = await create_workflow(world.alice, "Notify", [CALL])

    answer = await alice.press("DELETE", f"/workflows/{made.id}")

    assert answer.headers["hx-redirect"] == "/workflows"
    assert (await alice.get(f"/workflows/{made.id}")).status_code == 404
