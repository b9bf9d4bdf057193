"""Retries, deadline and how many at once: in the form of a workflow, and on its pages."""

from typing import Any

import msgspec

from domain.store.database import fetch_one
from tests.pages.browsing import Browser, words
from tests.pages.workflow_forms import ROWS
from tests.support.world import World

POLICY_TYPED = {
    "policy.retry.attempts": "7",
    "policy.retry.on": "ticked",
    "policy.retry.on.timeout": "on",
    "policy.deadline_s": "3600",
    "policy.concurrency": "4",
}


async def newest(world: World) -> dict[str, Any]:
    """The team's newest workflow, with what runs of it."""
    row = await fetch_one(
        "SELECT w.id, v.policy, v.steps FROM workflow w "
        "JOIN workflow_version v ON v.id = w.published_version_id "
        "WHERE w.team_id = $1 ORDER BY w.id DESC LIMIT 1",
        world.alice.team_id,
    )
    assert row is not None
    decoded = {name: msgspec.json.decode(row[name]) for name in ("policy", "steps")}
    return {"id": row["id"], **decoded}


async def saved(alice: Browser, **more: str) -> None:
    form = {**ROWS, **POLICY_TYPED, **more, "save_as": "published"}
    answer = await alice.post("/workflows", form)
    assert answer.status_code == 303, words(answer.text)


async def test_what_is_typed_is_published_and_shown(alice: Browser, world: World) -> None:
    await saved(alice, **{"steps.0.retry.attempts": "2"})
    made = await newest(world)
    assert made["policy"] == {
        "retry": {"attempts": 7, "on": ["timeout"]}, "deadline_s": 3600, "concurrency": 4,
    }  # fmt: skip
    assert made["steps"][0]["retry"] == {"attempts": 2}
    shown = await alice.read(f"/workflows/{made['id']}")
    assert "Deadline 1 h for the whole execution" in shown
    assert "4 executions" in shown
    assert "only on no answer in time" in shown
    form = (await alice.get(f"/workflows/{made['id']}/edit")).text
    assert 'name="policy.retry.attempts" value="7"' in form
    assert 'name="policy.retry.on.timeout" value="on" checked' in form
    assert 'name="policy.retry.on.other" value="on" >' in form
    assert 'name="steps.0.retry.attempts" value="2"' in form


async def test_what_is_left_empty_is_not_said(alice: Browser, world: World) -> None:
    answer = await alice.post("/workflows", {**ROWS, "save_as": "published"})
    assert answer.status_code == 303
    made = await newest(world)
    assert made["policy"] == {}
    assert all("retry" not in step for step in made["steps"])


async def test_a_mistake_is_told_at_its_field_and_what_was_typed_stays(alice: Browser) -> None:
    wrong = {
        **ROWS, **POLICY_TYPED, "policy.deadline_s": "5", "policy.retry.cap_s": "long",
        "steps.1.retry.attempts": "99",
    }  # fmt: skip
    answer = await alice.post("/workflows", wrong)
    assert answer.status_code == 422
    for field in ("policy.deadline_s", "policy.retry.cap_s", "steps.1.retry.attempts"):
        assert f'id="error-{field}"' in answer.text, field
        assert f'name="{field}" value="{wrong[field]}"' in answer.text, field
    told = words(answer.text)
    assert "Deadline : Must be a whole number from 60 to 2592000." in told
    assert '<details class="fold policy-fold" id="policy" open>' in answer.text


async def test_versions_are_compared_with_their_policies(alice: Browser, world: World) -> None:
    await saved(alice)
    workflow_id = (await newest(world))["id"]
    form = {**ROWS, **POLICY_TYPED, "policy.concurrency": "5", "revision": "2"}
    await alice.post(f"/workflows/{workflow_id}", {**form, "save_as": "published"})
    shown = await alice.read(f"/workflows/{workflow_id}/versions?from=1&to=2")
    assert "policy. concurrency Changed 4 5" in shown
    assert "4 executions" in await alice.read(f"/workflows/{workflow_id}/versions/1")
