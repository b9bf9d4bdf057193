"""Passes over what waits in the database, one at a time, each as somebody rings.

What there is to do is read from the database, so a ring says no more than that there may be
something; and what a pass that failed left undone is rung for again by the clock.
"""

import asyncio
from collections.abc import Awaitable, Callable

from domain.logs import logger

REST_AFTER_FAILURE_S = 1.0

log = logger(__name__)


class RungPasses:
    """The passes of one kind in a worker process."""

    def __init__(self, kind: str, run_pass: Callable[[], Awaitable[bool]]) -> None:
        """`run_pass` says whether there may be more to do. What it raises is logged with `kind`."""
        self._kind = kind
        self._run_pass = run_pass
        self._rung = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start to listen for rings, on the running event loop."""
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Leave the pass that is under way to others, and end."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def ring(self) -> None:
        """There may be something to do."""
        self._rung.set()

    async def _run(self) -> None:
        while True:
            await self._rung.wait()
            self._rung.clear()
            try:
                if await self._run_pass():
                    self._rung.set()
            except Exception as failure:  # noqa: BLE001 - whatever it was, somebody rings again
                log.warning("pass_failed", kind=self._kind, error=repr(failure))
                await asyncio.sleep(REST_AFTER_FAILURE_S)
