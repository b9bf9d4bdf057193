from typing import Any

import pytest

from tests.support.web_fixtures import Api
from tests.support.world import World

DAILY = {"form": "cron", "cron": "30 2 * * *", "zone": "Europe/Berlin"}


async def created(alice: Api, world: World, kind: str, config: Any, **more: Any) -> dict[str, Any]:
    body = {"name": "One", "kind": kind, "workflow_id": str(await world.workflow()), **more}
    answer = await alice.post("/triggers", {**body, "config": config})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_a_schedule_is_shown_in_words_with_its_next_instant(alice: Api, world: World) -> None:
    made = await created(alice, world, "schedule", DAILY)

    assert made["kind"] == "schedule"
    assert made["hook_url"] is None
    assert made["schedule"]["words"] == "At 02:30, every day, Europe/Berlin time"
    assert made["schedule"]["next"].endswith((":30:00Z", ":00:00Z"))
    assert made["schedule"]["next"] == made["schedule"]["next_due_at"]
    assert made["config"]["catch_up"] == "latest"
    assert (await alice.get(f"/triggers/{made['id']}")).json() == made


async def test_other_kinds_have_no_schedule(alice: Api, world: World) -> None:
    watched = str(await world.workflow())

    chained = await created(alice, world, "workflow", {"source_workflow_id": watched})
    manual = await created(alice, world, "manual", {})

    assert chained["config"] == {
        "source_workflow_id": watched, "on": "succeeded", "most_depth": 10,
    }  # fmt: skip
    assert [made["schedule"] for made in (chained, manual)] == [None, None]


async def test_a_version_and_an_expectation_are_set_and_taken_back(
    alice: Api, world: World
) -> None:
    by = {"every_s": 3600}
    made = await created(alice, world, "manual", {}, pinned_version=1, expected_by=by)
    assert (made["pinned_version"], made["expected_by"], made["late_since"]) == (1, by, None)

    path = f"/triggers/{made['id']}"
    daily = {"cron": "0 9 * * *", "zone": "UTC"}
    edited = (await alice.patch(path, {"expected_by": daily, "pinned_version": None})).json()
    assert edited["expected_by"] == {**daily, "grace_s": 600}
    assert edited["pinned_version"] is None

    assert (await alice.patch(path, {"expected_by": None})).json()["expected_by"] is None


@pytest.mark.parametrize(
    ("kind", "body", "field"),
    [
        ("schedule", {"config": {**DAILY, "cron": "0 0 30 2 *"}}, "config.cron"),
        ("schedule", {"config": {**DAILY, "colour": "red"}}, "config.colour"),
        ("schedule", {"config": {**DAILY, "every": 5}}, "config.every"),
        ("workflow", {"config": {"source_workflow_id": "x"}}, "config.source_workflow_id"),
        ("manual", {"config": {"scheme": "none"}}, "config.scheme"),
        ("email", {"config": {}}, "kind"),
        ("manual", {"config": {}, "pinned_version": 9}, "pinned_version"),
        ("manual", {"config": {}, "expected_by": {"every_s": 1}}, "expected_by.every_s"),
        ("manual", {"config": {}, "expected_by": {}}, "expected_by"),
    ],
)
async def test_what_is_wrong_is_named(
    alice: Api, world: World, kind: str, body: dict[str, Any], field: str
) -> None:
    whole = {"name": "One", "kind": kind, "workflow_id": str(await world.workflow()), **body}

    answer = await alice.post("/triggers", whole)

    assert answer.status_code == 400
    assert field in [problem["field"] for problem in answer.json()["problems"]]


async def test_a_schedule_is_previewed(alice: Api, bob: Api) -> None:
    found = (await alice.post("/schedules/preview", {"config": DAILY})).json()

    assert found["words"] == "At 02:30, every day, Europe/Berlin time"
    assert len(found["next"]) == 10
    assert {each["outcome"] for each in found["next"]} <= {"runs", "dst"}
    gap = next(each for each in found["changes"] if each["change"] == "gap")
    assert gap["wall"].endswith("T02:30:00")
    assert gap["local"].endswith("T03:00:00+02:00")
    assert found["shortest_gap_s"] <= 86_400

    answer = await alice.post("/schedules/preview", {"config": {**DAILY, "zone": "Mars/Base"}})
    assert answer.status_code == 400
    assert answer.json()["problems"][0]["field"] == "config.zone"
    assert (await bob.post("/schedules/preview", {"config": DAILY})).status_code == 403
