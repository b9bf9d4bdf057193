"""Counts tries within a window of time, for throttling.

How it fails: with Redis away each process counts for itself, so a guesser gets as many tries as
there are processes, never unlimited ones.
"""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.coordination.redis_trouble import REDIS_TROUBLE
from domain.errors import Throttled

if TYPE_CHECKING:
    from redis.asyncio import Redis

_MOST_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` tries of `what` within `seconds` from the first."""

    what: str
    most: int
    seconds: int


class Tries:
    """The counters, shared through Redis under `signalbox:tries:<hash>`."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis
        self._own: dict[str, tuple[float, int]] = {}

    async def count(self, limits: Sequence[Limit]) -> None:
        """Count one try against each limit. Raises Throttled when any of them is passed."""
        for limit in limits:
            key = _key(limit)
            try:
                tries, wait_s = await self._count_shared(key, limit.seconds)
            except REDIS_TROUBLE:
                tries, wait_s = self._count_own(key, limit.seconds)
            if tries > limit.most:
                raise Throttled(max(1, wait_s))

    async def _count_shared(self, key: str, seconds: int) -> tuple[int, int]:
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.incr(key)
            pipeline.expire(key, seconds, nx=True)
            pipeline.ttl(key)
            tries, _, wait_s = await pipeline.execute()
        return int(tries), int(wait_s)

    def _count_own(self, key: str, seconds: int) -> tuple[int, int]:
        now = time.monotonic()
        ends_at, tries = self._own.get(key, (now + seconds, 0))
        if ends_at <= now:
            ends_at, tries = now + seconds, 0
        if len(self._own) >= _MOST_KEPT:
            self._own.clear()
        self._own[key] = (ends_at, tries + 1)
        return tries + 1, int(ends_at - now)


def _key(limit: Limit) -> str:
    # Hashed: an address of any length and content makes a short key, and Redis holds no e-mails.
    digest = hashlib.sha256(limit.what.encode("utf-8", "replace")).hexdigest()
    return f"signalbox:tries:{digest[:32]}"
