"""Input schemas through the API: a part of the version, like its steps."""

from typing import Any

from tests.support.web_fixtures import Api
from tests.support.world import CALL

SCHEMA = {"type": "object", "required": ["order"], "properties": {"order": {"type": "integer"}}}
OTHER = {"type": "object", "properties": {"order": {"type": "string"}}}


async def make(api: Api, **fields: Any) -> dict[str, Any]:
    answer = await api.post("/workflows", {"name": "Notify", "steps": [CALL], **fields})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_a_schema_alone_makes_the_next_version(alice: Api) -> None:
    made = await make(alice, input_schema=SCHEMA)

    now = (await alice.patch(f"/workflows/{made['id']}", {"input_schema": OTHER})).json()

    assert (made["version"], made["input_schema"]) == (1, SCHEMA)
    assert (now["version"], now["input_schema"], now["steps"]) == (2, OTHER, [CALL])
    gone = (await alice.patch(f"/workflows/{made['id']}", {"input_schema": None})).json()
    assert (gone["version"], gone["input_schema"]) == (3, None)


async def test_new_steps_keep_the_schema_and_a_rollback_brings_it_back(alice: Api) -> None:
    made = await make(alice, input_schema=SCHEMA)
    path = f"/workflows/{made['id']}"

    kept = (await alice.patch(path, {"steps": [{**CALL, "timeout_s": 20}]})).json()
    await alice.patch(path, {"input_schema": None})
    back = (await alice.post(f"{path}/rollbacks", {"version": 1})).json()

    assert kept["input_schema"] == SCHEMA
    assert (back["version"], back["input_schema"]) == (4, SCHEMA)


async def test_a_draft_has_a_schema_of_its_own(alice: Api) -> None:
    made = await make(alice)
    path = f"/workflows/{made['id']}"

    drafted = (await alice.patch(path, {"input_schema": SCHEMA, "draft": True})).json()
    assert (drafted["input_schema"], drafted["draft_input_schema"]) == (None, SCHEMA)
    refused = await alice.patch(path, {"input_schema": OTHER})
    assert refused.json()["problems"][0]["field"] == "input_schema"

    published = (await alice.patch(path, {"draft": False})).json()
    assert (published["input_schema"], published["draft_input_schema"]) == (SCHEMA, None)


async def test_what_a_schema_cannot_say_is_refused_at_its_field(alice: Api) -> None:
    schema = {"type": "object", "properties": {"order": {"anyOf": [{"type": "string"}]}}}

    answer = await alice.post(
        "/workflows", {"name": "Notify", "steps": [CALL], "input_schema": schema}
    )

    assert answer.status_code == 400
    assert answer.json()["problems"] == [
        {
            "field": "input_schema.properties.order.anyOf",
            "message": "is a keyword that is not supported here",
        }
    ]
