"""A pipeline inside the test's own process, and workflows with policies."""

from typing import Any
from uuid import UUID

from domain.operations.create_workflow import create_workflow
from domain.operations.run_executions import ExecutionRunner
from domain.store.database import execute
from tests.pipeline.conftest import Line, line, runner

__all__ = ["line", "runner"]


async def queued(
    line: Line, *steps: dict[str, Any], policy: dict[str, Any] | None = None, **trigger: Any
) -> UUID:
    """The execution that a new event of a new trigger asks for."""
    made = await create_workflow(
        line.world.alice, "Pay", list(steps) or [line.call()], policy=policy
    )
    saved = await line.world.trigger(made.id, **trigger)
    hook = await line.receiver.find_hook(str(saved.row.hook_token))
    assert hook is not None
    receipt = await line.send(hook, {"id": "e1"})
    await line.decide()
    execution_id: UUID = (await line.decision(receipt.event_id))["execution_id"]
    return execution_id


async def rung_until(
    line: Line, runner: ExecutionRunner, execution_id: UUID, *states: str
) -> dict[str, Any]:
    """The execution in one of `states`, after as many rings as it takes."""

    async def ring() -> dict[str, Any] | None:
        runner.take([execution_id])
        row = await line.execution(execution_id)
        return row if row["state"] in states else None

    row: dict[str, Any] = await line.until(ring)
    return row


async def set_deadline(execution_id: UUID, in_s: float) -> None:
    """Stands for the minutes that a deadline lasts at least."""
    await execute(
        "UPDATE execution SET deadline_at = now() + $2 * interval '1 second' WHERE id = $1",
        execution_id,
        in_s,
    )
