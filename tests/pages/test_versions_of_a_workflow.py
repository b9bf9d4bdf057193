"""Versions: listed, read, compared, rolled back to; and the draft beside them."""

import asyncio
from uuid import UUID

import pytest

from domain.operations.create_workflow import create_workflow
from domain.operations.edit_workflow import WorkflowEdit, edit_workflow
from domain.operations.roll_back_workflow import roll_back_workflow
from domain.store.database import fetch, fetch_one
from domain.store.workflows import WorkflowRow, find_workflow
from tests.pages.browsing import Browser, rows, words
from tests.pages.happenings import History
from tests.support.world import CALL, World

OTHER = {**CALL, "url": "https://example.org/second"}
THIRD = {"key": "third", "kind": "http", "url": "https://example.org/third"}


@pytest.fixture
async def workflow(world: World) -> WorkflowRow:
    """A workflow of three versions; the third runs."""
    made = await create_workflow(world.alice, "Notify", [CALL])
    await edit_workflow(world.alice, made.id, WorkflowEdit(steps=[OTHER]))
    return await edit_workflow(world.alice, made.id, WorkflowEdit(steps=[OTHER, THIRD]))


async def versions_run(workflow_id: UUID) -> list[int]:
    found = await fetch(
        "SELECT number FROM workflow_version WHERE workflow_id = $1 ORDER BY number", workflow_id
    )
    return [row["number"] for row in found]


async def test_all_versions_are_listed_with_who_published_them(
    alice: Browser, workflow: WorkflowRow
) -> None:
    listed = rows((await alice.get(f"/workflows/{workflow.id}/versions")).text)

    assert [row.split(" ")[1] for row in listed] == ["3", "2", "1"]
    assert "Runs now" in listed[0]
    assert all("Alice" in row for row in listed)
    assert "Roll back…" not in listed[0]


async def test_any_two_versions_can_be_compared(alice: Browser, workflow: WorkflowRow) -> None:
    shown = words((await alice.get(f"/workflows/{workflow.id}/versions?from=1&to=3")).text)

    assert "From version 1 to version 3" in shown
    assert (
        "steps. notify. url Changed http://127.0.0.1:9/notify https://example.org/second" in shown
    )
    assert "steps. third Added not there" in shown


@pytest.mark.parametrize("query", ["from=1&to=9", "from=x&to=1", "from=1&to=99999999999"])
async def test_a_version_that_is_not_there_cannot_be_compared(
    alice: Browser, workflow: WorkflowRow, query: str
) -> None:
    assert (await alice.get(f"/workflows/{workflow.id}/versions?{query}")).status_code == 404


async def test_one_version_shows_its_steps_and_what_rolling_back_would_change(
    alice: Browser, workflow: WorkflowRow
) -> None:
    shown = await alice.read(f"/workflows/{workflow.id}/versions/1")

    assert "POST http://127.0.0.1:9/notify" in shown
    assert "steps. third Removed" in shown
    assert (await alice.get(f"/workflows/{workflow.id}/versions/4")).status_code == 404


async def test_rolling_back_makes_a_new_version_and_keeps_the_draft(
    alice: Browser, workflow: WorkflowRow, world: World
) -> None:
    drafted = await edit_workflow(world.alice, workflow.id, WorkflowEdit(steps=[THIRD], draft=True))

    answer = await alice.post(
        f"/workflows/{workflow.id}/rollbacks", {"version": "1", "revision": str(drafted.revision)}
    )

    assert answer.headers["location"] == f"/workflows/{workflow.id}"
    now = await find_workflow(world.alice.team_id, workflow.id)
    first = await fetch_one(
        "SELECT steps FROM workflow_version WHERE workflow_id = $1 AND number = 1", workflow.id
    )
    assert now is not None
    assert first is not None
    assert (now.version, now.steps, now.draft_steps) == (4, first["steps"], drafted.draft_steps)
    entry = await fetch_one(
        "SELECT action, after ->> 'rolled_back_to' AS number FROM audit_entry "
        "WHERE object_id = $1 ORDER BY created_at DESC LIMIT 1",
        workflow.id,
    )
    assert entry is not None
    assert (entry["action"], entry["number"]) == ("roll_back", "1")


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"version": "3"}, "Is the one that runs already."),
        ({"version": "9"}, "There is no such version."),
        ({"version": "1", "revision": "1"}, "Someone else changed this in the meantime."),
        ({}, "There is no such version."),
    ],
)
async def test_what_cannot_be_rolled_back_to_is_told(
    alice: Browser, workflow: WorkflowRow, form: dict[str, str], message: str
) -> None:
    answer = await alice.post(f"/workflows/{workflow.id}/rollbacks", form)

    assert answer.status_code == 409
    assert message in words(answer.text)
    assert await versions_run(workflow.id) == [1, 2, 3]


