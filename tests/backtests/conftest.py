"""Backtests inside the test's own process, on real PostgreSQL: each runs when the test says so."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.clock import utc_now
from domain.operations.run_backtests import BacktestRunner
from domain.operations.start_backtest import BacktestDraft, start_backtest
from domain.rules.ids import derived_id, first_id_at
from domain.store.database import execute, fetch
from tests.pages.happenings import History
from tests.support.world import World

LARGE = {"all": [{"path": "$.total", "op": "gt", "value": 100}]}
LARGER = {"all": [{"path": "$.total", "op": "gt", "value": 250}]}


def no_one_listens(*_: object) -> None:
    """In place of the live feed."""


class Trials:
    """A trigger whose live conditions ask for a total over 100, and what is tried on its events."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.world = history.world

    async def totals(self, *totals: object) -> list[UUID]:
        """An event of each total, in this order."""
        return [await self.history.event(f'{{"total": {each}}}'.encode()) for each in totals]

    async def many(self, number: int) -> None:
        """So many events, whose totals are 0, 1, 2, … 399, 0, …, the newest first."""
        now = utc_now()
        await execute(
            "INSERT INTO event (id, team_id, trigger_id, kind, headers, query, content_type, "
            "title, body) SELECT id, $2, $3, 'webhook', '[]', '', 'application/json', '', "
            "convert_to('{\"total\": ' || (place - 1) % 400 || '}', 'UTF8') "
            "FROM unnest($1::uuid[]) WITH ORDINALITY AS e (id, place)",
            [
                derived_id(first_id_at(now - timedelta(milliseconds=each)), self.history.trigger_id)
                for each in range(1, number + 1)
            ],
            self.history.team_id,
            self.history.trigger_id,
        )

    async def start(self, conditions: Any = LARGER, **draft: Any) -> UUID:
        """Alice starts a backtest."""
        return await start_backtest(
            self.world.alice, self.history.trigger_id, BacktestDraft(conditions, **draft)
        )

    async def run(self, *ids: UUID) -> None:
        """Have one worker carry on these backtests until it has nothing left to do."""
        runner = new_runner()
        runner.take(ids)
        await self.settled(*ids)
        await runner.stop(within_s=5.0)

    async def settled(self, *ids: UUID, within_s: float = 20.0) -> None:
        """Returns when all of them have ended."""
        async with asyncio.timeout(within_s):
            for each in ids:
                while (await self.row(each))["finished_at"] is None:  # noqa: ASYNC110 - for a row
                    await asyncio.sleep(0.01)

    async def row(self, backtest_id: UUID) -> dict[str, Any]:
        """The backtest as the database has it."""
        (row,) = await fetch("SELECT * FROM backtest WHERE id = $1", backtest_id)
        return dict(row)

    async def counts(self, backtest_id: UUID) -> dict[str, int]:
        """What it found, without what it did not."""
        row = await self.row(backtest_id)
        names = ("newly_fires", "no_longer_fires", "same_fired", "same_filtered", "errors")
        return {name: row[name] for name in names if row[name]}

    async def letters(self, backtest_id: UUID) -> str:
        """The outcomes of all chunks, the newest event first."""
        rows = await fetch(
            "SELECT outcomes FROM backtest_chunk WHERE backtest_id = $1 ORDER BY number",
            backtest_id,
        )
        return "".join(row["outcomes"] for row in rows)

    async def ids(self, backtest_id: UUID) -> list[UUID]:
        """The events of all chunks, in their order."""
        rows = await fetch(
            "SELECT event_ids FROM backtest_chunk WHERE backtest_id = $1 ORDER BY number",
            backtest_id,
        )
        return [event_id for row in rows for event_id in row["event_ids"]]

    async def lose_lease(self, backtest_id: UUID) -> None:
        """As if its worker had been killed 30 seconds ago."""
        await execute(
            "UPDATE backtest SET lease_until = now() - interval '1 s' WHERE id = $1", backtest_id
        )


def new_runner() -> BacktestRunner:
    """Another worker's runner."""
    runner = BacktestRunner(no_one_listens)
    runner.start()
    return runner


@pytest.fixture
async def trials(world: World) -> Trials:
    """A trigger of Alice's without events."""
    workflow_id = await world.workflow()
    saved = await world.trigger(workflow_id, conditions=LARGE)
    # Each event has a millisecond of its own, so they begin where they cannot overtake the clock.
    begin = utc_now() - timedelta(minutes=1)
    return Trials(History(world, saved, workflow_id, _begin=begin))
