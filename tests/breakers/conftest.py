"""Guards as workers have them, on a real Valkey and PostgreSQL, and a line that runs behind one."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any
from uuid import UUID

import pytest

from domain.coordination.breakers import SharedBreakers
from domain.engines.guard import Passage
from domain.engines.plan import Waits
from domain.engines.steps import StepsEngine
from domain.operations.guard_destinations import DestinationGuard
from domain.outbound import OutboundRequest
from domain.rules.json_values import write_json
from domain.store.database import execute
from domain.store.destinations import destination_id, find_destination, meet_destination
from tests.pipeline.conftest import Line, line
from tests.support.servers import TestServers
from tests.support.world import World

__all__ = ["line"]

HOST = "shop.example:443"


def call(timeout_s: float = 1.0, host: str = "shop.example") -> OutboundRequest:
    """A call to a destination."""
    return OutboundRequest("POST", f"https://{host}/orders", timeout_s=timeout_s)


async def answered(guard: DestinationGuard, team_id: UUID, **given: Any) -> None:
    """A call that goes out and is answered."""
    (await passage(guard, team_id, **given)).leave("answered")


async def failed(guard: DestinationGuard, team_id: UUID, times: int = 1, **given: Any) -> None:
    """Calls that go out and fail, all at once."""
    out = [await passage(guard, team_id, **given) for _ in range(times)]
    for one in out:
        one.leave("failed")


async def passage(guard: DestinationGuard, team_id: UUID, **given: Any) -> Passage:
    """The passage of a call that is let out."""
    found = await guard.enter(team_id, call(**given))
    assert not isinstance(found, Waits), found
    return found


async def until_let_out(guard: Any, team_id: UUID, within_s: float = 5.0) -> None:
    """Returns as soon as the guard lets a call out, which is answered."""
    async with asyncio.timeout(within_s):
        while True:
            found = await guard.enter(team_id, call())
            if not isinstance(found, Waits):
                found.leave("answered")
                return
            await asyncio.sleep(0.02)


async def until_state(team_id: UUID, state: str, within_s: float = 5.0) -> None:
    """Returns as soon as the destination is on record in this state."""
    async with asyncio.timeout(within_s):
        while True:
            row = await find_destination(team_id, destination_id(team_id, HOST))
            if row is not None and row.state == state:
                return
            await asyncio.sleep(0.02)


async def settings_of(team_id: UUID, host: str = HOST, **settings: Any) -> UUID:
    """Give a destination settings before anybody calls it; its id."""
    one = await meet_destination(team_id, host)
    text = write_json(settings).decode()
    await execute("UPDATE destination SET settings = $2::jsonb WHERE id = $1", one.id, text)
    return one.id


@pytest.fixture
def redis_url(servers: TestServers) -> str:
    """An empty Redis database."""
    return servers.fresh_redis()


@pytest.fixture
def rung() -> list[UUID]:
    """The executions that were rung for."""
    return []


@pytest.fixture
async def new_guard(
    world: World, redis_url: str, rung: list[UUID]
) -> AsyncIterator[Callable[..., Any]]:
    """Makes another worker's guard."""
    async with contextlib.AsyncExitStack() as stack:

        async def make(url: str = redis_url) -> DestinationGuard:
            guard = DestinationGuard(SharedBreakers(url), lambda *_: None, rung.extend)
            await guard.start()
            stack.push_async_callback(guard.close)
            return guard

        yield make


@pytest.fixture
def team_id(world: World) -> UUID:
    """The team that calls."""
    return world.alice.team_id


class GuardedLine:
    """A pipeline whose runner's calls go through a guard."""

    def __init__(self, line: Line, redis_url: str) -> None:
        self.line = line
        self.guard = DestinationGuard(SharedBreakers(redis_url), lambda *_: None, self._ring)
        line.engine = StepsEngine(line.engine._outbound, self.guard)
        self.runner = line.new_runner()

    def _ring(self, ids: Iterable[UUID]) -> None:
        self.runner.take(ids)

    @property
    def host(self) -> str:
        """The destination that its target is."""
        return self.line.target.url("/").split("/")[2]

    async def run(self, hook: Any, *bodies: Any) -> list[UUID]:
        """Have these events fire; the executions, which the runner has been handed."""
        for body in bodies:
            await self.line.send(hook, body)
        await self.line.decide()
        ids, self.line.asked_for[:] = list(self.line.asked_for), []
        self.runner.take(ids)
        return ids


@pytest.fixture
async def guarded(line: Line, redis_url: str) -> AsyncIterator[GuardedLine]:
    """One worker's pipeline behind a guard."""
    made = GuardedLine(line, redis_url)
    await made.guard.start()
    yield made
    await made.runner.stop(within_s=1.0)
    await made.guard.close()
