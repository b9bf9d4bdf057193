"""The breakers that all workers share, in Redis: four scripts and one poll.

What is exact, over all processes: of those who ask an open breaker after its cool-down one gets the
probe; a call that is told twice counts once; no more calls at once than are allowed where that is
bounded. What is so within a second: that a breaker opened or closed is known to every worker (each
polls one small key), and that a worker's successes count (failures are told at once). `in_a_row` is
as the reports come in, so of what another worker saw in the last second it may not know.

How it fails: by raising BreakersAway after 0.8 s at the most. After three seconds without an answer
`away` says so, and each worker goes by a breaker of its own with the same rules
(`domain/rules/breakers.py`) until Redis answers again.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from domain.coordination.redis_trouble import REDIS_TROUBLE
from domain.rules.breakers import BUCKETS, BreakerSettings, Reason, State, bucket_of

AWAY_AFTER_S = 3.0

_SOCKET_TIMEOUT_S = 0.4  # one try, and one more on a new connection
_SCRIPTS = Path(__file__).parent / "scripts"
_ALL, _VERSION = "signalbox:breakers", "signalbox:breakers:version"
_MS = 1_000


class BreakersAway(Exception):
    """Redis did not answer."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a breaker stands. `stamp` rises with every change; `wait_s` seconds from now the next
    probe may go out. `changed`: by this very call, for `reason`, at so many calls and failures."""

    state: State
    stamp: int = 0
    wait_s: float = 0.0
    cool_down_s: float = 0.0
    trips: int = 0
    changed: bool = False
    reason: Reason | None = None
    calls: int | None = None
    failures: int | None = None


CLOSED = Standing("closed")


@dataclass(frozen=True, slots=True)
class Entry:
    """The answer to a call that wants to go out: `pass`, `probe`, `open` or `busy`."""

    answer: str
    standing: Standing


@dataclass(frozen=True, slots=True)
class Told:
    """What a worker tells of one destination: its `number`-th report. `buckets`: how many twelfths
    of the window ago, calls, failures. `token` is that of a call that ended, and `how`."""

    number: int = 0
    trailing: int = 0
    answered: bool = False
    buckets: tuple[tuple[int, int, int], ...] = ()
    token: str = ""
    how: str = "unknown"


@dataclass(frozen=True, slots=True)
class News:
    """All breakers that are not closed, and closed ones with failures. `lost`: Redis was away, or
    came back without what it knew."""

    standings: Mapping[UUID, Standing]
    lost: bool


class SharedBreakers:
    """One process's way to the shared breakers."""

    def __init__(self, redis_url: str) -> None:
        self._redis: Redis = Redis.from_url(
            redis_url,
            socket_timeout=_SOCKET_TIMEOUT_S,
            socket_connect_timeout=_SOCKET_TIMEOUT_S,
            retry=Retry(NoBackoff(), 1),
            decode_responses=True,
            protocol=2,
        )
        self._worker = uuid4().hex[:12]
        self._enter, self._leave, self._reset = map(
            self._redis.register_script,
            map(_source, ("breaker_enter", "breaker_leave", "breaker_reset")),
        )
        self._answered_at = time.monotonic()
        self._version: int | None = None

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

    @property
    def away(self) -> bool:
        """Whether Redis has not answered for three seconds, although it was asked."""
        return time.monotonic() - self._answered_at > AWAY_AFTER_S

    async def enter(
        self, id_: UUID, token: str, hold_s: float, most: int | None, seed: Standing = CLOSED
    ) -> Entry:
        """May a call go out that must have ended in `hold_s` seconds? `seed` is what is known of
        the breaker here, should Redis know nothing. Raises BreakersAway."""
        answer = await self._call(
            self._enter, id_, [token, _ms(hold_s), most or 0, *_seed(seed)]
        )  # fmt: skip
        return Entry(str(answer[0]), _standing(answer))

    async def restore(self, id_: UUID, seed: Standing) -> Standing:
        """Have a breaker that opened while Redis was away, or knew nothing, be open for all."""
        answer = await self._call(self._enter, id_, ["", 0, 0, *_seed(seed)])
        return _standing(answer)

    async def leave(self, id_: UUID, settings: BreakerSettings, told: Told) -> Standing:
        """Tell what became of calls. Raises BreakersAway; the same may then be told again."""
        of_settings = (
            settings.failure_rate, _ms(settings.window_s), settings.min_calls, settings.in_a_row,
            _ms(settings.cool_down_s), _ms(settings.longest_s),
        )  # fmt: skip
        counts = [number for bucket in told.buckets for number in bucket]
        answer = await self._call(
            self._leave,
            id_,
            [self._worker, told.number, told.token, told.how, *of_settings,
             told.trailing, int(told.answered), *counts],
        )  # fmt: skip
        return _standing(answer)

    async def reset(self, id_: UUID) -> Standing:
        """Close it, whatever it was. Raises BreakersAway."""
        return _standing(await self._call(self._reset, id_, []))

    async def news(self) -> News | None:
        """What changed since the last time; None: nothing. Raises BreakersAway."""
        was_away = self.away
        try:
            version = int(await self._redis.get(_VERSION) or 0)
            self._answered_at = time.monotonic()
            if version == self._version and not was_away:
                return None
            lost = was_away or version < (self._version or 0)
            standings = await self.all_known()
        except REDIS_TROUBLE as failure:
            raise BreakersAway from failure
        self._version = version
        return News(standings, lost)

    async def all_known(self) -> dict[UUID, Standing]:
        """The breakers that are not closed, and closed ones with failures. Raises BreakersAway."""
        try:
            pipeline = self._redis.pipeline(transaction=False)
            pipeline.time()
            pipeline.hgetall(_ALL)
            (seconds, micros), found = await pipeline.execute()
        except REDIS_TROUBLE as failure:
            raise BreakersAway from failure
        now = seconds * _MS + micros // _MS
        return {UUID(id_): _told(text, now) for id_, text in found.items()}

    async def closed_of(self, ids: Sequence[UUID]) -> dict[UUID, Standing]:
        """Those of them that Redis knows to be closed. Raises BreakersAway."""
        found = await self._fields(ids)
        return {
            id_: Standing("closed", int(float(fields["stamp"])))
            for id_, fields in found.items()
            if fields.get("state") == "closed" and "stamp" in fields
        }

    async def counts_of(self, windows: Mapping[UUID, int]) -> dict[UUID, tuple[int, int]]:
        """Calls and failures within the windows (seconds) of these breakers. Raises BreakersAway.

        While no call fails, none is told of: then there is nothing to count."""
        found = await self._fields(list(windows))
        seconds, micros = await self._time() if found else (0, 0)
        now = seconds + micros / 1e6
        return {id_: _counts(fields, windows[id_], now) for id_, fields in found.items()}

    async def _fields(self, ids: Sequence[UUID]) -> dict[UUID, dict[str, str]]:
        pipeline = self._redis.pipeline(transaction=False)
        for id_ in ids:
            pipeline.hgetall(_key(id_))
        try:
            found = await pipeline.execute() if ids else []
        except REDIS_TROUBLE as failure:
            raise BreakersAway from failure
        return {id_: fields for id_, fields in zip(ids, found, strict=True) if fields}

    async def _time(self) -> tuple[int, int]:
        try:
            seconds, micros = await self._redis.time()
        except REDIS_TROUBLE as failure:
            raise BreakersAway from failure
        return seconds, micros

    async def _call(self, script: Any, id_: UUID, arguments: list[Any]) -> list[Any]:
        key = _key(id_)
        try:
            answer: list[Any] = await script(
                keys=[key, _ALL, _VERSION, f"{key}:calls"], args=[str(id_), *arguments]
            )
        except REDIS_TROUBLE as failure:
            raise BreakersAway from failure
        self._answered_at = time.monotonic()
        return answer


