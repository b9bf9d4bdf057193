"""A pipeline inside the test's own process, and workflows that start workflows."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from domain.operations.create_trigger import SavedTrigger, TriggerDraft, create_trigger
from domain.operations.run_executions import ExecutionRunner
from domain.operations.start_chained import start_chained
from domain.store.database import fetch
from tests.pipeline.conftest import Line, line, runner
from tests.support.world import World

__all__ = ["line", "runner"]


async def watch(
    world: World, source: UUID, started: UUID, *, conditions: Any = None, enabled: bool = True,
    **config: Any,
) -> SavedTrigger:  # fmt: skip
    """A trigger of Alice's that starts one workflow when another one's execution ends."""
    draft = TriggerDraft(
        name="Then",
        kind="workflow",
        workflow_id=started,
        config={"source_workflow_id": str(source), "on": "succeeded", **config},
        conditions=conditions,
        enabled=enabled,
    )
    return await create_trigger(world.alice, world.vault, draft)


@dataclass
class Chain:
    """What a pipeline does with the ends of executions."""

    line: Line
    runner: ExecutionRunner

    async def told(self, trigger_id: UUID) -> list[dict[str, Any]]:
        """Tells of all that waits; the events of one trigger, oldest first."""
        while (chained := await start_chained()).taken:
            self.line.rung_events.extend(chained.event_ids)
        rows = await fetch("SELECT * FROM event WHERE trigger_id = $1 ORDER BY id", trigger_id)
        return [{**row, "body": json.loads(row["body"])} for row in rows]

    async def run(self, **trigger: Any) -> UUID:
        """Runs a new trigger's workflow to its end, for one event; the execution."""
        hook = await self.line.hook(**trigger)
        receipt = await self.line.send(hook, {"id": "e1"})
        await self.line.decide()
        execution_id: UUID = (await self.line.decision(receipt.event_id))["execution_id"]
        return execution_id

    async def end(self, execution_id: UUID) -> dict[str, Any]:
        """Runs an execution to its end."""
        self.runner.take([execution_id])
        return await self.line.settled(execution_id, "succeeded", "failed", "dead")


@pytest.fixture
def chain(line: Line, runner: ExecutionRunner) -> Chain:
    """A pipeline, and passes that tell of ends when the test says so."""
    return Chain(line, runner)
