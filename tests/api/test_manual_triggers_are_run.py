"""Runs by hand over the API: checked against the workflow's schema, once a key, on record."""

import asyncio
import json
from typing import Any
from uuid import UUID

import httpx
import pytest

from domain.operations.create_workflow import create_workflow
from domain.rules.ids import new_id
from domain.store.database import fetch
from tests.support.web_fixtures import Api
from tests.support.world import CALL, World

SCHEMA = {
    "type": "object",
    "required": ["order"],
    "properties": {
        "order": {
            "type": "object",
            "required": ["id"],
            "properties": {"id": {"type": "integer", "minimum": 1}},
        }
    },
}
GIVEN = {"input": {"order": {"id": 7}}, "note": "The sender lost it"}


@pytest.fixture
async def runs(alice: Api, world: World) -> str:
    """The address to which runs of a manual trigger are sent, whose workflow wants an order."""
    workflow = await create_workflow(world.alice, "Notify", [CALL], input_schema=SCHEMA)
    body = {"name": "By hand", "kind": "manual", "workflow_id": str(workflow.id), "config": {}}
    made = await alice.post("/triggers", body)
    assert made.status_code == 201, made.text
    return f"/triggers/{made.json()['id']}/runs"


async def run(person: Api, path: str, body: Any, key: str | None = None) -> httpx.Response:
    """A run, under a key or without."""
    headers = {"authorization": f"Bearer {person.key}"}
    if key is not None:
        headers["idempotency-key"] = key
    return await person.client.post(f"/api/v1{path}", json=body, headers=headers)


async def test_a_run_is_an_event_with_its_note_and_is_audited(editor: Api, runs: str) -> None:
    answer = await run(editor, runs, GIVEN)

    assert answer.status_code == 202
    assert answer.json()["duplicate"] is False
    event_id = UUID(answer.json()["event_id"])
    (event,) = await fetch("SELECT * FROM event WHERE id = $1", event_id)
    assert (event["kind"], event["title"]) == ("manual", "By a test's key")
    assert json.loads(event["body"]) == GIVEN["input"]
    assert ["signalbox-note", GIVEN["note"]] in json.loads(event["headers"])
    (entry,) = await fetch(
        "SELECT action, after FROM audit_entry WHERE object_id = $1 AND action = 'run'",
        event["trigger_id"],
    )
    assert json.loads(entry["after"]) == {"event_id": str(event_id), "note": GIVEN["note"]}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**GIVEN, "input": {}}, "input.order"),
        ({**GIVEN, "input": {"order": {"id": "7"}}}, "input.order.id"),
        ({**GIVEN, "input": {"order": {"id": 0}}}, "input.order.id"),
        ({**GIVEN, "note": "  "}, "note"),
        ({**GIVEN, "note": "x" * 501}, "note"),
        ({"input": GIVEN["input"]}, "note"),
        ({**GIVEN, "when": "now"}, "when"),
    ],
)
async def test_what_does_not_fit_is_refused_at_its_field(
    editor: Api, runs: str, body: Any, field: str
) -> None:
    answer = await run(editor, runs, body)

    assert answer.status_code == 400
    assert [problem["field"] for problem in answer.json()["problems"]] == [field]


async def test_a_key_makes_one_run_however_often_it_is_sent(editor: Api, runs: str) -> None:
    answers = await asyncio.gather(*(run(editor, runs, GIVEN, "k1") for _ in range(4)))

    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["event_id"] for answer in answers}) == 1
    assert sorted(answer.json()["duplicate"] for answer in answers) == [False, True, True, True]
    other = await run(editor, runs, {**GIVEN, "input": {"order": {"id": 8}}}, "k1")
    assert (other.status_code, other.json()["error"]) == (422, "idempotency_key_reused")
    assert (await run(editor, runs, GIVEN, "k2")).json()["duplicate"] is False


@pytest.mark.parametrize("key", ["", "two words", "x" * 256])
async def test_a_key_that_cannot_be_one_is_refused(editor: Api, runs: str, key: str) -> None:
    answer = await run(editor, runs, GIVEN, key)

    assert answer.status_code == 400
    assert answer.json()["problems"][0]["field"] == "idempotency-key"


async def test_what_is_switched_off_or_not_manual_is_not_run(
    alice: Api, runs: str, world: World
) -> None:
    await alice.patch(runs.removesuffix("/runs"), {"enabled": False})
    off = await run(alice, runs, GIVEN)
    webhook = await world.trigger(await world.workflow())
    other = await run(alice, f"/triggers/{webhook.row.id}/runs", GIVEN)

    assert (off.status_code, off.json()["error"]) == (409, "switched_off")
    assert (other.status_code, other.json()["error"]) == (409, "not_manual")


async def test_others_do_not_run_it(bob: Api, charlie: Api, runs: str) -> None:
    assert (await run(bob, runs, GIVEN)).status_code == 403
    assert (await run(charlie, runs, GIVEN)).status_code == 404
    assert (await run(charlie, f"/triggers/{new_id()}/runs", GIVEN)).status_code == 404
