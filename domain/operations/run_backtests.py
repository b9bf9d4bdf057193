"""Runs backtests, one at a time in a worker process, beside the live events and behind them.

A claimed backtest has a lease of 30 seconds, which every chunk renews. After some chunks it goes
back to the end of the queue if others wait, so that a long one holds up nobody.
"""

import asyncio
from collections.abc import Callable, Iterable
from uuid import UUID

from domain.logs import logger
from domain.operations.judge_history import (
    Claimed,
    claim_backtest,
    fail_backtest,
    judge_chunk,
)
from domain.store import backtests
from domain.store.database import Unavailable

CHUNKS_A_TURN = 10
MOST_WAITING = 1_000
AFTER_FAILURE_S = 0.5

log = logger(__name__)


class BacktestRunner:
    """The backtests that one worker process takes up."""

    def __init__(self, announce: Callable[..., None]) -> None:
        """`announce(team_id, *topics)` neither blocks nor fails."""
        self._announce = announce
        self._waiting: dict[UUID, None] = {}
        self._wake = asyncio.Event()
        self._stopping = False

    def start(self) -> None:
        """Start taking turns, on the running event loop."""
        self._running = asyncio.create_task(self._run_until_stopped())

    def take(self, ids: Iterable[UUID]) -> None:
        """Carry on these backtests when it is their turn. What does not fit is dropped: the next
        sweep rings for it again."""
        if self._stopping:
            return
        for backtest_id in ids:
            if len(self._waiting) < MOST_WAITING:
                self._waiting[backtest_id] = None
        self._wake.set()

    async def stop(self, within_s: float) -> None:
        """Put back what is under way: another worker goes on from its last chunk."""
        self._stopping = True
        self._waiting.clear()
        self._wake.set()
        await asyncio.wait([self._running], timeout=within_s)
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)

    async def _run_until_stopped(self) -> None:
        while not self._stopping:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting and not self._stopping:
                backtest_id = next(iter(self._waiting))
                del self._waiting[backtest_id]
                await self._take_turn(backtest_id)

    async def _take_turn(self, backtest_id: UUID) -> None:
        claimed = None
        try:
            claimed = await claim_backtest(backtest_id)
            if claimed is not None:
                await self._carry_on(claimed)
        except Unavailable as failure:
            # What was written stands. The rest comes back with the lease.
            log.warning("backtest_interrupted", error=repr(failure))
            await asyncio.sleep(AFTER_FAILURE_S)
        except Exception:
            log.exception("backtest_broke_off", backtest_id=str(backtest_id))
            await self._give_up(claimed)

    async def _carry_on(self, claimed: Claimed) -> None:
        chunks = 0
        while True:
            self._tell(claimed)
            after = await judge_chunk(claimed, lambda: self._stopping)
            chunks += 1
            if after == "ended":
                self._tell(claimed)
                return
            others_wait = chunks >= CHUNKS_A_TURN and bool(self._waiting)
            if after == "stopped" or self._stopping or others_wait:
                await backtests.put_back(claimed.row)
                self.take([claimed.row["id"]])
                return

    async def _give_up(self, claimed: Claimed | None) -> None:
        if claimed is None:
            return
        try:
            await fail_backtest(claimed)
        except Unavailable as failure:
            log.warning("backtest_interrupted", error=repr(failure))
        self._tell(claimed)

    def _tell(self, claimed: Claimed) -> None:
        row = claimed.row
        self._announce(row["team_id"], f"backtest:{row['id']}", f"backtests:{row['trigger_id']}")
