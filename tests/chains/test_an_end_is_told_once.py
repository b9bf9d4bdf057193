"""What ends and is waited for becomes one event, whatever ends it and however often it is told."""

import asyncio
import json
from uuid import UUID

import pytest

from domain.operations.cancel_executions import cancel_executions
from domain.operations.start_chained import start_chained
from domain.operations.sweep import take_back_lost_executions
from domain.store import chains, executions
from domain.store.database import execute, fetch
from tests.chains.conftest import Chain, watch


async def waiting(trigger_id: UUID) -> int:
    """How many ends wait for being told to a trigger."""
    (row,) = await fetch(
        "SELECT count(*) AS n FROM pending_chain WHERE trigger_id = $1", trigger_id
    )
    return int(row["n"])


async def first_execution(chain: Chain) -> tuple[UUID, UUID]:
    """A queued execution and its workflow."""
    execution_id = await chain.run()
    return execution_id, (await chain.line.execution(execution_id))["workflow_id"]


async def test_the_event_tells_what_became_of_the_execution(chain: Chain) -> None:
    execution_id, workflow_id = await first_execution(chain)
    then = await watch(chain.line.world, workflow_id, await chain.line.world.workflow())
    row = await chain.end(execution_id)
    (event,) = await chain.told(then.row.id)
    assert event["kind"] == "workflow"
    assert event["title"] == "Notify: succeeded"
    assert event["caused_by"] == execution_id
    assert event["chain_depth"] == 1
    assert event["body"]["execution"]["id"] == str(execution_id)
    assert event["body"]["execution"]["state"] == "succeeded"
    assert event["body"]["execution"]["event_id"] == str(row["event_id"])
    assert event["body"]["execution"]["error"] is None
    assert event["body"]["steps"]["notify"]["status"] == 200
    assert event["body"]["event"] == {"id": "e1"}


async def test_conditions_see_the_result_and_the_chain_goes_on(chain: Chain) -> None:
    execution_id, workflow_id = await first_execution(chain)
    world, line = chain.line.world, chain.line
    second = await world.workflow(line.call(body={"was": "{{ $.execution.state }}"}))
    wanted = {"all": [{"path": "$.steps.notify.status", "op": "eq", "value": 200}]}
    then = await watch(world, workflow_id, second, conditions=wanted)
    await chain.end(execution_id)
    (event,) = await chain.told(then.row.id)
    await line.decide()
    decision = await line.decision(event["id"])
    assert decision["verdict"] == "fired"
    await chain.end(decision["execution_id"])
    assert json.loads(line.target.received[-1].body) == {"was": "succeeded"}


async def test_telling_twice_is_telling_once(chain: Chain) -> None:
    execution_id, workflow_id = await first_execution(chain)
    then = await watch(chain.line.world, workflow_id, await chain.line.world.workflow())
    await chain.end(execution_id)
    await chain.told(then.row.id)
    await chains.note_ends([execution_id])
    assert await waiting(then.row.id) == 1
    assert len(await chain.told(then.row.id)) == 1
    assert await waiting(then.row.id) == 0


async def test_two_passes_at_once_tell_each_end_once(chain: Chain) -> None:
    execution_id, workflow_id = await first_execution(chain)
    world = chain.line.world
    thens = [await watch(world, workflow_id, await world.workflow()) for _ in range(6)]
    await chain.end(execution_id)
    passes = await asyncio.gather(*(start_chained(most=2) for _ in range(4)))
    told = [event_id for each in passes for event_id in each.event_ids]
    assert len(told) == len(set(told))
    for then in thens:
        assert len(await chain.told(then.row.id)) == 1


@pytest.mark.parametrize(
    ("on", "state", "events"),
    [
        ("succeeded", "failed", 0),
        ("failed", "failed", 1),
        ("dead", "failed", 0),
        ("any", "failed", 1),
    ],
)
async def test_only_the_ends_that_are_waited_for_are_told(
    chain: Chain, on: str, state: str, events: int
) -> None:
    execution_id = await chain.run(steps=[chain.line.call(body={"x": "{{ $.nothing }}"})])
    workflow_id = (await chain.line.execution(execution_id))["workflow_id"]
    then = await watch(chain.line.world, workflow_id, await chain.line.world.workflow(), on=on)
    assert (await chain.end(execution_id))["state"] == state
    told = await chain.told(then.row.id)
    assert len(told) == events
    for event in told:
        assert event["body"]["execution"]["error"]["reason"] == "missing_value"


