"""Compares this process's clock with the database's, each minute.

Nothing that must be agreed between processes is decided by a process's own clock, so a wrong one
breaks little: what a sender dated and signed looks too old, or too new. Then its owner should not
look for the fault at the sender, and the operator should hear of it.
"""

import asyncio
from datetime import datetime, timedelta

from domain import metrics
from domain.clock import utc_now
from domain.logs import logger
from domain.rules.clock_skew import TOLERATED_S, blamed_reason, skew_of
from domain.store.database import at_the_door
from domain.store.readiness import database_clock

LOOK_EVERY_S = 60.0
# What fails is tried again sooner.
AFTER_FAILURE_S = 5.0

log = logger(__name__)


class ClockWatch:
    """What one process knows about its own clock. `skew_s` is how far it is ahead of the database's
    (negative: behind), as far as the time that the asking took leaves it open."""

    def __init__(self) -> None:
        self.skew_s = 0.0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to watch, on the running event loop."""
        self._task = asyncio.create_task(self._watch_for_ever(), name="clock watch")

    async def close(self) -> None:
        """Stop."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def blamed(self, reason: str) -> str:
        """Why a signed instant was refused: the same reason, or that our clock is the wrong one."""
        return blamed_reason(reason, self.skew_s)

    async def look(self) -> None:
        """Compare once. Raises what a query raises when the database does not answer."""
        with at_the_door():  # in the web process one of the connections that are kept open
            before = utc_now()
            there = await database_clock()
            after = utc_now()
        self.note(before, there, after)

    def note(self, before: datetime, there: datetime, after: datetime) -> None:
        """Take down what the database's clock showed between two looks at ours."""
        was_wrong = abs(self.skew_s) > TOLERATED_S
        self.skew_s = skew_of(before, there, after) / timedelta(seconds=1)
        metrics.CLOCK_SKEW.set(self.skew_s)
        if abs(self.skew_s) > TOLERATED_S:
            log.warning("clock_skew", ahead_of_the_database_s=round(self.skew_s, 1))
        elif was_wrong:
            log.info("clock_right_again", ahead_of_the_database_s=round(self.skew_s, 1))

    async def _watch_for_ever(self) -> None:
        while True:
            rest_s = LOOK_EVERY_S
            try:
                await self.look()
            except Exception as failure:  # noqa: BLE001 - whatever it was, the next look may succeed
                log.info("clock_not_compared", error=repr(failure))
                rest_s = AFTER_FAILURE_S
            await asyncio.sleep(rest_s)
