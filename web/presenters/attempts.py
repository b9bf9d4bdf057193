"""The attempts of an execution, the one that still goes on among them."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.store.pages_executions import AttemptShown, ExecutionShown, StepShown
from web.presenters.messages import Message, message


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step with its request and response laid out for reading."""

    step: StepShown
    request: Message | None
    response: Message | None


def all_attempts(execution: ExecutionShown, finished: Sequence[AttemptShown]) -> list[AttemptShown]:
    """The finished attempts and, while the execution runs, the present one."""
    attempts = list(finished)
    known = {attempt.number for attempt in finished}
    started_at = execution.attempt_started_at
    if execution.state == "running" and started_at and execution.attempt not in known:
        attempts.append(AttemptShown(execution.attempt, "running", None, None, started_at, None))
    return attempts


def steps_by_attempt(steps: Sequence[StepShown]) -> dict[int, list[StepRow]]:
    """The steps of each attempt, in order."""
    rows: dict[int, list[StepRow]] = {}
    for step in steps:
        row = StepRow(step, message(step.request), message(step.response))
        rows.setdefault(step.attempt, []).append(row)
    return rows
