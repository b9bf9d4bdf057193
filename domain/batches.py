"""Gathers what many callers bring at once into few calls: group commit for anything.

There is no waiting for a batch to fill. While one pass runs, what arrives gathers for the next. So
an idle system answers at once, and a busy one shares each commit.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from itertools import takewhile
from typing import Any, Generic, TypeVar

from domain.errors import Overloaded
from domain.fair_queue import FairQueue, Lane

Item = TypeVar("Item")
Result = TypeVar("Result")

# How much later than it was promised a time-out may come: one look at all callers then serves for
# a timer each, which would cost more than queueing the item does.
LOOK_EVERY_S = 0.25


class Batcher(Generic[Item, Result]):
    """Runs `work(items) -> results`, in the same order, for items submitted one by one.

    `most` items a pass, `passes` passes side by side, `waiting` items queued in a lane before
    `submit` raises Overloaded; a pass takes items from all lanes in turn. After a pass its place
    rests for `rest_s` seconds: a first item is never held up, and under load a pass finds more to
    do. An `even` one keeps its passes of one size, each with its share of all that is under way:
    else the callers of a large one come back together, as the next large one, and the process is
    idle while that is away. When a pass of several fails, each item is tried alone, so that one bad
    row never stops its neighbours; after one of the `outages` that would be of no use, so all
    callers get the error.
    A caller waits no longer than `patience_s` seconds: then it gets a TimeoutError, whatever
    becomes of its item.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]],
        *,
        most: int,
        passes: int,
        waiting: int,
        rest_s: float = 0.0,
        even: bool = False,
        patience_s: float | None = None,
        outages: tuple[type[BaseException], ...] = (),
    ) -> None:
        self._work = work
        self._most = most
        self._passes = passes
        self._rest_s = rest_s
        self._even = even
        self._under_way = 0
        self._patience_s = patience_s
        self._outages = outages
        self._queue: FairQueue[asyncio.Future[Result], Item] = FairQueue(waiting)
        # When each caller's patience ends, the first to end first.
        self._promised: dict[asyncio.Future[Result], float] = {}
        self._arrived = asyncio.Event()
        self._closing = False
        self._tasks: list[asyncio.Task[None]] = []
        self._watch: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop

    def start(self) -> None:
        """Start the passes on the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._tasks = [asyncio.create_task(self._run_passes()) for _ in range(self._passes)]
        if self._patience_s is not None:
            self._watch = asyncio.create_task(self._watch_promises())

    async def close(self) -> None:
        """Refuse new items, finish the queued ones, end."""
        self._closing = True
        self._arrived.set()
        await asyncio.gather(*self._tasks)
        if self._watch is not None:
            self._watch.cancel()

    def leave(self) -> None:
        """Let go of the queued items, for others to find: nobody hears what becomes of them."""
        for future, _ in self._queue.clear():
            future.cancel()

    @property
    def queued(self) -> int:
        """How many items wait for a pass."""
        return len(self._queue)

    def is_full(self, lane: Lane = None) -> bool:
        """Whether `submit` would refuse an item of the lane now."""
        return self._closing or self._queue.is_full(lane)

    def submit(self, item: Item, lane: Lane = None) -> "asyncio.Future[Result]":
        """The future result of `item`. Raises Overloaded when too much is waiting already."""
        future: asyncio.Future[Result] = self._loop.create_future()
        if self._closing or not self._queue.put(future, item, lane):
            raise Overloaded
        if self._patience_s is not None:
            self._promised[future] = self._loop.time() + self._patience_s
        self._arrived.set()
        return future

    async def _watch_promises(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            self._end_patience()

    def _end_patience(self) -> None:
        now = self._loop.time()
        for future in list(takewhile(lambda each: self._promised[each] <= now, self._promised)):
            self._settle(future, failure=TimeoutError())

    async def _run_passes(self) -> None:
        while True:
            await self._arrived.wait()
            if self._even:
                await asyncio.sleep(0)  # for those who have come, and whose turn is yet to come
            taken = [(item, future) for future, item in self._queue.take(self._share())]
            if taken:
                self._under_way += len(taken)
                await self._run_pass(taken)
                self._under_way -= len(taken)
                if self._rest_s and not self._closing:
                    await asyncio.sleep(self._rest_s)
            elif self._closing:
                return
            elif not self._queue:
                self._arrived.clear()

    def _share(self) -> int:
        """How many items the next pass may take."""
        if not self._even:
            return self._most
        return min(self._most, math.ceil((self.queued + self._under_way) / self._passes))

    async def _run_pass(self, taken: "list[tuple[Item, asyncio.Future[Result]]]") -> None:
        try:
            results = await self._work([item for item, _ in taken])
        except Exception as failure:  # noqa: BLE001 - handed to whoever waits for the item
            if len(taken) > 1 and not isinstance(failure, self._outages):
                for one in taken:
                    await self._run_pass([one])
                return
            for _, future in taken:
                self._settle(future, failure=failure)
            return
        for (_, future), result in zip(taken, results, strict=True):
            self._settle(future, result)

    def _settle(
        self,
        future: "asyncio.Future[Result]",
        result: Any = None,
        failure: Exception | None = None,
    ) -> None:
        """Tell the caller, unless it has been told, or is gone."""
        self._promised.pop(future, None)
        if future.done():
            return
        if failure is None:
            future.set_result(result)
        else:
            future.set_exception(failure)
