import json
import re
from uuid import UUID

import pytest

from domain.operations.create_workflow import create_workflow
from domain.operations.set_secret import set_secret
from domain.store.database import fetch_one
from tests.pages.browsing import Browser, words
from tests.pages.happenings import History
from tests.pages.workflow_forms import ROWS, fields_of
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
    assert "Version 2 This is what runs." in shown
    assert "POST http://127.0.0.1:9/second" in shown
    assert "Version 1" in await alice.read(f"/workflows/{made.id}/versions")


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


async def test_saving_over_someone_elses_edit_shows_what_differs_and_asks(
    alice: Browser, world: World
) -> None:
    """Row A101: an edit of an older revision is a conflict, and nothing typed is lost."""
    made = await create_workflow(world.alice, "Notify", [CALL])
    path = f"/workflows/{made.id}"
    opened = fields_of((await alice.get(f"{path}/edit")).text)
    theirs = opened | {"name": "theirs", "steps.0.url": "https://example.org/theirs"}
    mine = opened | {"name": "mine", "steps.0.timeout_s": "5"}
    await alice.post(path, theirs)

    late = await alice.post(path, mine)

    assert late.status_code == 409
    assert (await newest(world))[1] == "theirs"
    changed, would_change = words(late.text).split("What saving yours changes now")
    assert "name Changed Notify theirs" in changed
    assert (
        "steps. notify. url Changed http://127.0.0.1:9/notify https://example.org/theirs" in changed
    )
    assert "name Changed theirs mine" in would_change
    assert "steps. notify. timeout_s Changed 10 5" in would_change

    again = fields_of(late.text)
    assert {name: again[name] for name in mine if name not in ("revision", "_csrf")} == {
        name: value for name, value in mine.items() if name not in ("revision", "_csrf")
    }
    assert (await alice.post(path, again)).status_code == 303
    assert (await newest(world))[1] == "mine"


async def test_a_workflow_that_a_trigger_runs_stays(alice: Browser, history: History) -> None:
    answer = await alice.press("DELETE", f"/workflows/{history.workflow_id}")

    assert answer.status_code == 409
    assert "A trigger runs this workflow, or waits for it: Orders." in answer.text
    assert (await alice.get(f"/workflows/{history.workflow_id}")).status_code == 200


async def test_a_workflow_that_nothing_runs_can_go(alice: Browser, world: World) -> None:
    made = await create_workflow(world.alice, "Notify", [CALL])

    answer = await alice.press("DELETE", f"/workflows/{made.id}")

    assert answer.headers["hx-redirect"] == "/workflows"
    assert (await alice.get(f"/workflows/{made.id}")).status_code == 404


async def test_publishing_an_edit_asks_with_the_difference_and_the_triggers(
    alice: Browser, history: History
) -> None:
    path = f"/workflows/{history.workflow_id}"
    form = fields_of((await alice.get(f"{path}/edit")).text)

    saved = await alice.post(
        path, {**form, "steps.0.url": "https://example.org/new", "save_as": "review"}
    )

    assert saved.headers["location"] == f"{path}/publication"
    review = await alice.get(f"{path}/publication")
    asked = words(review.text)
    assert "steps. notify. url Changed http://127.0.0.1:9/notify https://example.org/new" in asked
    assert "Triggers that will use it Orders webhook" in asked
    revision = re.findall(r'name="revision" value="(\d+)"', review.text)[0]
    await alice.post(f"{path}/publication", {"revision": revision})
    assert (await newest(history.world))[2:4] == (2, False)


async def test_the_placeholders_name_the_secrets_and_the_steps(
    alice: Browser, world: World
) -> None:
    await set_secret(world.alice, world.vault, "api_key", "hidden-value")

    drawn = words((await alice.press("POST", "/workflows/form", {**ROWS, "act": "add"})).text)

    for text in ("{{ secrets.api_key }}", "{{ steps.first.response.status }}", "{{ event.id }}"):
        assert text in drawn
    assert "hidden-value" not in drawn


async def test_the_placeholders_name_what_the_newest_event_held(
    alice: Browser, history: History
) -> None:
    await history.event(b'{"older": 1}')
    await history.event(
        b'{"order": {"id": 7, "unit price": 1.50, "lines": [{"sku": "a"}, {"sku": "b"}]}, "x{{": 1}'
    )

    drawn = await alice.read(f"/workflows/{history.workflow_id}/edit")

    for text in ("{{ $.order.id }} 7", "{{ $.order['unit price'] }} 1.50",
                 "{{ $.order.lines[0].sku }} a"):  # fmt: skip
        assert text in drawn
    assert "$.older" not in drawn
    assert "lines[1]" not in drawn


@pytest.mark.parametrize("body", [b"", b"<xml/>", b'"text"', b"[]", b"\xff", b"{" * 100])
async def test_a_body_without_paths_names_none(
    alice: Browser, history: History, body: bytes
) -> None:
    await history.event(body)

    drawn = await alice.read(f"/workflows/{history.workflow_id}/edit")

    assert "In the newest event" not in drawn


async def test_a_viewer_gets_no_form(bob: Browser, history: History) -> None:
    for path in ("/workflows/new", f"/workflows/{history.workflow_id}/edit"):
        assert (await bob.get(path)).status_code == 403
    for path in ("/workflows", "/workflows/form", f"/workflows/{history.workflow_id}/form"):
        assert (await bob.press("POST", path, ROWS)).status_code == 403


async def test_another_team_finds_nothing_here(charlie: Browser, history: History) -> None:
    for path in (f"/workflows/{history.workflow_id}", f"/workflows/{history.workflow_id}/form"):
        assert (await charlie.press("POST", path, ROWS)).status_code == 404
