"""A pipeline inside the test's own process, with the lanes that its limits make, and time that
passes when the test says so."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from redis.asyncio import Redis

from domain.coordination.limiter import RateLimiter
from domain.operations.edit_trigger import TriggerEdit, edit_trigger
from domain.operations.hold_back import HoldBack
from domain.operations.hook_directory import Hook
from domain.operations.release_lanes import LaneReleaser, Released
from domain.rules.limits import Rate
from domain.store.database import execute, fetch
from tests.pipeline.conftest import Line, line, runner
from tests.support.servers import TestServers

__all__ = ["line", "runner"]

Story = list[tuple[str, str | None]]


@dataclass
class Lanes:
    """What waits behind limits, and what lets it out."""

    line: Line
    redis: Redis
    limiter: RateLimiter
    releaser: LaneReleaser

    async def hook(self, *rates: dict[str, Any], **limits: Any) -> Hook:
        """The hook of a new trigger with these windows and other limits."""
        return await self.line.hook(limits={"rate": list(rates), **limits})

    async def send(self, hook: Hook, *bodies: Any) -> list[UUID]:
        """Deliver and decide events; their ids."""
        ids = [(await self.line.send(hook, body)).event_id for body in bodies]
        await self.line.decide()
        return ids

    async def edit(self, hook: Hook, limits: dict[str, Any]) -> None:
        """Give the trigger other limits, as its owner would."""
        world = self.line.world
        await edit_trigger(world.alice, world.vault, hook.trigger_id, TriggerEdit(limits=limits))

    async def pass_time(self, seconds: float) -> None:
        """Let so much time pass for all lanes. (Windows have Redis' own time: `empty_windows`.)"""
        span = timedelta(seconds=seconds)
        await execute(
            "UPDATE lane SET since = since - $1::interval, due_at = due_at - $1::interval", span
        )
        await execute(
            "UPDATE waiting_event SET since = since - $1::interval, "
            "expires_at = expires_at - $1::interval",
            span,
        )

    async def empty_windows(self) -> None:
        """Let all windows move on so far that nothing is in them, and the lanes know of it."""
        await self.redis.flushdb()
        await execute("UPDATE lane SET due_at = now() WHERE why = 'limit'")

    async def release(self) -> Released:
        """Passes of the clock, as long as there is more to do."""
        done = Released()
        while True:
            released = await self.releaser.release()
            done.execution_ids.update(released.execution_ids)
            done.changed.update(released.changed)
            if not released.more:
                return done

    async def decisions(self, event_id: UUID) -> list[dict[str, Any]]:
        """The decisions about an event in their order, with their traces read."""
        rows = await fetch(
            "SELECT * FROM decision WHERE event_id = $1 ORDER BY decided_at", event_id
        )
        return [{**row, "trace": json.loads(row["trace"])} for row in rows]

    async def story(self, event_id: UUID) -> Story:
        """Verdict and reason of each decision about the event."""
        return [(row["verdict"], row["reason"]) for row in await self.decisions(event_id)]

    async def stories(self, ids: list[UUID]) -> list[Story]:
        """The same of several."""
        return [await self.story(event_id) for event_id in ids]

    async def waiting(self, trigger_id: UUID) -> list[UUID]:
        """The events of a trigger that wait, in order."""
        rows = await fetch(
            "SELECT event_id FROM waiting_event WHERE trigger_id = $1 ORDER BY event_id", trigger_id
        )
        return [row["event_id"] for row in rows]


def new_releaser(line: Line, limiter: RateLimiter, *everybody: Rate) -> LaneReleaser:
    """Another clock's passes."""
    return LaneReleaser(line.versions, line.redactors, HoldBack(limiter, everybody))


@pytest.fixture
async def lanes(line: Line, servers: TestServers) -> AsyncIterator[Lanes]:
    """The pipeline with lanes. Those that other tests left behind are of other teams, and empty."""
    await execute("TRUNCATE lane, waiting_event")
    url = servers.fresh_redis()
    limiter = RateLimiter(url)
    line.limits = HoldBack(limiter, ())
    line.decider._limits = line.limits
    async with Redis.from_url(url) as redis:
        yield Lanes(line, redis, limiter, new_releaser(line, limiter))
    await limiter.close()
