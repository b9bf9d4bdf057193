"""What is done beside the answer, so that the answer's time tells nothing of it."""

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any

from domain.logs import logger

MOST_AT_ONCE = 50
END_WITHIN_S = 2.0

log = logger(__name__)


class Errands:
    """A few tasks of one process. One that is lost at its end is one that people ask for again."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def run(self, errand: Coroutine[Any, Any, None]) -> None:
        """Begin it, unless too many are under way: then it is dropped."""
        if len(self._running) >= MOST_AT_ONCE:
            errand.close()
            log.warning("errand_dropped")
            return
        task = asyncio.create_task(_logged(errand))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def finish(self) -> None:
        """Wait until all are done."""
        while self._running:
            await asyncio.wait(self._running)

    async def close(self) -> None:
        """Wait a moment for what is under way, and give up the rest."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(END_WITHIN_S):
                await self.finish()
        for task in self._running:
            task.cancel()


async def _logged(errand: Coroutine[Any, Any, None]) -> None:
    try:
        await errand
    except Exception:  # nobody waits for it, so nobody else would see this
        log.exception("errand_failed")
