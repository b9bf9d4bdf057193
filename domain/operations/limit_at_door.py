"""Limits that turn requests away (`over: refuse`), asked before anything is stored.

The steps for a request, and what can go wrong after each:
1. Its sender is verified, so nobody else can use up the trigger's windows.
2. It is counted in all windows of the trigger, the team and the installation, or refused: 429. Then
   this process may die: nothing was stored or promised, and the windows hold one too many.
3. It is stored. A repeat is taken out of the windows again; should that fail, they hold one too
   many. What the database did not answer stays in: it may be on disk. They never hold too few.

So a repeat of an event that was accepted is itself refused while a window is full, and costs its
sender no more than coming again; nothing is looked up before a request may pass.
"""

import math

from domain.batches import Batcher
from domain.coordination.limiter import Admission, Ask, RateLimiter
from domain.errors import Throttled

MOST_A_CALL = 200
MOST_WAITING = 1_000


class DoorLimits:
    """The limits at the doors of one web process. Requests that arrive together share one call."""

    def __init__(self, limiter: RateLimiter) -> None:
        self._limiter = limiter
        self._asks: Batcher[Ask, Admission] = Batcher(
            limiter.admit, most=MOST_A_CALL, passes=1, waiting=MOST_WAITING
        )

    def start(self) -> None:
        """Start asking, on the running event loop."""
        self._asks.start()

    async def close(self) -> None:
        """Answer those who wait, and end."""
        await self._asks.close()

    async def admit(self, ask: Ask) -> None:
        """Count a request. Raises Throttled where a window is full, and Overloaded where too many
        requests wait to be told."""
        admission = await self._asks.submit(ask)
        if not admission.admitted:
            raise Throttled(max(1, math.ceil(admission.retry_after_s)))

    async def take_back(self, ask: Ask) -> None:
        """Count a request no more: it became no event."""
        await self._limiter.forget([ask])
