"""What an engine is given and what it answers: the words that every engine speaks."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol
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
    have been carried out; `unsure` names those of which the same is known from an earlier attempt.
    After the `deadline` nothing is sent any more.
    """

    execution_id: UUID
    team_id: UUID
    steps: tuple[HttpStep, ...]
    context: RenderContext
    secrets: Mapping[str, str]
    done: Mapping[str, JsonValue]
    after_loss: bool
    unsure: Collection[str] = ()
    deadline: datetime | None = None


@dataclass(frozen=True, slots=True)
class Succeeded:
    """All steps are done. `results` are those not recorded on the way."""

    results: tuple[StepResult, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """The step at `position` failed; `retryable` says whether another attempt could end
    differently, and `retry_after_s` what its target asked for, which answered `status`. `unknown`:
    it may have been carried out all the same, and `held` that its owner wants to say what follows
    then."""

    reason: str
    message: str
    retryable: bool
    results: tuple[StepResult, ...]
    position: int = 0
    retry_after_s: float | None = None
    status: int | None = None
    unknown: bool = False
    held: bool = False


@dataclass(frozen=True, slots=True)
class Waits:
    """The next step's destination is not available: nothing was sent to it. To be tried again after
    `delay_s`. `recorded`: steps before it were carried out in this attempt."""

    reason: Literal["breaker", "destination"]
    waits_on: UUID
    delay_s: float
    recorded: bool


@dataclass(frozen=True, slots=True)
class Lost:
    """Somebody else owns the execution by now: nothing may be written about it."""


Outcome = Succeeded | Failed | Waits | Lost
Record = Callable[[StepResult], Awaitable[bool]]
"""Puts a finished step on record before the next one starts; False: the lease is lost."""


class Engine(Protocol):
    """Runs a workflow version."""

    async def run(self, run: Run, record: Record, now: Callable[[], datetime]) -> Outcome:
        """Carry out what is left of the workflow. Expected failures are answers, not errors.
        `now` gives instants of the database's clock."""
        ...
