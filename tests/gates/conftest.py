"""A pipeline inside the test's own process, triggers with gates, and workers that race for them."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest

from domain.operations.claim_executions import claim_executions
from domain.operations.hook_directory import Hook
from domain.operations.keep_gates import GateKeeper
from domain.operations.open_gates import open_gates
from domain.store import executions
from domain.store.database import Row, execute, fetch
from domain.store.executions import Settlement
from tests.pipeline.conftest import Line, line, runner

__all__ = ["line", "runner"]


def settlement(row: Row, state: str = "succeeded", **more: Any) -> Settlement:
    """What a worker writes that is done with an execution."""
    return Settlement(
        execution_id=row["id"], team_id=row["team_id"], trigger_id=row["trigger_id"],
        fence=row["fence"], attempt=row["attempt"], state=state, attempt_state="succeeded",
        started_at=row["attempt_started_at"], finished_at=row["attempt_started_at"], **more,
    )  # fmt: skip


@dataclass
class Gates:
    """What executions have to pass, and who does."""

    line: Line
    ran: list[UUID] = field(default_factory=list)
    """The executions that workers have run, in the order in which they began."""
    most: Counter[UUID] = field(default_factory=Counter)
    """How many ran at once, at most, by gate."""

    async def hook(self, **limits: Any) -> Hook:
        """The hook of a new trigger with these limits."""
        return await self.line.hook(limits=limits)

    async def send(self, hook: Hook, *bodies: Any) -> list[UUID]:
        """Deliver and decide events; the executions that they started."""
        return [each for each in await self.try_to_send(hook, *bodies) if each is not None]

    async def try_to_send(self, hook: Hook, *bodies: Any) -> list[UUID | None]:
        """The same, with None for those that started none."""
        events = [(await self.line.send(hook, body)).event_id for body in bodies]
        await self.line.decide()
        return [(await self.line.decision(event_id))["execution_id"] for event_id in events]

    async def decisions(self, hook: Hook) -> list[dict[str, Any]]:
        """The decisions about the trigger's events, in the order of these."""
        rows = await fetch(
            "SELECT * FROM decision WHERE trigger_id = $1 ORDER BY event_id", hook.trigger_id
        )
        return [{**row, "trace": json.loads(row["trace"])} for row in rows]

    async def waits(self, *ids: UUID) -> list[str | None]:
        """What each execution waits for."""
        return [(await self.line.execution(each))["waits_for"] for each in ids]

    async def work(self, ids: Iterable[UUID], workers: int = 4) -> None:
        """Let several workers race until all of these executions have ended: each is told of all,
        and claims what it can get, again and again."""
        left = set(ids)
        running: Counter[UUID] = Counter()

        async def one_worker() -> None:
            while left:
                rows = await claim_executions(sorted(left))
                for row in rows:
                    self.ran.append(row["id"])
                    running.update(row["gates"] or ())
                    for gate_id in row["gates"] or ():
                        self.most[gate_id] = max(self.most[gate_id], running[gate_id])
                await asyncio.sleep(0)
                for row in rows:
                    # Out of the count before anybody can take its place.
                    running.subtract(row["gates"] or ())
                    settled = await executions.settle([settlement(row)])
                    left.discard(row["id"])
                    await open_gates(list(settled.gates))

        async with asyncio.timeout(60):
            await asyncio.gather(*(one_worker() for _ in range(workers)))

    async def let_in(self) -> list[UUID]:
        """A pass of a clock; whom it rings for."""
        rung: list[UUID] = []
        await GateKeeper(rung.extend).let_in()
        return rung


@pytest.fixture
async def gates(line: Line) -> Gates:
    """The pipeline with gates. What other tests left queued is none of a clock's business here."""
    await execute(
        "UPDATE execution SET state = 'canceled', finished_at = now(), lease_until = NULL "
        "WHERE state IN ('queued', 'running', 'retrying', 'unknown')"
    )
    await execute("DELETE FROM pending_event")
    return Gates(line)
