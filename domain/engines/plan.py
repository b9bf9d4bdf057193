"""What an engine is given and what it answers: the words that every engine speaks."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.rules.json_values import JsonValue
from domain.rules.placeholders import RenderContext
from domain.rules.step_results import StepResult
from domain.rules.workflow_steps import HttpStep


@dataclass(frozen=True, slots=True)
class Run:
    """One attempt at an execution.

    `done` holds the responses of steps that earlier attempts have finished: they are not carried
    out again. `after_loss` says that the attempt before this one ended unseen, so its step may
    have been carried out.
    """

    execution_id: UUID
    steps: tuple[HttpStep, ...]
    context: RenderContext
    secrets: Mapping[str, str]
    done: Mapping[str, JsonValue]
    after_loss: bool


@dataclass(frozen=True, slots=True)
class Succeeded:
    """All steps are done. `results` are those not recorded on the way."""

    results: tuple[StepResult, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """A step failed; `retryable` says whether another attempt could end differently."""

    reason: str
    message: str
    retryable: bool
    results: tuple[StepResult, ...]


@dataclass(frozen=True, slots=True)
class Lost:
    """Somebody else owns the execution by now: nothing may be written about it."""


Outcome = Succeeded | Failed | Lost
Record = Callable[[StepResult], Awaitable[bool]]
"""Puts a finished step on record before the next one starts; False: the lease is lost."""


class Engine(Protocol):
    """Runs a workflow version."""

    async def run(self, run: Run, record: Record, now: Callable[[], datetime]) -> Outcome:
        """Carry out what is left of the workflow. Expected failures are answers, not errors.
        `now` gives instants of the database's clock."""
        ...
