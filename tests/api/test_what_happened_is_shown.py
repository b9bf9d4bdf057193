"""Events with their decisions, executions with their attempts, exactly as design.md §5 says."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.clock import utc_now
from domain.rules.ids import derived_id, new_id
from domain.rules.step_results import StepResult
from domain.store import decisions, events, executions
from domain.store.decisions import NewDecision, NewExecution
from domain.store.events import NewEvent
from domain.store.executions import Settlement
from tests.support.web_fixtures import Api
from tests.support.world import World

CONDITIONS = {
    "all": [
        {"path": "$.n", "op": "eq", "value": 9007199254740993},
        {"path": "$.missing", "op": "not_exists"},
    ]
}
TRACE = '{"result": "matched", "clauses": []}'
"""What is stored of it: what fired has no clause that kept it from firing."""


@dataclass
class Happened:
    """An event that was decided and started an execution, which was claimed."""

    event_id: UUID
    trigger_id: UUID
    execution_id: UUID
    team_id: UUID


async def arrive(world: World) -> tuple[UUID, Any]:
    workflow_id = await world.workflow()
    row = (await world.trigger(workflow_id, conditions=CONDITIONS)).row
    event = NewEvent(
        id=new_id(),
        team_id=row.team_id,
        trigger_id=row.id,
        kind="webhook",
        headers="[]",
        query="",
        content_type="application/json",
        title="Delivery",
        sender_id="their-id",
        key_hash=None,
        body_hash=bytes(32),
        body=b'{"n": 9007199254740993}',
    )
    await events.store([event])
    return event.id, row


async def decide(event_id: UUID, row: Any) -> Happened:
    execution_id = executions.execution_id_for(event_id, row.workflow_id)
    version_id = new_id()
    decision = NewDecision(
        id=derived_id(event_id, "decision", row.id),
        team_id=row.team_id,
        event_id=event_id,
        trigger_id=row.id,
        trigger_version_id=row.version_id,
        trigger_version=row.version,
        verdict="fired",
        reason=None,
        trace=TRACE,
        execution_id=execution_id,
    )
    execution = NewExecution(
        execution_id, row.team_id, event_id, row.id, row.version_id, row.workflow_id, version_id, 1
    )
    await decisions.record([decision], [execution])
    return Happened(event_id, row.id, execution_id, row.team_id)


@pytest.fixture
async def happened(world: World) -> Happened:
    return await decide(*await arrive(world))


async def settle(happened: Happened, attempt: int, state: str, reason: str | None) -> None:
    (claimed,) = await executions.claim([happened.execution_id])
    began = utc_now()
    step = StepResult(
        position=0,
        key="notify",
        kind="http",
        state="succeeded" if state == "succeeded" else "failed",
        reason=reason,
        message=None if reason is None else "It answered 500.",
        request=None,
        response={"status": 200 if state == "succeeded" else 500, "body": "not for the API"},
        started_at=began,
        finished_at=began + timedelta(milliseconds=5),
    )
    settlement = Settlement(
        execution_id=happened.execution_id,
        team_id=happened.team_id,
        trigger_id=happened.trigger_id,
        fence=claimed["fence"],
        attempt=attempt,
        state=state,
        reason=reason,
        delay_s=0.0 if state == "retrying" else None,
        attempt_state="succeeded" if state == "succeeded" else "failed",
        message=None if reason is None else "It answered 500.",
        started_at=began,
        finished_at=began + timedelta(milliseconds=6),
        steps=(step,),
    )
    assert (await executions.settle([settlement])).ours == {happened.execution_id}


async def test_an_event_waits_until_it_is_decided(alice: Api, world: World) -> None:
    event_id, row = await arrive(world)

    waiting = (await alice.get(f"/events/{event_id}")).json()
    assert (waiting["state"], waiting["decisions"], waiting["executions"]) == ("pending", [], [])

    await decide(event_id, row)
    assert (await alice.get(f"/events/{event_id}")).json()["state"] == "decided"


async def test_an_event_shows_why_it_fired(alice: Api, happened: Happened) -> None:
    answer = await alice.get(f"/events/{happened.event_id}")
    shown = answer.json()

    assert shown["trigger_id"] == str(happened.trigger_id)
    assert shown["size"] == 23
    (decision,) = shown["decisions"]
    assert decision["verdict"] == "fired"
    assert decision["execution_id"] == str(happened.execution_id)
    assert decision["trace"]["result"] == "matched"
    assert [clause["path"] for clause in decision["trace"]["clauses"]] == ["$.n", "$.missing"]
    for clause in decision["trace"]["clauses"]:
        assert clause.keys() >= {"path", "op", "expected", "actual", "found", "passed"}
    assert shown["executions"] == [{"id": str(happened.execution_id), "state": "queued"}]


async def test_numbers_in_a_trace_are_not_rounded(alice: Api, happened: Happened) -> None:
    assert "9007199254740993" in (await alice.get(f"/events/{happened.event_id}")).text


async def test_an_execution_shows_every_attempt(alice: Api, happened: Happened) -> None:
    await settle(happened, 1, "retrying", "http_status")
    await settle(happened, 2, "succeeded", None)

    answer = await alice.get(f"/executions/{happened.execution_id}")
    shown = answer.json()

    assert (shown["state"], shown["event_id"]) == ("succeeded", str(happened.event_id))
    failed, succeeded = shown["attempts"]
    assert failed["error"] == {"reason": "http_status", "message": "It answered 500."}
    assert failed["steps"][0]["response"] == {"status": 500}
    assert (succeeded["number"], succeeded["error"]) == (2, None)
    assert succeeded["steps"][0]["response"] == {"status": 200}
    assert "not for the API" not in answer.text


async def test_an_attempt_that_runs_now_has_no_end(alice: Api, happened: Happened) -> None:
    await executions.claim([happened.execution_id])

    shown = (await alice.get(f"/executions/{happened.execution_id}")).json()

    (attempt,) = shown["attempts"]
    assert (attempt["number"], attempt["state"], attempt["finished_at"]) == (1, "running", None)


async def test_lists_are_narrowed_by_state_and_origin(
    alice: Api, happened: Happened, world: World
) -> None:
    undecided, _ = await arrive(world)

    async def ids(path: str, **filters: str) -> list[str]:
        return [item["id"] for item in (await alice.get(path, **filters)).json()["items"]]

    assert await ids("/events", state="pending") == [str(undecided)]
    assert await ids("/events", state="decided") == [str(happened.event_id)]
    assert await ids("/executions", event_id=str(happened.event_id)) == [str(happened.execution_id)]
    assert await ids("/executions", state="dead") == []


async def test_times_are_in_utc(alice: Api, happened: Happened) -> None:
    shown = (await alice.get(f"/executions/{happened.execution_id}")).json()

    assert shown["created_at"].endswith("Z")


async def test_what_another_team_has_is_unknown(charlie: Api, happened: Happened) -> None:
    assert (await charlie.get(f"/events/{happened.event_id}")).status_code == 404
    assert (await charlie.get(f"/executions/{happened.execution_id}")).status_code == 404


async def test_an_execution_that_may_not_run_yet_says_what_it_waits_for(
    alice: Api, happened: Happened
) -> None:
    (claimed,) = await executions.claim([happened.execution_id])
    settlement = Settlement(
        execution_id=happened.execution_id,
        team_id=happened.team_id,
        trigger_id=happened.trigger_id,
        fence=claimed["fence"],
        attempt=1,
        state="retrying",
        reason="breaker",
        delay_s=60.0,
        waits_for="breaker",
        waits_on=new_id(),
        uncounted=True,
    )
    await executions.settle([settlement])
    shown = (await alice.get(f"/executions/{happened.execution_id}")).json()
    assert (shown["state"], shown["waits_for"], shown["attempts"]) == ("retrying", "breaker", [])
