"""Runs trials of limits, one at a time in a worker process, beside the live events and behind them.

A claimed trial has a lease of 30 seconds, which every chunk renews.
"""

import asyncio
import contextlib
from collections.abc import Callable
from uuid import UUID

from domain.logs import logger
from domain.operations.try_limits import claim_trial, give_up_trial, try_limits
from domain.operations.turns import Turns
from domain.store import limit_trials
from domain.store.database import Row, Unavailable

AFTER_FAILURE_S = 0.5

log = logger(__name__)


class LimitTrialRunner(Turns):
    """The trials that one worker process takes up. One that is put back is begun anew."""

    def __init__(self, announce: Callable[..., None]) -> None:
        """`announce(team_id, *topics)` neither blocks nor fails."""
        super().__init__(self._do_one)
        self._announce = announce

    async def _do_one(self, trial_id: UUID) -> None:
        row = None
        try:
            row = await claim_trial(trial_id)
            if row is not None:
                await self._do(row)
        except Unavailable as failure:
            # It comes back with the lease.
            log.warning("limit_trial_interrupted", error=repr(failure))
            await asyncio.sleep(AFTER_FAILURE_S)
        except Exception:
            log.exception("limit_trial_broke_off", limit_trial_id=str(trial_id))
            if row is not None:
                with contextlib.suppress(*Unavailable):
                    await give_up_trial(row, "internal")
                self._tell(row)

    async def _do(self, row: Row) -> None:
        self._tell(row)
        after = await try_limits(row, lambda: self.stopping, lambda: self._tell(row))
        if after == "stopped":
            await limit_trials.put_back(row)
        self._tell(row)

    def _tell(self, row: Row) -> None:
        topics = (f"limit_trial:{row['id']}", f"limit_trials:{row['trigger_id']}")
        self._announce(row["team_id"], *topics)