async def test_a_death_by_lost_leases_is_told(chain: Chain) -> None:
    execution_id, workflow_id = await first_execution(chain)
    then = await watch(chain.line.world, workflow_id, await chain.line.world.workflow(), on="dead")
    for _ in range(3):
        await executions.claim([execution_id])
        await execute(
            "UPDATE execution SET lease_until = now() - interval '1 second' WHERE id = $1",
            execution_id,
        )
        assert await waiting(then.row.id) == 0
        await take_back_lost_executions()
    (event,) = await chain.told(then.row.id)
    assert event["title"] == "Notify: dead letter"
    assert event["body"]["execution"]["error"]["reason"] == "worker_lost"


async def test_a_cancellation_is_told_to_who_waits_for_any_end(chain: Chain) -> None:
    execution_id, workflow_id = await first_execution(chain)
    world = chain.line.world
    any_end = await watch(world, workflow_id, await world.workflow(), on="any")
    failed = await watch(world, workflow_id, await world.workflow(), on="failed")
    await cancel_executions(world.alice.team_id, [execution_id], "overlap")
    (event,) = await chain.told(any_end.row.id)
    assert event["title"] == "Notify: canceled"
    assert await chain.told(failed.row.id) == []


async def test_an_answer_of_any_size_and_depth_makes_a_readable_event(chain: Chain) -> None:
    deep = json.loads("[" * 62 + "]" * 62)
    execution_id = await chain.run()
    row = await chain.line.execution(execution_id)
    then = await watch(chain.line.world, row["workflow_id"], await chain.line.world.workflow())
    await chain.end(execution_id)
    await execute(
        "UPDATE step_run SET response = response || jsonb_build_object('body', $2::text) "
        "WHERE execution_id = $1",
        execution_id, json.dumps(deep),
    )  # fmt: skip
    (event,) = await chain.told(then.row.id)
    assert event["body"]["steps"]["notify"]["body"] == json.dumps(deep)
    await chain.line.decide()
    assert (await chain.line.decision(event["id"]))["verdict"] == "fired"


async def test_a_retry_is_no_end(chain: Chain) -> None:
    execution_id, workflow_id = await first_execution(chain)
    then = await watch(chain.line.world, workflow_id, await chain.line.world.workflow(), on="any")
    chain.line.target.behave("/notify", "status/500")
    chain.runner.take([execution_id])
    await chain.line.settled(execution_id, "retrying")
    assert await waiting(then.row.id) == 0


async def test_a_trigger_that_is_switched_off_is_told_and_pauses(chain: Chain) -> None:
    execution_id, workflow_id = await first_execution(chain)
    then = await watch(
        chain.line.world, workflow_id, await chain.line.world.workflow(), enabled=False
    )
    await chain.end(execution_id)
    (event,) = await chain.told(then.row.id)
    await chain.line.decide()
    assert (await chain.line.decision(event["id"]))["verdict"] == "paused"


async def test_a_chain_that_is_too_long_ends_as_a_loop(chain: Chain) -> None:
    execution_id, workflow_id = await first_execution(chain)
    world = chain.line.world
    then = await watch(world, workflow_id, await world.workflow(), most_depth=1)
    row = await chain.line.execution(execution_id)
    # Stands for an event that is itself the end of a chain.
    await execute("ALTER TABLE event DISABLE TRIGGER event_is_immutable")
    await execute("UPDATE event SET chain_depth = 1 WHERE id = $1", row["event_id"])
    await execute("ALTER TABLE event ENABLE TRIGGER event_is_immutable")
    await chain.end(execution_id)
    (event,) = await chain.told(then.row.id)
    assert event["chain_depth"] == 2
    await chain.line.decide()
    decision = await chain.line.decision(event["id"])
    assert (decision["verdict"], decision["reason"]) == ("loop", "chain_too_deep")
    assert decision["execution_id"] is None
