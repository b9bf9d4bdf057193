"""Breakers without Redis, after Redis was lost, and after a worker that was killed half-way."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from domain.coordination.breakers import SharedBreakers, Told
from domain.engines.plan import Waits
from domain.operations.mirror_breakers import BreakerMirror
from domain.rules.breakers import BreakerSettings
from domain.rules.ids import derived_id, new_id
from domain.store.database import execute, fetch
from domain.store.destinations import DestinationRow, find_destination
from tests.breakers.conftest import (
    answered,
    call,
    failed,
    settings_of,
    until_let_out,
    until_state,
)
from tests.support.world import World

Make = Callable[..., Any]
NOBODY = "redis://127.0.0.1:1/0"
QUICK = BreakerSettings(in_a_row=3)


async def row_of(team_id: UUID, id_: UUID) -> DestinationRow:
    """The destination as it is on record."""
    row = await find_destination(team_id, id_)
    assert row is not None
    return row


async def until_open(guard: Any, team_id: UUID) -> None:
    """Returns as soon as the guard turns calls away."""
    async with asyncio.timeout(30):
        while not isinstance(found := await guard.enter(team_id, call()), Waits):
            found.leave("unknown")
            await asyncio.sleep(0.05)


async def test_without_redis_a_worker_goes_by_a_breaker_of_its_own(
    new_guard: Make, team_id: UUID
) -> None:
    id_ = await settings_of(team_id, in_a_row=3, cool_down_s=1)
    guard = await new_guard(NOBODY)
    await failed(guard, team_id, 3)
    await until_open(guard, team_id)
    assert (await row_of(team_id, id_)).state == "open"
    await asyncio.sleep(1.05)
    asked = await asyncio.gather(*(guard.enter(team_id, call()) for _ in range(5)))
    out = [found for found in asked if not isinstance(found, Waits)]
    assert len(out) == 1
    out[0].leave("answered")
    await until_let_out(guard, team_id)
    await until_state(team_id, "closed")


async def test_while_redis_may_be_back_in_a_moment_no_second_probe_goes_out(
    new_guard: Make, team_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(**_: Any) -> None:
        raise ConnectionError

    await settings_of(team_id, in_a_row=3, cool_down_s=1)
    guard = await new_guard()
    await failed(guard, team_id, 3)
    await until_open(guard, team_id)
    await asyncio.sleep(1.05)
    monkeypatch.setattr(guard._shared, "_enter", lost)
    found = await guard.enter(team_id, call())
    assert isinstance(found, Waits)
    assert 1.0 <= found.delay_s <= 2.0


async def test_a_redis_that_comes_back_empty_is_told_what_is_open(
    new_guard: Make, team_id: UUID
) -> None:
    one, other = await new_guard(), await new_guard()
    await answered(other, team_id)
    await failed(one, team_id, 10)
    await until_open(one, team_id)
    await until_open(other, team_id)
    await one._shared._redis.flushdb()
    await asyncio.sleep(1.2)
    assert isinstance(await one.enter(team_id, call()), Waits)
    assert isinstance(await other.enter(team_id, call()), Waits)
    # A worker that was not there before finds it on record.
    await one._shared._redis.flushdb()
    late = await new_guard()
    assert isinstance(await late.enter(team_id, call()), Waits)


async def test_what_a_killed_worker_did_not_note_the_clock_does(
    world: World, team_id: UUID, redis_url: str
) -> None:
    id_ = await settings_of(team_id)
    shared, rung = SharedBreakers(redis_url), list[UUID]()
    mirror = BreakerMirror(SharedBreakers(redis_url), lambda *_: None, rung.extend)
    await shared.leave(id_, QUICK, Told(1, 3, False, ((0, 3, 3),)))
    await mirror.mirror()
    assert (await row_of(team_id, id_)).state == "closed"  # the worker may be about to
    await mirror.mirror()
    row = await row_of(team_id, id_)
    assert (row.state, row.reason, row.cool_down_s) == ("open", "noted_late", 10)

    waiting = await _waiting_for(world, id_)
    await shared.reset(id_)
    for _ in range(3):
        await mirror.mirror()
    assert (await row_of(team_id, id_)).state == "closed"
    assert rung == [waiting]
    changes = await fetch(
        "SELECT state FROM breaker_change WHERE destination_id = $1 ORDER BY id", id_
    )
    assert [change["state"] for change in changes] == ["open", "closed"]
    for part in (shared, mirror):
        await part.close()


async def _waiting_for(world: World, destination_id: UUID) -> UUID:
    """An execution that waits for the breaker of a destination."""
    trigger = await world.trigger(await world.workflow())
    event_id = new_id()
    execution_id = derived_id(event_id, "execution")
    await execute(
        "INSERT INTO execution (id, team_id, event_id, trigger_id, trigger_version_id, "
        "workflow_id, workflow_version_id, workflow_version, state, due_at, waits_for, waits_on) "
        "SELECT $1, t.team_id, $2, t.id, t.version_id, t.workflow_id, w.published_version_id, 1, "
        "'retrying', now() + interval '1 hour', 'breaker', $4 "
        "FROM trigger t JOIN workflow w ON w.id = t.workflow_id WHERE t.id = $3",
        execution_id, event_id, trigger.row.id, destination_id,
    )  # fmt: skip
    return execution_id
