"""The pipeline inside the test's own process, on real PostgreSQL, with a real target."""

import asyncio
import ipaddress
import json
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID

import pytest

from domain.coordination.limiter import RateLimiter
from domain.engines.steps import StepsEngine
from domain.operations.compiled_versions import CompiledVersions
from domain.operations.decide_in_passes import Decider
from domain.operations.hold_back import HoldBack
from domain.operations.hook_directory import Hook
from domain.operations.prepare_runs import RunPreparer
from domain.operations.receive_event import EventReceiver
from domain.operations.run_executions import ExecutionRunner
from domain.operations.settle_executions import Settler
from domain.operations.store_events import Receipt
from domain.operations.team_redactors import TeamRedactors
from domain.outbound import Outbound
from domain.store.database import fetch
from tests.support.servers import TestServers
from tests.support.target import RecordingTarget
from tests.support.world import World


def no_one_listens(*_: object) -> None:
    """In place of the live feed."""


class Line:
    """A pipeline whose rings are kept in lists, so that each stage runs when the test says so."""

    def __init__(
        self, world: World, target: RecordingTarget, outbound: Outbound, limiter: RateLimiter
    ) -> None:
        self.world = world
        self.target = target
        self.rung_events: list[UUID] = []
        self.asked_for: list[UUID] = []
        self.versions = CompiledVersions()
        self.receiver = EventReceiver(world.vault, self.rung_events.extend, no_one_listens)
        self.settler = Settler(no_one_listens)
        self.engine = StepsEngine(outbound)
        self.redactors = TeamRedactors(world.vault)
        self.limits = HoldBack(limiter, ())
        self.decider = Decider(
            self.versions, self.redactors, self.limits, self.asked_for.extend, no_one_listens
        )

    def new_runner(self) -> ExecutionRunner:
        """Another worker's runner."""
        preparer = RunPreparer(self.versions, self.world.vault)
        runner = ExecutionRunner(self.engine, preparer, self.settler, no_one_listens)
        runner.start()
        return runner

    def call(self, path: str = "/notify", **changes: Any) -> dict[str, Any]:
        """An http step that calls the target."""
        step = {"key": "notify", "kind": "http", "method": "POST", "url": self.target.url(path)}
        return {**step, "body": {"id": "{{ $.id }}"}, **changes}

    async def hook(self, **trigger: Any) -> Hook:
        """The hook of a new trigger; `steps` are those of its workflow."""
        workflow_id = await self.world.workflow(*trigger.pop("steps", [self.call()]))
        saved = await self.world.trigger(workflow_id, **trigger)
        hook = await self.receiver.find_hook(str(saved.row.hook_token))
        assert hook is not None
        return hook

    async def send(
        self, hook: Hook, body: Any, webhook_id: str | None = None, **headers: str
    ) -> Receipt:
        """Deliver a body (JSON unless it is bytes)."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {"content-type": "application/json", **headers}
        if webhook_id is not None:
            given["webhook-id"] = webhook_id
        receipt = await self.receiver.receive(hook, given, list(given.items()), "", raw)
        assert isinstance(receipt, Receipt)
        return receipt

    async def decide(self) -> None:
        """Decide everything that was rung for."""
        ids, self.rung_events[:] = list(self.rung_events), []
        await self.decider.decide(ids)

    async def decision(self, event_id: UUID) -> dict[str, Any]:
        """The only decision of an event."""
        rows = await fetch("SELECT * FROM decision WHERE event_id = $1", event_id)
        assert len(rows) == 1, f"{len(rows)} decisions"
        return {**rows[0], "trace": json.loads(rows[0]["trace"])}

    async def execution(self, execution_id: UUID) -> dict[str, Any]:
        """An execution as the database has it."""
        (row,) = await fetch("SELECT * FROM execution WHERE id = $1", execution_id)
        return dict(row)

    async def until(self, happened: Callable[[], Any], within_s: float = 10.0) -> Any:
        """What `await happened()` answers as soon as that is true."""
        async with asyncio.timeout(within_s):
            while not (answer := await happened()):  # noqa: ASYNC110 - for a row of the database
                await asyncio.sleep(0.01)
            return answer

    async def settled(self, execution_id: UUID, *states: str) -> dict[str, Any]:
        """The execution as soon as it is in one of `states`."""

        async def arrived() -> dict[str, Any] | None:
            row = await self.execution(execution_id)
            return row if row["state"] in states else None

        row: dict[str, Any] = await self.until(arrived)
        return row


@pytest.fixture
async def line(world: World, servers: TestServers) -> AsyncIterator[Line]:
    """A pipeline with a target that answers 200."""
    outbound = Outbound([ipaddress.ip_network("127.0.0.0/8")])
    limiter = RateLimiter(servers.fresh_redis())
    await outbound.start()
    async with RecordingTarget() as target:
        line = Line(world, target, outbound, limiter)
        for part in (line.receiver, line.settler, line.decider):
            part.start()
        yield line
        for part in (line.receiver, line.decider, line.settler):
            await part.close()
    await limiter.close()
    await outbound.close()


@pytest.fixture
async def runner(line: Line) -> AsyncIterator[ExecutionRunner]:
    """One worker's runner."""
    runner = line.new_runner()
    yield runner
    await runner.stop(within_s=1.0)
