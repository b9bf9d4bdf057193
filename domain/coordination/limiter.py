"""The rate limiter: exact sliding windows that all processes share through Redis.

How it counts is told in `scripts/limit.lua`. Time is Redis's own, so processes whose clocks differ
agree. A member counts once in a window however often it is asked for: whoever got no answer asks
again.

How it fails: with Redis away, or slower than a second, each ask is answered by what its windows say
for that case: all of them `open`, and it is admitted and counted nowhere; one `closed`, and it is
not. For a second after that nobody tries again, so that a queue of asks does not wait a second
each. Redis that comes back empty begins to count anew. Not for a Redis Cluster.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from domain import metrics
from domain.coordination.redis_trouble import REDIS_TROUBLE
from domain.coordination.script_calls import Argument, Script, ScriptCalls, script
from domain.logs import logger
from domain.rules.limit_windows import Limiter, Window

PATIENCE_S = 1.0
REST_S = 1.0
MOST_VALUES = 10

_MICROSECONDS = 1_000_000
_LIMIT, _USAGE, _FORGET = (script(name) for name in ("limit", "limit_usage", "limit_forget"))

log = logger(__name__)


# Both are tuples: to make a frozen dataclass takes three times as long, and each event has one.
class Ask(NamedTuple):
    """May this event pass? `member` is its id. Once one of a `group` is not admitted, no later one
    of the same call is: they pass in order."""

    member: str
    windows: tuple[Window, ...]
    group: str | None = None


class Admission(NamedTuple):
    """The answer. `denied_by` is the first window that had no room (None where it only had to stay
    behind another of its group), `counts` the members of each window by now, `retry_after_s` when
    there may be room again, `counted_us` when it was counted (µs since 1970 by Redis' clock, 0: it
    was not). `limiter` is `away` when Redis was not asked; nothing is counted then.
    """

    admitted: bool
    denied_by: int | None
    counts: tuple[int, ...]
    retry_after_s: float
    limiter: Limiter = "shared"
    counted_us: int = 0

    def trace(self, windows: Sequence[Window]) -> list[dict[str, object]]:
        """The windows that were asked, as a decision's trace tells of them."""
        at = self.counted_at
        return [
            window.traced(count, self.limiter, at, admitted=self._has_room(place, window))
            for place, (window, count) in enumerate(zip(windows, self.counts, strict=True))
        ]

    @property
    def counted_at(self) -> datetime | None:
        """When it was counted, by Redis' clock."""
        seconds = self.counted_us / _MICROSECONDS
        return datetime.fromtimestamp(seconds, UTC) if self.counted_us else None

    def _has_room(self, place: int, window: Window) -> bool:
        if self.admitted or place == self.denied_by:
            return self.admitted
        if self.limiter == "away":
            return window.when_unavailable == "open"
        return self.counts[place] < window.most


@dataclass(frozen=True, slots=True)
class Usage:
    """How full a window is. Of all values of a keyed one: how many have members, and the fullest
    of these with theirs; `count` is the fullest one's."""

    window: Window
    count: int
    values: int = 0
    fullest: tuple[tuple[str, int], ...] = ()


