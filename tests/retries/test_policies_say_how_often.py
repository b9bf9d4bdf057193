"""Which policy holds for a step, what its failures count, and what a target asks for."""

from datetime import timedelta
from typing import Any

import pytest

from domain.operations.run_executions import ExecutionRunner
from tests.pipeline.conftest import Line
from tests.retries.conftest import queued, rung_until

TWO: dict[str, Any] = {"attempts": 2, "base_s": 0}
THREE: dict[str, Any] = {"attempts": 3, "base_s": 0}
FOUR: dict[str, Any] = {"attempts": 4, "base_s": 0}


@pytest.mark.parametrize(
    ("policies", "calls"),
    [((TWO, THREE, FOUR), 2), ((None, THREE, FOUR), 3), ((None, None, FOUR), 4)],
    ids=["the step's own", "else its trigger's", "else its workflow's"],
)
async def test_the_policy_nearest_to_a_step_holds(
    line: Line, runner: ExecutionRunner, policies: tuple[Any, Any, Any], calls: int
) -> None:
    step, trigger, workflow = policies
    line.target.behave("/notify", "status/500")
    one = line.call(**({"retry": step} if step else {}))
    execution_id = await queued(line, one, policy={"retry": workflow}, retry=trigger)
    row = await rung_until(line, runner, execution_id, "dead")
    assert len(line.target.received) == calls
    assert (row["reason"], row["tries"]) == ("bad_status", calls)


async def test_each_step_has_its_own_tries(line: Line, runner: ExecutionRunner) -> None:
    line.target.behave("/a", "status/500", "status/500", "ok")
    line.target.behave("/b", "status/500", "status/500", "ok")
    steps = [line.call("/a", key="a"), line.call("/b", key="b")]
    execution_id = await queued(line, *steps, policy={"retry": THREE})
    row = await rung_until(line, runner, execution_id, "succeeded", "dead")
    assert (row["state"], row["attempt"]) == ("succeeded", 5)
    assert [call.path for call in line.target.received] == ["/a"] * 3 + ["/b"] * 3
    assert row["first_error"] == "The target answered 500."
    assert row["fingerprint"] is None


async def test_what_is_not_to_be_retried_fails_at_once(line: Line, runner: ExecutionRunner) -> None:
    line.target.behave("/notify", "status/404")
    retry = {**THREE, "on": ["timeout", "status_5xx"]}
    execution_id = await queued(line, policy={"retry": retry})
    row = await rung_until(line, runner, execution_id, "failed", "dead")
    assert (row["state"], row["attempt"], row["last_error"]) == (
        "failed", 1, "The target answered 404.",
    )  # fmt: skip


async def test_a_target_that_names_a_time_is_not_called_before(
    line: Line, runner: ExecutionRunner
) -> None:
    line.target.behave("/notify", "retry-after/100")
    execution_id = await queued(line, policy={"retry": THREE})
    row = await rung_until(line, runner, execution_id, "retrying")
    waits = row["due_at"] - row["attempt_started_at"]
    assert timedelta(seconds=100) <= waits < timedelta(seconds=115)


async def test_a_dead_letter_has_its_errors_and_a_fingerprint(
    line: Line, runner: ExecutionRunner
) -> None:
    line.target.behave("/notify", "status/500", "status/404")
    execution_id = await queued(line, line.call(retry=TWO))
    row = await rung_until(line, runner, execution_id, "dead")
    assert (row["first_error"], row["last_error"]) == (
        "The target answered 500.", "The target answered 404.",
    )  # fmt: skip
    assert row["fingerprint"]
