"""Calls that were sent and got no answer, and what a person may say of them."""

import asyncio

import pytest

from domain.operations.resolve_unknown import NotHeld, resolve_unknown
from domain.operations.run_executions import ExecutionRunner
from domain.operations.sweep import take_back_lost_executions
from domain.rules.resolutions import resolution
from domain.store import executions
from domain.store.database import execute, fetch
from tests.pipeline.conftest import Line
from tests.retries.conftest import queued, rung_until

NOTHING_LOST = {"base_s": 0}


async def test_a_call_without_an_answer_is_repeated_under_its_key_and_that_is_told(
    line: Line, runner: ExecutionRunner
) -> None:
    line.target.behave("/notify", "reset", "ok")
    execution_id = await queued(line, retry=NOTHING_LOST)
    row = await rung_until(line, runner, execution_id, "succeeded")
    assert row["maybe_twice"] is True
    assert len({call.idempotency_key for call in line.target.received}) == 1


async def test_a_call_that_was_answered_or_not_sent_is_not_called_twice(
    line: Line, runner: ExecutionRunner
) -> None:
    line.target.behave("/notify", "status/500", "ok")
    execution_id = await queued(line, retry=NOTHING_LOST)
    assert (await rung_until(line, runner, execution_id, "succeeded"))["maybe_twice"] is False
    nobody = line.call(url="http://127.0.0.1:9/nobody")
    execution_id = await queued(line, nobody, retry={**NOTHING_LOST, "attempts": 2})
    assert (await rung_until(line, runner, execution_id, "dead"))["maybe_twice"] is False


async def test_a_held_call_waits_for_a_person_who_has_it_tried_again(
    line: Line, runner: ExecutionRunner
) -> None:
    line.target.behave("/notify", "reset", "ok")
    execution_id = await queued(line, line.call(on_unknown="hold"))
    row = await rung_until(line, runner, execution_id, "unknown")
    assert (row["reason"], row["finished_at"]) == ("unknown_outcome", None)
    assert len(line.target.received) == 1
    await resolve_unknown(line.world.alice, execution_id, "try_again", row["attempt"])
    row = await rung_until(line, runner, execution_id, "succeeded")
    assert row["maybe_twice"] is True
    assert len({call.idempotency_key for call in line.target.received}) == 1


async def test_a_step_that_was_carried_out_is_not_called_again(
    line: Line, runner: ExecutionRunner
) -> None:
    line.target.behave("/pay", "reset")
    pay = line.call("/pay", key="pay", on_unknown="hold")
    execution_id = await queued(line, pay, line.call("/tell", key="tell"))
    await rung_until(line, runner, execution_id, "unknown")
    await resolve_unknown(line.world.alice, execution_id, "carried_out")
    row = await rung_until(line, runner, execution_id, "succeeded")
    assert [call.path for call in line.target.received] == ["/pay", "/tell"]
    assert row["maybe_twice"] is False
    (entry,) = await fetch(
        "SELECT actor_name, after FROM audit_entry WHERE object_id = $1 AND action = 'resolve'",
        execution_id,
    )
    assert entry["actor_name"] == "Alice"
    assert '"carried_out"' in entry["after"]


async def test_an_execution_that_is_given_up_has_failed(
    line: Line, runner: ExecutionRunner
) -> None:
    line.target.behave("/notify", "reset")
    execution_id = await queued(line, line.call(on_unknown="hold"))
    await rung_until(line, runner, execution_id, "unknown")
    await resolve_unknown(line.world.alice, execution_id, "give_up")
    row = await line.execution(execution_id)
    assert (row["state"], row["reason"]) == ("failed", "given_up")
    with pytest.raises(NotHeld):
        await resolve_unknown(line.world.alice, execution_id, "try_again")


async def test_of_many_words_on_one_execution_one_counts(
    line: Line, runner: ExecutionRunner
) -> None:
    line.target.behave("/notify", "reset", "reset")
    execution_id = await queued(line, line.call(on_unknown="hold"))
    row = await rung_until(line, runner, execution_id, "unknown")
    words = ("try_again", "give_up", "carried_out", "try_again")
    said = await asyncio.gather(
        *(
            resolve_unknown(line.world.alice, execution_id, resolution(word), row["attempt"])
            for word in words
        ),
        return_exceptions=True,
    )
    assert sum(not isinstance(answer, BaseException) for answer in said) == 1
    assert all(isinstance(one, NotHeld) for one in said if isinstance(one, BaseException))


async def test_a_word_on_an_earlier_attempt_is_not_meant(
    line: Line, runner: ExecutionRunner
) -> None:
    line.target.behave("/notify", "reset", "reset")
    execution_id = await queued(line, line.call(on_unknown="hold"))
    seen = (await rung_until(line, runner, execution_id, "unknown"))["attempt"]
    await resolve_unknown(line.world.alice, execution_id, "try_again", seen)
    await rung_until(line, runner, execution_id, "unknown")
    with pytest.raises(NotHeld):
        await resolve_unknown(line.world.alice, execution_id, "give_up", seen)


async def test_a_step_to_be_given_up_is_never_called_twice(
    line: Line, runner: ExecutionRunner
) -> None:
    line.target.behave("/notify", "reset")
    execution_id = await queued(line, line.call(on_unknown="give_up"))
    row = await rung_until(line, runner, execution_id, "failed", "dead")
    assert (row["state"], row["reason"]) == ("failed", "unknown_outcome")
    assert len(line.target.received) == 1


async def test_after_a_lost_worker_a_step_to_be_held_waits(
    line: Line, runner: ExecutionRunner
) -> None:
    execution_id = await queued(line, line.call(on_unknown="hold"))
    await executions.claim([execution_id])
    await execute(
        "UPDATE execution SET lease_until = now() - interval '1 second' WHERE id = $1",
        execution_id,
    )
    await take_back_lost_executions()
    row = await line.execution(execution_id)
    assert (row["state"], row["last_error"]) == ("retrying", "The worker that ran it was lost.")
    row = await rung_until(line, runner, execution_id, "unknown")
    assert line.target.received == []
    await resolve_unknown(line.world.alice, execution_id, "try_again")
    assert (await rung_until(line, runner, execution_id, "succeeded"))["maybe_twice"] is True
