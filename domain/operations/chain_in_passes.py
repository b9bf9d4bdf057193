"""Runs the passes that tell workflow triggers of ends, in a worker: right after the ends."""

import asyncio
from collections.abc import Callable, Sequence
from uuid import UUID

from domain.operations.rung_passes import RungPasses
from domain.operations.start_chained import MOST_A_PASS, start_chained

REST_S = 0.004


class ChainStarter:
    """The chain passes of one worker process: while one runs, ends gather for the next."""

    def __init__(
        self, decide: Callable[[Sequence[UUID]], None], announce: Callable[..., None]
    ) -> None:
        """`decide(event_ids)` and `announce(team_id, *topics)` neither block nor fail."""
        self._decide = decide
        self._announce = announce
        self._passes = RungPasses("chains", self._pass)

    def start(self) -> None:
        """Start to listen for rings, on the running event loop."""
        self._passes.start()

    async def close(self) -> None:
        """Leave the pass that is under way to the clock, and end."""
        await self._passes.close()

    def ring(self) -> None:
        """Something ended that is waited for."""
        self._passes.ring()

    async def _pass(self) -> bool:
        there_may_be_more = await self.run_pass() == MOST_A_PASS
        await asyncio.sleep(REST_S)
        return there_may_be_more

    async def run_pass(self) -> int:
        """One pass; how many ends it took."""
        chained = await start_chained()
        if chained.event_ids:
            self._decide(chained.event_ids)
        for team_id in chained.team_ids:
            self._announce(team_id, "events")
        return chained.taken
