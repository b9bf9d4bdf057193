"""Does what rings ask for one after the other: long work that a worker process does on the side."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from uuid import UUID

MOST_WAITING = 1_000


class Turns:
    """The turns of one kind of work in one worker process."""

    def __init__(self, take_turn: Callable[[UUID], Awaitable[None]]) -> None:
        """`take_turn(id)` claims its row, or finds that it is not there to be claimed, and never
        raises."""
        self._take_turn = take_turn
        self._waiting: dict[UUID, None] = {}
        self._wake = asyncio.Event()
        self.stopping = False

    @property
    def others_wait(self) -> bool:
        """Whether the present turn should not last too long."""
        return bool(self._waiting)

    def start(self) -> None:
        """Start taking turns, on the running event loop."""
        self._running = asyncio.create_task(self._run_until_stopped())

    def take(self, ids: Iterable[UUID]) -> None:
        """Carry these on when it is their turn. What does not fit is dropped: the next sweep rings
        for it again. Ids of anything else do no harm."""
        if self.stopping:
            return
        for each in ids:
            if len(self._waiting) < MOST_WAITING:
                self._waiting[each] = None
        self._wake.set()

    async def stop(self, within_s: float) -> None:
        """Begin no further turn, and let the present one put back what it has in hand."""
        self.stopping = True
        self._waiting.clear()
        self._wake.set()
        await asyncio.wait([self._running], timeout=within_s)
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)

    async def _run_until_stopped(self) -> None:
        while not self.stopping:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting and not self.stopping:
                each = next(iter(self._waiting))
                del self._waiting[each]
                await self._take_turn(each)
