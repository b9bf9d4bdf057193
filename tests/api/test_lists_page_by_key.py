"""Lists: newest first, a page at a time, narrowed by fields (row A106)."""

import base64
from typing import Any
from uuid import UUID

import pytest

from domain.store.database import execute
from tests.pages.happenings import History
from tests.support.web_fixtures import Api
from tests.support.world import World


async def walk(api: Api, path: str, **parameters: Any) -> list[list[str]]:
    """The ids of every page."""
    pages: list[list[str]] = []
    while True:
        page = (await api.get(path, **parameters)).json()
        pages.append([item["id"] for item in page["items"]])
        if page["next"] is None:
            return pages
        parameters["cursor"] = page["next"]


async def test_pages_follow_each_other_without_gap_or_overlap(alice: Api, world: World) -> None:
    made = [str(await world.workflow()) for _ in range(5)]

    pages = await walk(alice, "/workflows", limit=2)

    assert [len(page) for page in pages] == [2, 2, 1]
    assert [id_ for page in pages for id_ in page] == list(reversed(made))


async def test_a_full_last_page_has_no_next(alice: Api, world: World) -> None:
    for _ in range(2):
        await world.workflow()

    assert (await alice.get("/workflows", limit=2)).json()["next"] is None


async def test_what_is_made_meanwhile_does_not_shift_the_pages(alice: Api, world: World) -> None:
    older = [str(await world.workflow()) for _ in range(3)]
    first = (await alice.get("/workflows", limit=1)).json()
    await world.workflow()

    second = (await alice.get("/workflows", limit=5, cursor=first["next"])).json()

    assert [item["id"] for item in second["items"]] == [older[1], older[0]]


@pytest.mark.parametrize("limit", ["0", "-1", "201", "1000000000", "ten", "1.5", ""])
async def test_a_limit_outside_1_to_200_is_refused(alice: Api, limit: str) -> None:
    answer = await alice.get("/workflows", limit=limit)

    assert answer.status_code == 400
    assert answer.json()["problems"][0]["field"] == "limit"


@pytest.mark.parametrize("path", ["/workflows", "/triggers", "/events", "/executions"])
@pytest.mark.parametrize(
    "cursor", ["x", "é", "a" * 5_000, base64.urlsafe_b64encode(bytes(28)).decode()]
)
async def test_a_forged_cursor_is_refused(alice: Api, path: str, cursor: str) -> None:
    answer = await alice.get(path, cursor=cursor)

    assert answer.status_code == 400
    assert answer.json()["problems"][0]["field"] == "cursor"


async def test_a_cursor_works_in_its_own_list_and_team_only(
    alice: Api, charlie: Api, world: World
) -> None:
    for _ in range(2):
        await world.workflow()
    cursor = (await alice.get("/workflows", limit=1)).json()["next"]

    assert (await alice.get("/workflows", cursor=cursor)).status_code == 200
    assert (await alice.get("/triggers", cursor=cursor)).status_code == 400
    assert (await charlie.get("/workflows", cursor=cursor)).status_code == 400


async def test_filters_narrow_by_field(alice: Api, world: World) -> None:
    workflow_id, other = await world.workflow(), await world.workflow()
    on = await world.trigger(workflow_id)
    off = await world.trigger(workflow_id)
    await world.trigger(other)
    await alice.patch(f"/triggers/{off.row.id}", {"enabled": False})

    async def ids(**filters: Any) -> set[str]:
        items = (await alice.get("/triggers", **filters)).json()["items"]
        return {item["id"] for item in items}

    assert await ids(workflow_id=str(workflow_id)) == {str(on.row.id), str(off.row.id)}
    assert await ids(workflow_id=str(workflow_id), enabled="false") == {str(off.row.id)}
    assert len(await ids(kind="webhook")) == 3
    assert await ids(kind="schedule") == set()


@pytest.mark.parametrize(
    ("path", "parameter", "value"),
    [
        ("/events", "state", "lost"),
        ("/executions", "state", "lost"),
        ("/events", "trigger_id", "x"),
        ("/executions", "event_id", "x"),
        ("/executions", "received_after", "soon"),
        ("/executions", "kind", "pigeon"),
        ("/events", "verdict", "lost"),
        ("/events", "equals", "1"),
        ("/triggers", "enabled", "perhaps"),
        ("/workflows", "team_id", "01a205fa-0943-7e59-b0aa-efd8b4bf0243"),
        ("/workflows", "sort", "name; DROP TABLE team"),
    ],
)
async def test_a_filter_that_means_nothing_is_refused(
    alice: Api, path: str, parameter: str, value: str
) -> None:
    answer = await alice.get(path, **{parameter: value})

    assert answer.status_code == 400
    field = "path" if parameter == "equals" else parameter
    assert answer.json()["problems"][0]["field"] == field


async def test_events_are_narrowed_by_verdict_state_time_and_payload(
    alice: Api, bob: Api, world: World
) -> None:
    history = History(
        world, await world.trigger(workflow_id := await world.workflow()), workflow_id
    )
    error, filtered, waiting = [str(await history.event()) for _ in range(3)]
    for event_id, verdict in ((error, "error"), (filtered, "filtered")):
        await history.decision(UUID(event_id), verdict)
    await execute(
        "INSERT INTO pending_event (event_id, team_id, trigger_id, size) VALUES ($1, $2, $3, 1)",
        UUID(waiting), history.team_id, history.trigger_id,
    )  # fmt: skip

    async def ids(**filters: Any) -> list[str]:
        answer = await alice.call("GET", "/events", params=filters)
        return [item["id"] for item in answer.json()["items"]]

    assert await ids(verdict="error") == [error]
    assert await ids(verdict=["error", "filtered"]) == [filtered, error]
    assert await ids(state="pending") == [waiting]
    assert await ids(state="decided") == [filtered, error]
    assert await ids(received_before="2026-01-01T00:00:00Z") == []
    assert len(await ids(received_after="2026-01-01T00:00:00Z")) == 3
    by_payload = {"path": "$.order.id", "equals": "7"}
    assert len(await ids(**by_payload)) == 3
    assert await ids(path="$.order.id", equals="8") == []
    assert (await bob.call("GET", "/events", params=by_payload)).status_code == 403
    assert (await alice.get("/events", state="decided", verdict="error")).status_code == 400


async def test_executions_are_narrowed_by_several_states(alice: Api, world: World) -> None:
    history = History(
        world, await world.trigger(workflow_id := await world.workflow()), workflow_id
    )
    for state in ("succeeded", "dead", "failed", "running"):
        await history.execution(state)

    items = (await alice.get("/executions", state=["dead", "running"])).json()["items"]
    none = (await alice.get("/executions", received_before="2026-01-01T00:00:00Z")).json()

    assert [item["state"] for item in items] == ["running", "dead"]
    assert none == {"items": [], "next": None}


async def test_a_filter_by_what_another_team_has_finds_nothing(
    alice: Api, charlie: Api, world: World
) -> None:
    theirs = await world.trigger(await world.workflow(actor=world.charlie), actor=world.charlie)

    found = (await alice.get("/events", trigger_id=str(theirs.row.id))).json()

    assert found == {"items": [], "next": None}


async def test_text_in_a_filter_that_the_database_refuses_is_a_bad_request(alice: Api) -> None:
    answer = await alice.get("/workflows", name="a\x00b")

    assert answer.status_code == 400