class RateLimiter:
    """The limiter of one process."""

    def __init__(self, redis_url: str) -> None:
        self._scripts = ScriptCalls(redis_url, PATIENCE_S / 2)
        self._rests_until = 0.0

    async def start(self) -> None:
        """Connect and load the scripts, if Redis is there: no event waits for that."""
        await self._call(_LIMIT, *_spelled([]))
        await self._call(_USAGE, [], [0])
        await self._call(_FORGET, [], [])

    async def close(self) -> None:
        """Close the connections."""
        await self._scripts.close()

    async def admit(self, asks: Sequence[Ask]) -> list[Admission]:
        """The answers, in order. Never raises. One call to Redis: a thousand asks keep it busy for
        a few milliseconds."""
        if not asks:
            return []
        told = await self._call(_LIMIT, *_spelled(asks))
        return _without_redis(asks) if told is None else list(_admissions(asks, told))

    async def forget(self, asks: Sequence[Ask]) -> None:
        """Count these no more, in any of their windows. While Redis is away they stay counted."""
        counted = [(window.key, ask.member) for ask in asks for window in ask.windows]
        keys, members = [key for key, _ in counted], [member for _, member in counted]
        await self._call(_FORGET, keys, members)

    async def usage(self, windows: Sequence[Window]) -> list[Usage] | None:
        """How full the windows are (one whose label has a path and no value: all its values); None
        while Redis is away."""
        if not windows:
            return []
        keys = [window.index if _listed(window) else window.key for window in windows]
        args: list[str | int] = [MOST_VALUES]
        for window in windows:
            args += [window.per_s * _MICROSECONDS, "1" if _listed(window) else ""]
        told = await self._call(_USAGE, keys, args)
        if told is None:
            return None
        return [_usage_of(window, each) for window, each in zip(windows, told, strict=True)]

    async def _call(
        self, called: Script, keys: Sequence[str], args: Sequence[Argument]
    ) -> list[Any] | None:
        """What the script answers; None while Redis is away."""
        if time.monotonic() < self._rests_until:
            return None
        try:
            told: list[Any] = await self._scripts.call(called, keys, args)
        except REDIS_TROUBLE as trouble:
            self._rests_until = time.monotonic() + REST_S
            log.warning("limiter_unavailable", reason=type(trouble).__name__)
            return None
        return told


def _spelled(asks: Sequence[Ask]) -> tuple[list[str], list[bytes]]:
    """The keys and arguments of the script: each window once, however many ask for it."""
    keys: list[str] = []
    windows: list[tuple[int, int, str]] = []
    places: dict[tuple[str, int], int] = {}

    def place_of(window: Window) -> int:
        spelled = (window.key, window.most)
        if spelled not in places:
            value = window.label.value
            keys.extend((window.key,) if value is None else (window.key, window.index))
            windows.append((window.most, window.per_s * _MICROSECONDS, value or ""))
            places[spelled] = len(windows)
        return places[spelled]

    told = [(ask.member, ask.group or "", [place_of(each) for each in ask.windows]) for ask in asks]
    return keys, [msgspec.msgpack.encode((windows, told))]


def _admissions(asks: Sequence[Ask], told: Sequence[int]) -> Iterator[Admission]:
    place = 0
    for ask in asks:
        admitted, denied_by, wait_us, counted_us = told[place : place + 4]
        place += 4
        counts = tuple(told[place : place + len(ask.windows)])
        place += len(counts)
        yield Admission(
            admitted=bool(admitted),
            denied_by=denied_by - 1 if denied_by else None,
            counts=counts,
            retry_after_s=wait_us / _MICROSECONDS,
            counted_us=counted_us,
        )


def _without_redis(asks: Sequence[Ask]) -> list[Admission]:
    """Each window as it says for this case; groups stay in order."""
    answers: list[Admission] = []
    behind: set[str] = set()
    for ask in asks:
        closed = [
            place for place, window in enumerate(ask.windows) if window.when_unavailable == "closed"
        ]
        admitted = not closed and ask.group not in behind
        if not admitted and ask.group is not None:
            behind.add(ask.group)
        if ask.windows:
            metrics.LIMITER_UNAVAILABLE.labels("open" if admitted else "closed").inc()
        answers.append(
            Admission(
                admitted=admitted,
                denied_by=closed[0] if closed else None,
                counts=(0,) * len(ask.windows),
                retry_after_s=0.0 if admitted else REST_S,
                limiter="away",
            )
        )
    return answers


def _listed(window: Window) -> bool:
    return window.label.path is not None and window.label.value is None


def _usage_of(window: Window, told: Any) -> Usage:
    if not _listed(window):
        return Usage(window, int(told))
    fullest = tuple(zip(told[1::2], told[2::2], strict=True))
    return Usage(window, fullest[0][1] if fullest else 0, told[0], fullest)
