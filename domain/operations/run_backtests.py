"""Runs backtests, one at a time in a worker process, beside the live events and behind them.

A claimed backtest has a lease of 30 seconds, which every chunk renews. After some chunks it goes
back to the end of the queue if others wait, so that a long one holds up nobody.
"""

import asyncio
from collections.abc import Callable
from uuid import UUID

from domain.logs import logger
from domain.operations.judge_history import (
    Claimed,
    claim_backtest,
    fail_backtest,
    judge_chunk,
)
from domain.operations.turns import Turns
from domain.store import backtests
from domain.store.database import Unavailable

CHUNKS_A_TURN = 10
AFTER_FAILURE_S = 0.5

log = logger(__name__)


class BacktestRunner(Turns):
    """The backtests that one worker process takes up. One that is put back goes on from its last
    chunk, wherever that is."""

    def __init__(self, announce: Callable[..., None]) -> None:
        """`announce(team_id, *topics)` neither blocks nor fails."""
        super().__init__(self._take_up)
        self._announce = announce

    async def _take_up(self, backtest_id: UUID) -> None:
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
            after = await judge_chunk(claimed, lambda: self.stopping)
            chunks += 1
            if after == "ended":
                self._tell(claimed)
                return
            others_wait = chunks >= CHUNKS_A_TURN and self.others_wait
            if after == "stopped" or self.stopping or others_wait:
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
