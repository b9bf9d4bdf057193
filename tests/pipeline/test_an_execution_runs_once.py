"""Claim, call, settle: one winner, retries by due time, and nothing from a lost lease."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from domain.operations.run_executions import ExecutionRunner
from domain.operations.sweep import take_back_lost_executions
from domain.store import executions
from domain.store.database import Row, execute, fetch
from domain.store.executions import Settlement
from tests.pipeline.conftest import Line


async def queued(line: Line, **trigger: object) -> UUID:
    """The execution that a new event of a new trigger asks for."""
    receipt = await line.send(await line.hook(**trigger), {"id": "e1"})
    await line.decide()
    execution_id: UUID = (await line.decision(receipt.event_id))["execution_id"]
    return execution_id


async def rung_until(
    line: Line, runner: ExecutionRunner, execution_id: UUID, state: str
) -> dict[str, Any]:
    """The execution in `state`, after as many rings as it takes; the sweep rings like this."""

    async def ring() -> dict[str, Any] | None:
        runner.take([execution_id])
        row = await line.execution(execution_id)
        return row if row["state"] == state else None

    row: dict[str, Any] = await line.until(ring)
    return row


async def expire_lease(execution_id: UUID) -> None:
    """Stands for the 30 seconds that a lease lasts."""
    await execute(
        "UPDATE execution SET lease_until = now() - interval '1 second' WHERE id = $1",
        execution_id,
    )


def settlement(row: Row, state: str = "succeeded") -> Settlement:
    return Settlement(
        execution_id=row["id"], team_id=row["team_id"], trigger_id=row["trigger_id"],
        fence=row["fence"], attempt=row["attempt"], state=state, attempt_state="succeeded",
        started_at=row["attempt_started_at"], finished_at=row["attempt_started_at"],
    )  # fmt: skip


async def test_a_step_calls_its_target_and_everything_is_on_record(
    line: Line, runner: ExecutionRunner
) -> None:
    execution_id = await queued(line)
    runner.take([execution_id])
    row = await line.settled(execution_id, "succeeded")
    assert row["attempt"] == 1
    (call,) = line.target.received
    assert call.body == b'{"id":"e1"}'
    (step,) = await fetch("SELECT * FROM step_run WHERE execution_id = $1", execution_id)
    assert (step["key"], step["state"], step["attempt"]) == ("notify", "succeeded", 1)
    assert '"status": 200' in step["response"]


async def test_of_two_workers_that_claim_the_same_executions_each_is_won_once(line: Line) -> None:
    hook = await line.hook()
    for number in range(20):
        await line.send(hook, {"id": number})
    await line.decide()
    claims = await asyncio.gather(*(executions.claim(line.asked_for) for _ in range(8)))
    won = [row["id"] for rows in claims for row in rows]
    assert len(won) == 20
    assert set(won) == set(line.asked_for)


async def test_a_worker_stopped_between_reading_and_writing_changes_nothing(line: Line) -> None:
    """One forced interleaving: A claims; its lease runs out; B claims; then A settles."""
    execution_id = await queued(line)
    (a,) = await executions.claim([execution_id])
    await expire_lease(execution_id)
    await take_back_lost_executions()
    (b,) = await executions.claim([execution_id])
    assert b["fence"] > a["fence"]

    assert (await executions.settle([settlement(a)])).ours == set()
    assert (await line.execution(execution_id))["state"] == "running"
    assert not await fetch(
        "SELECT 1 FROM attempt WHERE execution_id = $1 AND state = 'succeeded'", execution_id
    )
    assert (await executions.settle([settlement(b)])).ours == {execution_id}
    assert (await line.execution(execution_id))["state"] == "succeeded"


async def test_a_settle_sent_twice_counts_once(line: Line) -> None:
    execution_id = await queued(line)
    (row,) = await executions.claim([execution_id])
    assert (await executions.settle([settlement(row)])).ours == {execution_id}
    assert (await executions.settle([settlement(row)])).ours == set()
    assert len(await fetch("SELECT 1 FROM attempt WHERE execution_id = $1", execution_id)) == 1


async def test_a_lost_lease_is_an_unknown_attempt_and_three_are_a_dead_letter(line: Line) -> None:
    execution_id = await queued(line)
    for _ in range(3):
        assert len(await executions.claim([execution_id])) == 1
        await expire_lease(execution_id)
        await take_back_lost_executions()
    row = await line.execution(execution_id)
    assert row["lost_leases"] == 3
    assert (row["state"], row["reason"]) == ("dead", "worker_lost")
    attempts = await fetch("SELECT state FROM attempt WHERE execution_id = $1", execution_id)
    assert [attempt["state"] for attempt in attempts] == ["unknown"] * 3


async def test_a_failing_call_is_tried_again_with_the_same_key_then_is_dead(
    line: Line, runner: ExecutionRunner
) -> None:
    line.target.behave("/notify", "status/500")
    execution_id = await queued(line, retry={"attempts": 3, "base_s": 0})
    row = await rung_until(line, runner, execution_id, "dead")
    assert (row["attempt"], row["reason"]) == (3, "bad_status")
    keys = [call.idempotency_key for call in line.target.received]
    assert len(keys) == 3
    assert len(set(keys)) == 1


async def test_a_retry_waits_until_it_is_due(line: Line, runner: ExecutionRunner) -> None:
    line.target.behave("/notify", "status/503")
    execution_id = await queued(line, retry={"attempts": 3, "base_s": 3600, "cap_s": 3600})
    runner.take([execution_id])
    row = await line.settled(execution_id, "retrying")
    assert row["due_at"] > row["attempt_started_at"]
    assert await executions.claim([execution_id]) == []


async def test_a_later_attempt_does_not_repeat_finished_steps(
    line: Line, runner: ExecutionRunner
) -> None:
    line.target.behave("/second", "status/500", "ok")
    first = line.call("/first", key="first")
    second = line.call("/second", key="second", body={"was": "{{ steps.first.response.body.ok }}"})
    execution_id = await queued(line, steps=[first, second], retry={"base_s": 0})
    await rung_until(line, runner, execution_id, "succeeded")
    assert [call.path for call in line.target.received] == ["/first", "/second", "/second"]
    assert [call.body for call in line.target.received[1:]] == [b'{"was":true}'] * 2


async def test_a_step_that_may_not_run_twice_gives_up_after_a_lost_worker(
    line: Line, runner: ExecutionRunner
) -> None:
    execution_id = await queued(line, steps=[line.call(on_unknown="give_up")])
    await executions.claim([execution_id])
    await expire_lease(execution_id)
    await take_back_lost_executions()
    runner.take([execution_id])
    row = await line.settled(execution_id, "failed")
    assert row["reason"] == "unknown_outcome"
    assert line.target.received == []


@pytest.mark.parametrize(
    ("url", "reason"), [("http://169.254.169.254/", "blocked_address")], ids=["metadata"]
)
async def test_what_can_never_succeed_is_not_tried_again(
    line: Line, runner: ExecutionRunner, url: str, reason: str
) -> None:
    execution_id = await queued(line, steps=[line.call(url=url)])
    runner.take([execution_id])
    row = await line.settled(execution_id, "failed")
    assert (row["attempt"], row["reason"]) == (1, reason)


async def test_a_missing_value_fails_the_step_and_names_the_placeholder(
    line: Line, runner: ExecutionRunner
) -> None:
    execution_id = await queued(line, steps=[line.call(body={"x": "{{ $.not.there }}"})])
    runner.take([execution_id])
    row = await line.settled(execution_id, "failed")
    assert row["reason"] == "missing_value"
    (attempt,) = await fetch("SELECT message FROM attempt WHERE execution_id = $1", execution_id)
    assert "$.not.there" in attempt["message"]


async def test_a_stopping_worker_finishes_what_it_can_and_puts_the_rest_back(line: Line) -> None:
    line.target.behave("/notify", "hold/late", "ok")
    execution_id = await queued(line)
    runner = line.new_runner()
    runner.take([execution_id])
    await line.until(lambda: _received(line))
    await runner.stop(within_s=0.05)
    row = await line.execution(execution_id)
    assert (row["state"], row["reason"]) == ("retrying", "worker_stopped")
    other = line.new_runner()
    other.take([execution_id])
    await line.settled(execution_id, "succeeded")
    await other.stop(within_s=1.0)
    assert len({call.idempotency_key for call in line.target.received}) == 1


async def _received(line: Line) -> int:
    return len(line.target.received)
