"""The form of a run: made from the workflow's schema, usable without scripts, and once."""

import json
from typing import Any
from uuid import UUID

import pytest

from domain.operations.create_trigger import TriggerDraft, create_trigger
from domain.operations.create_workflow import create_workflow
from domain.rules.ids import new_id
from domain.store.database import execute, fetch
from tests.pages.browsing import Browser, Sent, words
from tests.support.world import CALL, World

SCHEMA = {
    "type": "object",
    "required": ["order"],
    "properties": {
        "order": {
            "type": "object",
            "required": ["id", "lines"],
            "properties": {
                "id": {"type": "integer", "title": "Order number", "minimum": 1},
                "express": {"type": "boolean", "default": False},
                "lines": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "type": "object",
                        "required": ["sku"],
                        "properties": {"sku": {"type": "string"}, "amount": {"type": "number"}},
                    },
                },
            },
        },
        "colour": {"enum": ["red", "green"]},
        "more": {"description": "Whatever else"},
    },
}


async def manual(world: World, schema: Any = None) -> UUID:
    """A manual trigger of Alice's."""
    workflow = await create_workflow(world.alice, "Notify", [CALL], input_schema=schema)
    draft = TriggerDraft(name="By hand", kind="manual", workflow_id=workflow.id, config={})
    return (await create_trigger(world.alice, world.vault, draft)).row.id


async def form_of(browser: Browser, path: str) -> dict[str, str]:
    """What the form would send as it is drawn."""
    answer = await browser.get(path)
    assert answer.status_code == 200
    return {name: value for name, value in Sent(answer.text).fields.items() if name != "act"}


async def events_of(trigger_id: UUID) -> list[dict[str, Any]]:
    rows = await fetch("SELECT * FROM event WHERE trigger_id = $1 ORDER BY id", trigger_id)
    return [{**row, "body": json.loads(row["body"])} for row in rows]


async def test_what_is_typed_becomes_the_event_and_its_page_says_why(
    alice: Browser, world: World
) -> None:
    trigger_id = await manual(world, SCHEMA)
    path = f"/triggers/{trigger_id}/run"
    form = await form_of(alice, path)
    assert form["input/order/express"] == "false"

    form |= {
        "input/order/id": "1042",
        "input/order/lines/0/sku": "A-1",
        "input/order/lines/0/amount": "2.5",
        "input/colour": '"green"',
        "input/more": '{"any": [1]}',
        "note": "The sender lost it",
    }
    answer = await alice.post(path, form)

    (event,) = await events_of(trigger_id)
    assert answer.headers["location"] == f"/events/{event['id']}"
    assert event["body"] == {
        "order": {"id": 1042, "express": False, "lines": [{"sku": "A-1", "amount": 2.5}]},
        "colour": "green",
        "more": {"any": [1]},
    }
    shown = await alice.read(answer.headers["location"])
    assert "Why The sender lost it" in shown
    assert "By Alice" in shown


async def test_what_does_not_fit_is_said_at_its_field_and_nothing_is_lost(
    alice: Browser, world: World
) -> None:
    trigger_id = await manual(world, SCHEMA)
    path = f"/triggers/{trigger_id}/run"
    form = await form_of(alice, path)

    answer = await alice.post(path, {**form, "input/order/id": "many", "input/more": "[1"})
    assert answer.status_code == 422
    assert "This is not valid JSON. See line 1, column 3." in words(answer.text)
    assert "Is missing: say why it is run." in words(answer.text)

    answer = await alice.post(path, {**form, "input/order/id": "many", "note": "Why not"})
    assert answer.status_code == 422
    assert 'id="error-input/order/id"' in answer.text
    assert "Must be a whole number." in words(answer.text)
    assert 'id="error-input/order/lines/0/sku"' in answer.text
    kept = Sent(answer.text).fields
    assert (kept["input/order/id"], kept["note"]) == ("many", "Why not")
    assert await events_of(trigger_id) == []


async def test_rows_are_added_and_taken_away_without_scripts(alice: Browser, world: World) -> None:
    path = f"/triggers/{await manual(world, SCHEMA)}/run"
    form = await form_of(alice, path) | {"input/order/lines/0/sku": "A", "note": "Why"}

    more = await alice.post(path, {**form, "act": "add:input/order/lines"})
    assert more.status_code == 200
    form = Sent(more.text).fields | {"input/order/lines/1/sku": "B"}
    less = await alice.post(path, {**form, "act": "remove:input/order/lines/0"})

    kept = Sent(less.text).fields
    assert kept["input/order/lines#"] == "1"
    assert kept["input/order/lines/0/sku"] == "B"
    assert kept["note"] == "Why"


@pytest.mark.parametrize(
    "act", ["remove:input/order/lines/7", "add:input/nothing", "add:", "fly", "remove:input/é/x"]
)
async def test_a_button_that_nobody_drew_changes_nothing(
    alice: Browser, world: World, act: str
) -> None:
    path = f"/triggers/{await manual(world, SCHEMA)}/run"
    form = await form_of(alice, path)

    answer = await alice.post(path, {**form, "act": act})

    assert answer.status_code == 200
    again = {name: text for name, text in Sent(answer.text).fields.items() if name != "act"}
    assert again == form


async def test_a_form_that_is_sent_twice_runs_once(alice: Browser, world: World) -> None:
    trigger_id = await manual(world)
    path = f"/triggers/{trigger_id}/run"
    form = await form_of(alice, path) | {"input": '{"a": 1}', "note": "Why"}

    first, second = await alice.post(path, form), await alice.post(path, form)

    assert first.headers["location"] == second.headers["location"]
    assert len(await events_of(trigger_id)) == 1
    other = await alice.post(path, {**form, "input": '{"a": 2}'})
    assert other.status_code == 409
    again = await alice.post(path, Sent(other.text).fields)
    assert again.status_code == 303
    assert [event["body"] for event in await events_of(trigger_id)] == [{"a": 1}, {"a": 2}]


async def test_a_trigger_that_is_switched_off_says_so(alice: Browser, world: World) -> None:
    trigger_id = await manual(world)
    path = f"/triggers/{trigger_id}/run"
    form = await form_of(alice, path) | {"note": "Why"}
    await execute("UPDATE trigger SET enabled = false WHERE id = $1", trigger_id)

    assert "switch it on" in await alice.read(path)
    answer = await alice.post(path, form)
    assert answer.status_code == 409
    assert "The trigger is switched off" in words(answer.text)
    assert await events_of(trigger_id) == []


async def test_who_may_not_run_it_cannot(
    alice: Browser, bob: Browser, charlie: Browser, world: World
) -> None:
    path = f"/triggers/{await manual(world)}/run"
    webhook = (await world.trigger(await world.workflow())).row.id

    assert (await bob.get(path)).status_code == 403
    assert (await bob.post(path, {"note": "Why"})).status_code == 403
    assert (await charlie.get(path)).status_code == 404
    assert (await charlie.post(path, {"note": "Why"})).status_code == 404
    assert "Only manual triggers are run by hand" in await alice.read(f"/triggers/{webhook}/run")
    assert (await alice.post(f"/triggers/{webhook}/run", {"note": "Why"})).status_code == 409
    assert (await alice.get(f"/triggers/{new_id()}/run")).status_code == 404
    assert (await alice.get("/triggers/none/run")).status_code == 404
    unsigned = await alice.client.post(path, data={"note": "Why"})
    assert unsigned.status_code == 403