def _source(name: str) -> str:
    return "\n".join(
        (_SCRIPTS / f"{part}.lua").read_text(encoding="utf-8") for part in ("breaker_state", name)
    )


def _key(id_: UUID) -> str:
    return f"signalbox:breaker:{id_}"


def _ms(seconds: float) -> int:
    return round(seconds * _MS)


def _seed(seed: Standing) -> list[Any]:
    return [seed.state, _ms(max(0.0, seed.wait_s)), _ms(seed.cool_down_s), seed.trips]


def _standing(answer: Sequence[Any]) -> Standing:
    _, state, stamp, wait, cool, trips, changed, reason, calls, failures = answer
    return Standing(
        state, stamp, wait / _MS, cool / _MS, trips, bool(changed), reason or None,
        calls or None, failures or None,
    )  # fmt: skip


def _counts(fields: Mapping[str, str], window_s: int, now: float) -> tuple[int, int]:
    oldest = bucket_of(window_s, now) - BUCKETS + 1
    calls = failures = 0
    for name, value in fields.items():
        letter, number = name[:1], name[1:]
        if letter in "cf" and number.isdigit() and int(number) >= oldest:
            calls += int(float(value)) if letter == "c" else 0
            failures += int(float(value)) if letter == "f" else 0
    return calls, failures


def _told(text: str, now: int) -> Standing:
    state, stamp, probe, cool, trips = text.split(" ")
    wait_s = max(0.0, float(probe) - now) / _MS
    return Standing(
        cast("State", state), int(float(stamp)), wait_s, float(cool) / _MS, int(float(trips))
    )