async def test_a_draft_is_shown_as_what_it_changes_and_can_be_discarded(
    alice: Browser, workflow: WorkflowRow, world: World
) -> None:
    path = f"/workflows/{workflow.id}"
    drafted = await edit_workflow(world.alice, workflow.id, WorkflowEdit(steps=[OTHER], draft=True))
    assert "steps. third Removed" in await alice.read(path)

    stale = await alice.press("DELETE", f"{path}/draft?revision={workflow.revision}")
    assert stale.status_code == 409
    answer = await alice.press("DELETE", f"{path}/draft?revision={drafted.revision}")

    assert answer.headers["hx-redirect"] == path
    assert "Draft" not in await alice.read(path)
    assert (await alice.press("DELETE", f"{path}/draft")).status_code == 404


async def test_a_draft_that_is_all_there_is_stays(alice: Browser, world: World) -> None:
    made = await create_workflow(world.alice, "Notify", [CALL], draft=True)

    answer = await alice.press("DELETE", f"/workflows/{made.id}/draft")

    assert answer.status_code == 409
    assert "It was never published, so its draft is all there is of it." in answer.text


async def test_publishing_without_its_secret_says_which_and_publishes_nothing(
    alice: Browser, world: World
) -> None:
    step = {**CALL, "headers": {"X-Key": "{{ secrets.not_there }}"}}
    made = await create_workflow(world.alice, "Notify", [step], draft=True)

    answer = await alice.post(f"/workflows/{made.id}/publication", {"revision": "1"})

    assert answer.status_code == 409
    assert "There is no secret not_there." in words(answer.text)
    assert await versions_run(made.id) == []


async def test_the_page_of_a_workflow_tells_what_runs_it_and_what_it_ran(
    alice: Browser, history: History
) -> None:
    execution_id = await history.execution("failed")

    shown = await alice.get(f"/workflows/{history.workflow_id}")

    assert f'href="/executions/{execution_id}"' in shown.text
    assert f'href="/triggers/{history.trigger_id}"' in shown.text
    assert f'href="/executions?workflow={history.workflow_id}"' in shown.text
    assert rows(shown.text)[0].startswith("Failed Orders 1")


async def test_viewers_read_versions_and_change_nothing(
    bob: Browser, workflow: WorkflowRow
) -> None:
    path = f"/workflows/{workflow.id}"
    assert "Roll back" not in await bob.read(f"{path}/versions")
    assert "Roll back" not in await bob.read(f"{path}/versions/1")

    assert (await bob.get(f"{path}/publication")).status_code == 403
    assert (await bob.post(f"{path}/rollbacks", {"version": "1"})).status_code == 403
    assert (await bob.press("DELETE", f"{path}/draft")).status_code == 403


async def test_another_team_finds_no_versions(charlie: Browser, workflow: WorkflowRow) -> None:
    path = f"/workflows/{workflow.id}"
    for page in (f"{path}/versions", f"{path}/versions/1", f"{path}/publication"):
        assert (await charlie.get(page)).status_code == 404
    assert (await charlie.post(f"{path}/rollbacks", {"version": "1"})).status_code == 404


async def test_of_two_who_roll_back_what_they_both_saw_one_wins(
    workflow: WorkflowRow, world: World
) -> None:
    tries = await asyncio.gather(
        *(
            roll_back_workflow(world.alice, workflow.id, number, revision=workflow.revision)
            for number in (1, 2)
        ),
        return_exceptions=True,
    )

    assert sorted(type(each).__name__ for each in tries) == ["Conflict", "WorkflowRow"]
    assert await versions_run(workflow.id) == [1, 2, 3, 4]
