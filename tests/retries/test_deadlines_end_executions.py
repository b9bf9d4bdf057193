"""Deadlines of whole executions: nothing is sent after them, and nothing outlives them."""

from datetime import timedelta

from domain.operations.end_overdue import end_overdue
from domain.operations.run_executions import ExecutionRunner
from domain.store.database import execute, fetch
from tests.pipeline.conftest import Line, no_one_listens
from tests.retries.conftest import queued, rung_until, set_deadline


async def test_an_execution_gets_the_deadline_of_its_workflow(line: Line) -> None:
    row = await line.execution(await queued(line, policy={"deadline_s": 600}))
    assert row["deadline_at"] - row["created_at"] == timedelta(seconds=600)
    assert (await line.execution(await queued(line)))["deadline_at"] is None


async def test_a_retry_that_would_come_too_late_is_not_made(
    line: Line, runner: ExecutionRunner
) -> None:
    line.target.behave("/notify", "retry-after/3600")
    execution_id = await queued(line, policy={"deadline_s": 60})
    row = await rung_until(line, runner, execution_id, "dead", "retrying")
    assert (row["state"], row["reason"]) == ("dead", "deadline_exceeded")
    assert row["last_error"] == "The target answered 429."


async def test_a_call_has_no_more_time_than_is_left(line: Line, runner: ExecutionRunner) -> None:
    line.target.behave("/notify", "stall")
    execution_id = await queued(line, line.call(timeout_s=60))
    await set_deadline(execution_id, 0.4)
    row = await rung_until(line, runner, execution_id, "dead")
    assert row["reason"] == "deadline_exceeded"
    assert row["finished_at"] - row["deadline_at"] < timedelta(seconds=5)


async def test_after_its_deadline_nothing_is_sent(line: Line, runner: ExecutionRunner) -> None:
    execution_id = await queued(line)
    await set_deadline(execution_id, -1)
    row = await rung_until(line, runner, execution_id, "dead")
    assert row["reason"] == "deadline_exceeded"
    assert line.target.received == []


async def test_what_waits_past_its_deadline_is_a_dead_letter_whatever_it_waits_for(
    line: Line,
) -> None:
    states = {
        "queued": "waits_for = 'concurrency', due_at = 'infinity'",
        "retrying": "waits_for = 'breaker'",
        "unknown": "reason = 'unknown_outcome', last_error = 'No answer.'",
    }
    ids = {state: await queued(line) for state in states}
    kept = await queued(line)
    for state, changes in states.items():
        await execute(
            f"UPDATE execution SET state = $2, {changes}, deadline_at = now() - interval '1 s' "
            "WHERE id = $1",
            ids[state],
            state,
        )
    await set_deadline(kept, 60)
    while await end_overdue(no_one_listens):
        pass
    for state, execution_id in ids.items():
        row = await line.execution(execution_id)
        assert (row["state"], row["reason"], row["waits_for"]) == (
            "dead", "deadline_exceeded", None,
        ), state  # fmt: skip
        assert row["finished_at"]
        assert row["last_error"]
        assert row["fingerprint"]
    assert (await line.execution(ids["unknown"]))["last_error"] == "No answer."
    assert (await line.execution(kept))["state"] == "queued"
    (counted,) = await fetch(
        "SELECT sum(amount) AS n FROM tally WHERE team_id = $1 AND outcome = 'failed'",
        line.world.alice.team_id,
    )
    assert counted["n"] == 3
