"""A trigger of which events are expected is late when none came in time, and not any more when one
does."""

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from domain.operations.check_expectations import check_expectations
from domain.operations.keep_expectation import keep_expectation
from domain.operations.set_trigger_enabled import set_trigger_enabled
from domain.operations.set_triggers_enabled import set_triggers_enabled
from domain.store.database import execute, fetch
from domain.store.expectations import ExpectationRow, expectation_of
from tests.pipeline.conftest import Line

if TYPE_CHECKING:
    from uuid import UUID

HOURLY = {"every_s": 3600}


class Watch:
    """A webhook trigger, of which an event an hour is expected."""

    def __init__(self, line: Line, hook: Any) -> None:
        self.line = line
        self.hook = hook
        self.id: UUID = hook.trigger_id
        self.team_id = line.world.alice.team_id
        self.nudged: list[UUID] = []

    async def check(self) -> ExpectationRow:
        """What is known after the clock looked."""
        await check_expectations(lambda _team, trigger_id: self.nudged.append(trigger_id))
        found = await expectation_of(self.team_id, self.id)
        assert found is not None
        return found

    async def move_back(self, minutes: int) -> None:
        """As if so much time had gone by."""
        await execute(
            "UPDATE expectation SET expected_at = expected_at - $2 * interval '1 minute', "
            "updated_at = updated_at - $2 * interval '1 minute', check_at = now() "
            "WHERE trigger_id = $1",
            self.id,
            minutes,
        )

    async def switch(self, *, enabled: bool, bulk: bool) -> None:
        world = self.line.world
        if bulk:
            await set_triggers_enabled(world.alice, [self.id], enabled=enabled)
        else:
            await set_trigger_enabled(world.alice, world.vault, self.id, enabled=enabled)

    async def send(self) -> None:
        await self.line.send(self.hook, {"id": 1})
        await execute("UPDATE expectation SET check_at = now() WHERE trigger_id = $1", self.id)


@pytest.fixture
async def watch(line: Line) -> Watch:
    made = Watch(line, await line.hook())
    await keep_expectation(made.team_id, made.id, HOURLY)
    return made


async def test_time_counts_from_when_it_was_stated(watch: Watch) -> None:
    found = await watch.check()

    assert found.late_since is None
    (row,) = await fetch(
        "SELECT expected_at - now() BETWEEN interval '59 minutes' AND interval '1 hour' AS hour, "
        "check_at = expected_at AS then FROM expectation WHERE trigger_id = $1",
        watch.id,
    )
    assert row["hour"]
    assert row["then"]


async def test_it_is_late_from_the_deadline_on_until_an_event_comes(watch: Watch) -> None:
    await watch.check()
    await watch.move_back(59)
    assert (await watch.check()).late_since is None
    await watch.move_back(1)

    late = await watch.check()
    assert late.late_since == late.expected_at is not None
    assert watch.nudged.count(watch.id) == 1
    await watch.check()
    assert watch.nudged.count(watch.id) == 1

    await watch.send()
    found = await watch.check()
    assert found.late_since is None
    assert found.expected_at is not None
    assert late.late_since is not None
    assert found.expected_at > late.late_since
    assert watch.nudged.count(watch.id) == 2


@pytest.mark.parametrize("bulk", [False, True])
async def test_what_is_switched_off_is_not_late_and_begins_anew(
    watch: Watch, *, bulk: bool
) -> None:
    await watch.check()
    await watch.move_back(61)
    assert (await watch.check()).late_since

    await watch.switch(enabled=False, bulk=bulk)
    off = await watch.check()
    assert (off.expected_at, off.late_since) == (None, None)

    await watch.switch(enabled=True, bulk=bulk)
    on = await watch.check()
    assert on.late_since is None
    assert on.expected_at is not None


async def test_saving_the_same_again_changes_nothing(watch: Watch) -> None:
    before = await watch.check()
    await keep_expectation(watch.team_id, watch.id, HOURLY)
    assert await watch.check() == before

    await keep_expectation(watch.team_id, watch.id, {"every_s": 7200})
    assert (await watch.check()).expected_at != before.expected_at
    await keep_expectation(watch.team_id, watch.id, None)
    assert await expectation_of(watch.team_id, watch.id) is None


async def test_one_that_cannot_be_read_does_not_stop_the_others(watch: Watch, line: Line) -> None:
    other = Watch(line, await line.hook())
    await keep_expectation(other.team_id, other.id, HOURLY)
    await execute(
        "UPDATE expectation SET config = '{\"cron\": 5}', check_at = now() - interval '1 day' "
        "WHERE trigger_id = $1",
        watch.id,
    )

    assert (await other.check()).expected_at is not None


async def test_two_clocks_find_it_late_once(watch: Watch) -> None:
    await watch.check()
    await watch.move_back(61)

    await asyncio.gather(*(watch.check() for _ in range(4)))

    assert watch.nudged.count(watch.id) == 1
