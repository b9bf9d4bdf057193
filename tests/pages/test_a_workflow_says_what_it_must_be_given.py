"""The input schema in the form, told while one types, and on the pages of versions."""

import json

import pytest

from domain.operations.create_workflow import create_workflow
from domain.store.workflows import find_workflow
from tests.pages.browsing import Browser, words
from tests.pages.workflow_forms import fields_of
from tests.support.world import CALL, World

SCHEMA = {
    "type": "object",
    "required": ["order"],
    "properties": {
        "order": {"type": "integer", "title": "Order's number"},
        "lines": {"type": "array", "items": {"type": "object", "properties": {"sku": {}}}},
    },
}


async def test_it_is_saved_shown_and_compared(alice: Browser, world: World) -> None:
    made = await create_workflow(world.alice, "Notify", [CALL])
    path = f"/workflows/{made.id}"
    form = fields_of((await alice.get(f"{path}/edit")).text)

    await alice.post(path, {**form, "input_schema": json.dumps(SCHEMA), "save_as": "published"})

    row = await find_workflow(world.alice.team_id, made.id)
    assert row is not None
    assert json.loads(row.input_schema or "") == SCHEMA
    assert "order a whole number yes Order's number." in await alice.read(path)
    compared = await alice.read(f"{path}/versions?from=1&to=2")
    assert "input_schema Added not there" in compared
    assert json.loads(fields_of((await alice.get(f"{path}/edit")).text)["input_schema"]) == SCHEMA


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (json.dumps(SCHEMA), "lines[].sku anything no"),
        ("{", "This is not valid JSON."),
        ('{"type": "array"}', 'type: must be "object": inputs have names.'),
        ('{"type": "object", "allOf": []}', "allOf: is a keyword that is not supported here."),
        ("", ""),
    ],
)
async def test_it_is_told_while_it_is_typed(alice: Browser, typed: str, told: str) -> None:
    answer = await alice.press("POST", "/workflows/input-schema", {"input_schema": typed})

    assert answer.status_code == 200
    assert told in words(answer.text)


async def test_all_mistakes_are_told_at_once_and_everything_typed_is_kept(
    alice: Browser,
) -> None:
    steps = json.dumps([{**CALL, "url": "ftp://example.org"}])

    answer = await alice.post(
        "/workflows", {"name": " ", "steps": steps, "input_schema": "{", "save_as": "draft"}
    )

    told = words(answer.text)
    assert answer.status_code == 422
    assert "Input schema : This is not valid JSON." in told.replace("schema:", "schema :")
    assert "0.url:" in told
    assert "Must not be empty." in told
