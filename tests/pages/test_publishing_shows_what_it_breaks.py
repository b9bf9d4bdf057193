"""The page before publishing: which triggers the new version touches, and which it would break."""

import json
import re

from domain.operations.create_trigger import TriggerDraft, create_trigger
from domain.operations.edit_workflow import WorkflowEdit, edit_workflow
from domain.store.database import fetch_one
from tests.pages.browsing import Browser, words
from tests.pages.happenings import History
from tests.pages.workflow_forms import fields_of
from tests.support.world import CALL

READS_MORE = {**CALL, "body": {"note": "{{ $.note }}"}}


async def drafted(history: History) -> str:
    """A draft that reads what no event had; the address of its publication."""
    edit = WorkflowEdit(steps=[READS_MORE], draft=True)
    await edit_workflow(history.world.alice, history.workflow_id, edit)
    return f"/workflows/{history.workflow_id}/publication"


async def version_of(history: History) -> int:
    row = await fetch_one(
        "SELECT published_version AS n FROM workflow WHERE id = $1", history.workflow_id
    )
    assert row is not None
    return int(row["n"])


async def test_a_trigger_that_would_break_is_shown_and_wants_a_tick(
    alice: Browser, history: History
) -> None:
    await history.event()
    path = await drafted(history)

    page = await alice.get(path)
    shown = words(page.text)
    revision = re.findall(r'name="revision" value="(\d+)"', page.text)[0]
    unticked = await alice.post(path, {"revision": revision})
    ticked = await alice.post(path, {"revision": revision, "confirm": "on"})

    assert "Orders webhook Would break" in shown
    assert "The step notify reads $.note." in shown
    assert "Told from its latest 1 event." in shown
    assert "Publish although 1 trigger would break" in shown
    assert unticked.status_code == 409
    assert "Triggers would break" in words(unticked.text)
    assert ticked.status_code == 303
    assert await version_of(history) == 2


async def test_a_form_that_publishes_at_once_is_asked_about_too(
    alice: Browser, history: History
) -> None:
    await history.event()
    path = f"/workflows/{history.workflow_id}"
    revision = fields_of((await alice.get(f"{path}/edit")).text)["revision"]
    form = {"name": "Notify", "steps": json.dumps([READS_MORE]), "save_as": "published"}

    answer = await alice.post(path, {**form, "revision": revision})

    assert answer.headers["location"] == f"{path}/publication"
    assert await version_of(history) == 1
    assert "would break" in await alice.read(f"{path}/publication")


async def test_without_an_event_nothing_is_claimed(alice: Browser, history: History) -> None:
    shown = await alice.read(await drafted(history))

    assert "Not known" in shown
    assert "would break" not in shown


async def test_a_pinned_trigger_is_listed_as_staying(alice: Browser, history: History) -> None:
    draft = TriggerDraft(
        name="Kept back", kind="webhook", workflow_id=history.workflow_id,
        config={"scheme": "none"}, conditions=None, retry={}, pinned_version=1,
    )  # fmt: skip
    await create_trigger(history.world.alice, history.world.vault, draft)

    shown = await alice.read(await drafted(history))
    workflow = await alice.read(f"/workflows/{history.workflow_id}")

    assert "Triggers that stay as they are Kept back webhook pinned to version 1" in shown
    assert "Kept back webhook pinned to version 1" in workflow
    assert "Orders webhook follows the newest" in workflow


async def test_a_missing_secret_is_told_before_publishing_is_tried(
    alice: Browser, history: History
) -> None:
    step = {**CALL, "headers": {"X-Key": "{{ secrets.not_there }}"}}
    edit = WorkflowEdit(steps=[step], draft=True)
    await edit_workflow(history.world.alice, history.workflow_id, edit)

    shown = await alice.read(f"/workflows/{history.workflow_id}/publication")

    assert "It cannot be published: there is no secret not_there." in shown


async def test_rolling_back_shows_the_same_and_can_be_undone(
    alice: Browser, bob: Browser, history: History
) -> None:
    path = f"/workflows/{history.workflow_id}"
    await history.event(json.dumps({"note": "there", "order": {"id": 1}}).encode())
    await edit_workflow(history.world.alice, history.workflow_id, WorkflowEdit(steps=[READS_MORE]))
    await edit_workflow(history.world.alice, history.workflow_id, WorkflowEdit(steps=[CALL]))

    shown = await alice.read(f"{path}/versions/2")
    assert "Orders webhook Goes on" in shown
    assert "Triggers that will use it" not in await bob.read(f"{path}/versions/2")
    for version in ("2", "3"):
        page = await alice.get(f"{path}/versions/{version}")
        revision = re.findall(r'name="revision" value="(\d+)"', page.text)[0]
        answer = await alice.post(f"{path}/rollbacks", {"version": version, "revision": revision})
        assert answer.status_code == 303
    assert await version_of(history) == 5
