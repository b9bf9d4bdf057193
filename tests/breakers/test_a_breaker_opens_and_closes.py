"""A destination's breaker, as the guards of several workers have it: it opens, probes, closes."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

from domain.engines.plan import Waits
from domain.store.database import fetch
from domain.store.destinations import destination_id, find_destination
from tests.breakers.conftest import (
    HOST,
    answered,
    call,
    failed,
    passage,
    settings_of,
    until_let_out,
    until_state,
)

Make = Callable[..., Any]


async def until_waiting(guard: Any, team_id: UUID, within_s: float = 1.5) -> Waits:
    """The wait that the guard imposes, as soon as it does."""
    async with asyncio.timeout(within_s):
        while not isinstance(found := await guard.enter(team_id, call()), Waits):
            found.leave("unknown")
            await asyncio.sleep(0.02)
    return found


async def test_ten_failures_in_a_row_open_it_for_every_worker(
    new_guard: Make, team_id: UUID
) -> None:
    one, other = await new_guard(), await new_guard()
    await answered(other, team_id)
    await failed(one, team_id, 10)
    waits = await until_waiting(other, team_id)
    assert (waits.reason, waits.waits_on) == ("breaker", destination_id(team_id, HOST))
    assert 0 < waits.delay_s <= 10
    await until_state(team_id, "open")
    changes = await fetch(
        "SELECT state, reason, cool_down_s FROM breaker_change WHERE destination_id = $1",
        destination_id(team_id, HOST),
    )
    assert [dict(row) for row in changes] == [
        {"state": "open", "reason": "in_a_row", "cool_down_s": 10}
    ]


async def test_half_of_twenty_calls_that_fail_open_it(new_guard: Make, team_id: UUID) -> None:
    guard = await new_guard()
    for _ in range(10):
        await answered(guard, team_id)
        await failed(guard, team_id)
    await until_waiting(guard, team_id)
    await until_state(team_id, "open")
    row = await find_destination(team_id, destination_id(team_id, HOST))
    assert row is not None
    assert row.reason == "failure_rate"


async def test_another_team_s_breaker_stays_closed(new_guard: Make, world: Any) -> None:
    guard = await new_guard()
    await failed(guard, world.alice.team_id, 10)
    await until_waiting(guard, world.alice.team_id)
    await answered(guard, world.charlie.team_id)


async def test_of_all_who_ask_after_the_cool_down_one_gets_the_probe(
    new_guard: Make, team_id: UUID
) -> None:
    await settings_of(team_id, cool_down_s=4)
    guards = [await new_guard() for _ in range(8)]
    await failed(guards[0], team_id, 10)
    waits = await asyncio.gather(*(until_waiting(guard, team_id, 3.5) for guard in guards))
    await asyncio.sleep(min(one.delay_s for one in waits) + 0.05)
    asked = await asyncio.gather(
        *(guard.enter(team_id, call()) for guard in guards for _ in range(5))
    )
    out = [found for found in asked if not isinstance(found, Waits)]
    assert len(out) == 1
    await until_state(team_id, "half_open")
    out[0].leave("answered")
    await until_state(team_id, "closed")
    for guard in guards:
        await until_let_out(guard, team_id)


async def test_a_probe_that_fails_opens_it_for_twice_as_long(
    new_guard: Make, team_id: UUID
) -> None:
    await settings_of(team_id, cool_down_s=1)
    guard = await new_guard()
    await failed(guard, team_id, 10)
    await until_waiting(guard, team_id)
    await asyncio.sleep(1.05)
    probe = await passage(guard, team_id)
    await until_state(team_id, "half_open")
    probe.leave("failed")
    await until_state(team_id, "open")
    row = await find_destination(team_id, destination_id(team_id, HOST))
    assert row is not None
    assert (row.cool_down_s, row.reason) == (2, "probe_failed")
