"""Limits that turn requests away (`over: refuse`), asked before anything is stored.

The steps for requests that come together, and what can go wrong after each:
1. Their senders are verified, so nobody else can use up a trigger's windows.
2. Each is counted in all windows of the trigger, the team and the installation, or refused: 429.
   Then this process may die: nothing was stored or promised, and the windows hold one too many.
3. Those that passed are stored. A repeat is taken out of the windows again; should that fail, they
   hold one too many. What the database did not answer stays in: it may be on disk. They never hold
   too few.

So a repeat of an event that was accepted is itself refused while a window is full, and costs its
sender no more than coming again; nothing is looked up before a request may pass. They share no pass
with requests that are not counted: these never wait for Redis.
"""

import math
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import NamedTuple

from domain.batches import Batcher
from domain.coordination.limiter import Ask, RateLimiter
from domain.errors import Throttled
from domain.operations.store_events import (
    ANSWERED_WITHIN_S,
    COMMITS_AT_ONCE,
    MOST_PER_COMMIT,
    MOST_WAITING,
    Receipt,
)
from domain.rules.limit_windows import Window
from domain.store.database import Unavailable
from domain.store.events import NewEvent


class _Counted(NamedTuple):
    """An event, and where it is counted."""

    event: NewEvent
    ask: Ask


class DoorLimits:
    """The limits at the doors of one web process."""

    def __init__(
        self,
        limiter: RateLimiter,
        commit: Callable[[Sequence[NewEvent]], Awaitable[Sequence[Receipt]]],
    ) -> None:
        """`commit` stores the events that may pass."""
        self._limiter = limiter
        self._commit = commit
        self._passes: Batcher[_Counted, Receipt | Throttled] = Batcher(
            self._pass,
            most=MOST_PER_COMMIT,
            passes=COMMITS_AT_ONCE,
            waiting=MOST_WAITING,
            even=True,
            patience_s=ANSWERED_WITHIN_S,
            outages=Unavailable,
        )

    def start(self) -> None:
        """Start asking, on the running event loop."""
        self._passes.start()

    async def close(self) -> None:
        """Answer those who wait, and end."""
        await self._passes.close()

    async def store(self, event: NewEvent, windows: tuple[Window, ...]) -> Receipt:
        """Count an event and store it. Raises Throttled where a window is full, and what storing
        raises."""
        told = await self._passes.submit(
            _Counted(event, Ask(str(event.id), windows)), event.team_id
        )
        if isinstance(told, Throttled):
            raise told
        return told

    async def _pass(self, batch: Sequence[_Counted]) -> list[Receipt | Throttled]:
        admissions = await self._limiter.admit([counted.ask for counted in batch])
        admitted = [
            counted
            for counted, admission in zip(batch, admissions, strict=True)
            if admission.admitted
        ]
        receipts = await self._store(admitted)
        return [
            next(receipts)
            if admission.admitted
            else Throttled(max(1, math.ceil(admission.retry_after_s)))
            for admission in admissions
        ]

    async def _store(self, admitted: Sequence[_Counted]) -> Iterator[Receipt]:
        """Store what was admitted; what turns out to be a repeat is counted no more."""
        if not admitted:
            return iter(())
        receipts = await self._commit([counted.event for counted in admitted])
        repeats = [
            counted.ask
            for counted, receipt in zip(admitted, receipts, strict=True)
            if receipt.duplicate
        ]
        if repeats:
            await self._limiter.forget(repeats)
        return iter(receipts)
