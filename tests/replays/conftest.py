"""Replays on the pipeline inside the test's own process; see tests/pipeline/conftest.py."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from domain.operations.replay_execution import Replay, replay_execution
from domain.operations.run_executions import ExecutionRunner
from tests.pipeline.conftest import Line, line, runner

__all__ = ["line", "runner"]


@dataclass
class Replayer:
    """A pipeline, and shorthands for executions that fail and are replayed."""

    line: Line
    runner: ExecutionRunner

    async def ended(self, hook: Any, body: Any, state: str = "dead") -> UUID:
        """An execution of the hook's trigger, as soon as it is in `state`."""
        await self.line.send(hook, body)
        await self.line.decide()
        execution_id = self.line.asked_for.pop()
        self.runner.take([execution_id])
        await self.line.settled(execution_id, state)
        return execution_id

    async def replay(self, execution_id: UUID, **replay: Any) -> UUID:
        """Alice asks for it; nobody runs it yet."""
        alice = self.line.world.alice
        return await replay_execution(alice, self.line.versions, execution_id, Replay(**replay))

    async def run(self, execution_id: UUID, *states: str) -> dict[str, Any]:
        """The execution once a worker was rung for it, and it is in one of `states`."""
        self.runner.take([execution_id])
        return await self.line.settled(execution_id, *(states or ("succeeded",)))


@pytest.fixture
def replayer(line: Line, runner: ExecutionRunner) -> Replayer:
    return Replayer(line, runner)
