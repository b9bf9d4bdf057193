"""Runs the passes that tell workflow triggers of ends, in a worker: right after the ends."""

import asyncio
from collections.abc import Callable, Sequence
from uuid import UUID

from domain.logs import logger
from domain.operations.start_chained import MOST_A_PASS, start_chained

REST_S = 0.004
REST_AFTER_FAILURE_S = 1.0

log = logger(__name__)


class ChainStarter:
    """The chain passes of one worker process, one at a time: while one runs, ends gather for the
    next."""

    def __init__(
        self, decide: Callable[[Sequence[UUID]], None], announce: Callable[..., None]
    ) -> None:
        """`decide(event_ids)` and `announce(team_id, *topics)` neither block nor fail."""
        self._decide = decide
        self._announce = announce
        self._rung = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start to listen for rings, on the running event loop."""
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Leave the pass that is under way to the clock, and end."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def ring(self) -> None:
        """Something ended that is waited for. What it is is read from the database."""
        self._rung.set()

    async def _run(self) -> None:
        while True:
            await self._rung.wait()
            self._rung.clear()
            try:
                if await self.run_pass() == MOST_A_PASS:
                    self._rung.set()  # there may be more
                await asyncio.sleep(REST_S)
            except Exception as failure:  # noqa: BLE001 - whatever it was, the sweep comes by
                log.warning("chain_pass_failed", error=repr(failure))
                await asyncio.sleep(REST_AFTER_FAILURE_S)

    async def run_pass(self) -> int:
        """One pass; how many ends it took."""
        chained = await start_chained()
        if chained.event_ids:
            self._decide(chained.event_ids)
        for team_id in chained.team_ids:
            self._announce(team_id, "events")
        return chained.taken
