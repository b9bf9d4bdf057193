"""Replays, dead letters and bulk actions through the JSON API."""

from typing import Any
from uuid import UUID

import pytest

from domain.operations.compiled_versions import CompiledVersions
from domain.operations.run_bulk_actions import run_bulk_actions
from tests.pages.conftest import history
from tests.pages.happenings import History
from tests.replays.test_the_list_of_dead_letters import died
from tests.support.web_fixtures import Api, alice, app, bob, charlie, client, settings, store

__all__ = ["alice", "app", "bob", "charlie", "client", "history", "settings", "store"]


@pytest.fixture
async def dead(history: History) -> UUID:
    return await died(history, "The target answered 503.", "aa", reason="bad_status")


async def test_an_execution_is_replayed_once_for_the_number_that_was_seen(
    alice: Api, dead: UUID
) -> None:
    made = await alice.post(f"/executions/{dead}/replays", {"replays": 0})
    again = await alice.post(f"/executions/{dead}/replays", {"replays": 0})
    edited = await alice.post(f"/executions/{dead}/replays", {"payload": {"order": {"id": 9}}})
    original = (await alice.get(f"/executions/{dead}")).json()

    assert (made.status_code, again.status_code, edited.status_code) == (201, 409, 201)
    assert (made.json()["replay_of"], made.json()["state"]) == (str(dead), "queued")
    assert again.json()["error"] == "replayed_meanwhile"
    assert made.json()["event_id"] == original["event_id"] != edited.json()["event_id"]
    assert original["replays"] == 2
    event = (await alice.get(f"/events/{edited.json()['event_id']}")).json()
    assert [each["reason"] for each in event["decisions"]] == ["replayed"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"version": "other"}, "version"),
        ({"start": "end"}, "start"),
        ({"payload": "x" * 600_000}, "payload"),
        ({"replays": -1}, "replays"),
        ({"conditions": True}, "conditions"),
    ],
)
async def test_faults_are_told_at_their_fields(
    alice: Api, dead: UUID, body: dict[str, Any], field: str
) -> None:
    answer = await alice.post(f"/executions/{dead}/replays", body)

    assert answer.status_code == 400
    assert answer.json()["problems"][0]["field"] == field


async def test_an_execution_is_canceled_once(alice: Api, history: History) -> None:
    running = await history.execution("running")

    first = await alice.call("POST", f"/executions/{running}/cancellation")
    second = await alice.call("POST", f"/executions/{running}/cancellation")

    assert (first.status_code, first.json()["state"]) == (200, "canceled")
    assert (second.status_code, second.json()["error"]) == (409, "has_ended")


async def test_dead_letters_are_listed_grouped_and_replayed_together(
    alice: Api, history: History, dead: UUID
) -> None:
    await died(history, "Timed out.", "bb")
    listed = (await alice.get("/dead-letters", fingerprint="aa")).json()["items"]
    groups = (await alice.get("/dead-letters/groups")).json()["groups"]
    chosen = {"kind": "replay", "filters": {"fingerprint": "aa"}}
    preview = await alice.post("/bulk-actions/previews", chosen)
    started = await alice.post("/bulk-actions", {**chosen, "name": "Once more"})
    await run_bulk_actions(CompiledVersions())
    shown = (await alice.get(f"/bulk-actions/{started.json()['id']}")).json()
    replays = (await alice.get("/executions", bulk_id=shown["id"])).json()["items"]

    assert [(each["id"], each["last_error"]) for each in listed] == [
        (str(dead), "The target answered 503.")
    ]
    assert {each["fingerprint"] for each in groups} == {"aa", "bb"}
    assert preview.json() == {"total": 1, "by_state": {"dead": 1}, "left_out": {}}
    assert (shown["state"], shown["done"], shown["outcomes"]) == ("finished", 1, {"queued": 1})
    assert [each["replay_of"] for each in replays] == [str(dead)]
    assert (await alice.get("/bulk-actions")).json()["items"][0]["name"] == "Once more"
    late = await alice.call("POST", f"/bulk-actions/{shown['id']}/cancellation")
    assert late.status_code == 409


@pytest.mark.parametrize(
    ("chosen", "status"),
    [
        ({"filters": {}}, 409),
        ({"filters": {"state": []}}, 409),
        ({"filters": {"fingerprint": "none"}}, 409),
        ({"filters": {"state": ["odd"]}}, 400),
        ({"filters": {"fingerprint": "aa", "kind": "webhook"}}, 400),
        ({"executions": []}, 400),
        ({"executions": ["x"]}, 400),
        ({}, 400),
        ({"executions": [], "filters": {}}, 400),
    ],
)
async def test_what_means_no_executions_is_refused(
    alice: Api, dead: UUID, chosen: dict[str, Any], status: int
) -> None:
    answer = await alice.post("/bulk-actions", {"name": "x", "kind": "replay", **chosen})

    assert answer.status_code == status, answer.text


async def test_viewers_may_look_and_others_find_nothing(bob: Api, charlie: Api, dead: UUID) -> None:
    chosen = {"name": "x", "kind": "replay", "executions": [str(dead)]}

    assert (await bob.get("/dead-letters")).json()["items"]
    assert (await bob.post(f"/executions/{dead}/replays", {})).status_code == 403
    assert (await bob.post("/bulk-actions", chosen)).status_code == 403
    assert (await charlie.get("/dead-letters")).json()["items"] == []
    assert (await charlie.post(f"/executions/{dead}/replays", {})).status_code == 404
    assert (await charlie.post("/bulk-actions", chosen)).status_code == 409
