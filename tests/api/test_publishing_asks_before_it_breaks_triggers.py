"""Publishing tells which triggers would break, and wants that confirmed."""

import json
from typing import Any
from uuid import UUID

from domain.operations.create_trigger import SavedTrigger, TriggerDraft, create_trigger
from domain.rules.ids import new_id
from domain.store.database import execute, fetch_one
from tests.support.web_fixtures import Api
from tests.support.world import CALL, World

READS_MORE = {**CALL, "body": {"order": "{{ $.order.id }}", "note": "{{ $.note }}"}}
SCHEMA = {
    "type": "object",
    "required": ["order"],
    "properties": {
        "order": {
            "type": "object",
            "required": ["id", "total"],
            "properties": {"id": {"type": "integer"}, "total": {"type": "number"}},
        }
    },
}


async def happens(trigger: SavedTrigger, *bodies: Any) -> None:
    for body in bodies:
        await execute(
            "INSERT INTO event (id, team_id, trigger_id, kind, headers, query, content_type, "
            "title, body) VALUES ($1, $2, $3, 'webhook', '[]', '', 'application/json', '', $4)",
            new_id(), trigger.row.team_id, trigger.row.id, json.dumps(body).encode(),
        )  # fmt: skip


async def trigger_of(
    world: World, workflow_id: UUID, kind: str, config: dict[str, Any], **more: Any
) -> SavedTrigger:
    draft = TriggerDraft(
        name=f"By {kind}", kind=kind, workflow_id=workflow_id, config=config, conditions=None,
        retry={}, **more,
    )  # fmt: skip
    return await create_trigger(world.alice, world.vault, draft)


async def version_of(workflow_id: UUID) -> int:
    row = await fetch_one("SELECT published_version AS n FROM workflow WHERE id = $1", workflow_id)
    assert row is not None
    return int(row["n"])


async def test_a_step_that_reads_what_no_event_had_is_published_only_when_confirmed(
    alice: Api, world: World
) -> None:
    workflow = await world.workflow()
    trigger = await world.trigger(workflow)
    await happens(trigger, {"order": {"id": 1}}, {"order": {"id": 2}})

    asked = await alice.patch(f"/workflows/{workflow}", {"steps": [READS_MORE]})

    assert (asked.status_code, asked.json()["error"]) == (409, "would_break")
    assert asked.json()["problems"] == [
        {
            "field": f"triggers.{trigger.row.id}",
            "message": "Orders would fail: the step notify reads $.note, which none of its "
            "events has",
        }
    ]
    assert await version_of(workflow) == 1
    meant = await alice.patch(f"/workflows/{workflow}", {"steps": [READS_MORE], "confirm": True})
    assert meant.json()["version"] == 2


async def test_one_event_that_has_the_field_is_enough(alice: Api, world: World) -> None:
    workflow = await world.workflow()
    await happens(await world.trigger(workflow), {"order": {"id": 1}, "note": None}, {"other": 1})

    assert (await alice.patch(f"/workflows/{workflow}", {"steps": [READS_MORE]})).is_success


async def test_what_fails_already_needs_no_word(alice: Api, world: World) -> None:
    workflow = await world.workflow()
    await happens(await world.trigger(workflow), {"something": "else"})
    slower = {**CALL, "timeout_s": 20}

    assert (await alice.patch(f"/workflows/{workflow}", {"steps": [slower]})).is_success


async def test_a_pinned_trigger_keeps_its_version_and_is_not_asked_about(
    alice: Api, world: World
) -> None:
    workflow = await world.workflow()
    pinned = await trigger_of(world, workflow, "webhook", {"scheme": "none"}, pinned_version=1)
    await happens(pinned, {"order": {"id": 1}})

    answer = await alice.patch(f"/workflows/{workflow}", {"steps": [READS_MORE]})

    assert answer.json()["version"] == 2
    kept = await fetch_one("SELECT pinned_version FROM trigger WHERE id = $1", pinned.row.id)
    assert kept is not None
    assert kept["pinned_version"] == 1


async def test_a_required_input_that_no_event_had_is_told(alice: Api, world: World) -> None:
    workflow = await world.workflow()
    await happens(await world.trigger(workflow), {"order": {"id": 1}})

    asked = await alice.patch(f"/workflows/{workflow}", {"input_schema": SCHEMA})

    assert asked.status_code == 409
    assert "the input order.total is required" in asked.json()["problems"][0]["message"]


async def test_before_the_first_event_the_shape_of_the_kind_tells(alice: Api, world: World) -> None:
    workflow = await world.workflow({**CALL, "body": "{{ $.scheduled_for }}"})
    source = await world.workflow()
    await trigger_of(world, workflow, "schedule", {"form": "cron", "cron": "0 9 * * *"})
    await trigger_of(world, workflow, "workflow", {"source_workflow_id": str(source)})
    await world.trigger(workflow)
    step = {**CALL, "body": ["{{ $.steps.notify.body }}", "{{ $.execution.state }}"]}

    asked = await alice.patch(f"/workflows/{workflow}", {"steps": [step]})

    assert [problem["message"].split(" would")[0] for problem in asked.json()["problems"]] == [
        "By schedule"
    ]


async def test_a_manual_trigger_has_what_the_new_schema_names(alice: Api, world: World) -> None:
    workflow = await world.workflow()
    await trigger_of(world, workflow, "manual", {})

    first = await alice.patch(f"/workflows/{workflow}", {"steps": [CALL], "input_schema": SCHEMA})
    assert first.is_success
    asked = await alice.patch(f"/workflows/{workflow}", {"steps": [READS_MORE]})

    assert "$.note" in asked.json()["problems"][0]["message"]


async def test_rolling_back_asks_the_same(alice: Api, world: World) -> None:
    workflow = await world.workflow(READS_MORE)
    assert (await alice.patch(f"/workflows/{workflow}", {"steps": [CALL]})).is_success
    await happens(await world.trigger(workflow), {"order": {"id": 1}})
    back = f"/workflows/{workflow}/rollbacks"

    assert (await alice.post(back, {"version": 1})).json()["error"] == "would_break"
    assert (await alice.post(back, {"version": 1, "confirm": True})).json()["version"] == 3
