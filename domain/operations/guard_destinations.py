"""The guard before each call: the breaker of its destination, and its share of the worker's places.

A call to a destination that is well asks nobody: the worker counts by itself, tells of failures at
once and of the rest once a second while there are any, and hears within half a second when a
breaker opened or closed. Only an open one after its cool-down, and one where calls at once are
bounded, are asked through Redis before each call. An execution that may not go on is put back with
the instant at which it is worth another try: nothing of its attempts is used up.
"""

import asyncio
import itertools
import random
import time
from collections.abc import Awaitable, Callable
from functools import lru_cache
from uuid import UUID, uuid4

from domain import metrics
from domain.coordination.breakers import BreakersAway, SharedBreakers, Standing
from domain.engines.guard import UNWATCHED, End, Passage
from domain.engines.plan import Waits
from domain.logs import logger
from domain.operations.known_destinations import Destination, KnownDestinations
from domain.operations.tell_breakers import BreakerTeller, Ring, quietly
from domain.outbound import OutboundRequest
from domain.pause_points import pause_at
from domain.rules.breakers import GRACE_S, asked
from domain.rules.destination_shares import QUARTER, may_take_a_place, next_turn, spread_s
from domain.rules.urls import InvalidUrl, destination, parse_url
from domain.store import destinations
from domain.store.database import Unavailable

HEAR_EVERY_S = 0.5
TELL_EVERY_S = 1.0
EDITED_EVERY_S = 2.0
# While nobody knows whether a probe is out already: short, as Redis may answer the next time.
IN_DOUBT_S = 1.0

log = logger(__name__)


@lru_cache(maxsize=4_096)
def _host_of(url: str) -> str | None:
    try:
        return destination(parse_url(url))
    except InvalidUrl:
        return None  # the client says so itself, and sends nothing


class _Out:
    """One call under way."""

    __slots__ = ("_number", "_one", "_probe", "_teller", "_token")

    def __init__(
        self, teller: BreakerTeller, one: Destination, number: int, token: str, *, probe: bool
    ) -> None:
        self._teller, self._one = teller, one
        self._number, self._token, self._probe = number, token, probe

    def leave(self, how: End) -> None:
        """Free its place, count it, and tell of it where that is due."""
        now = time.monotonic()
        self._one.ended(self._number, now)
        self._teller.left(self._one, how, self._token, now, probe=self._probe)


class DestinationGuard:
    """The guard of one worker process."""

    def __init__(self, shared: SharedBreakers, announce: Callable[..., None], ring: Ring) -> None:
        """`announce(team_id, *topics)` and `ring(execution_ids)` neither block nor fail."""
        self._shared = shared
        self._teller = BreakerTeller(shared, announce, ring)
        self._known = KnownDestinations()
        self._standings: dict[UUID, Standing] = {}
        self._meeting: dict[tuple[UUID, str], asyncio.Future[Destination]] = {}
        self._numbers = itertools.count(1)
        self._loops: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Learn which breakers are open, if Redis is there, and keep up with them."""
        await self._hear()
        self._loops = [
            asyncio.create_task(_repeat(period_s, job))
            for period_s, job in (
                (HEAR_EVERY_S, self._hear),
                (TELL_EVERY_S, self._tell_all),
                (EDITED_EVERY_S, self._learn_settings),
            )
        ]

    async def close(self) -> None:
        """Tell what is left to tell, for a second at most, and end."""
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        await self._teller.close(within_s=1.0)
        await self._shared.close()

    async def enter(self, team_id: UUID, request: OutboundRequest) -> Passage | Waits:
        """The passage of a call, or how long it has to wait. Never raises."""
        host = _host_of(request.url)
        if host is None:
            return UNWATCHED
        try:
            one = self._known.get(team_id, host) or await self._meet(team_id, host)
        except (*Unavailable, LookupError) as failure:
            log.warning("destination_not_read", error=repr(failure))
            return UNWATCHED
        now = time.monotonic()
        if not self._has_a_place(one, now):
            return _turned_away(one, "places", now)
        if one.breaker.state == "closed" and one.settings.most_at_once is None:
            return self._out(one, now)
        if one.breaker.state != "closed" and now < one.breaker.probe_at:
            return _denied(one, now)
        return await self._ask(one, request.timeout_s + GRACE_S)

    def _has_a_place(self, one: Destination, now: float) -> bool:
        under_way = len(one.under_way)
        if under_way < QUARTER:
            return True
        others = self._known.others_called(one, now)
        return may_take_a_place(under_way, fast=one.is_fast(now), others=others)

    async def _ask(self, one: Destination, hold_s: float) -> Passage | Waits:
        """Ask the breaker that all share; or this process's own, while Redis is away."""
        token, most = uuid4().hex, one.settings.most_at_once
        try:
            seed = one.standing(time.monotonic())
            entry = await self._shared.enter(one.id, token, hold_s, most, seed)
        except BreakersAway:
            return self._ask_oneself(one, hold_s)
        now = time.monotonic()
        one.learn(entry.standing, now)
        if entry.answer == "probe":
            await pause_at("breaker.probe")
            self._teller.note_probe(one, entry.standing)
            return self._out(one, now, token, probe=True)
        if entry.answer == "pass":
            return self._out(one, now, token if most else "")
        return _denied(one, now) if entry.answer == "open" else _turned_away(one, "at_once", now)

    def _ask_oneself(self, one: Destination, hold_s: float) -> Passage | Waits:
        now, most = time.monotonic(), one.settings.most_at_once
        metrics.BREAKERS_AWAY.inc()
        if one.breaker.state == "closed":
            if most is not None and len(one.under_way) >= most:
                return _turned_away(one, "at_once", now)
            return self._out(one, now)
        if not self._shared.away:
            # Somebody else may have the probe by now, or this one: the answer was lost.
            metrics.CALLS_HELD.labels("breaker").inc()
            return Waits("breaker", one.id, IN_DOUBT_S * (1 + _luck()), recorded=False)
        one.breaker, admitted = asked(one.breaker, hold_s, now)
        if not admitted:
            return _denied(one, now)
        self._teller.note_own(one, "probe")
        return self._out(one, now, probe=True)

    def _out(
        self, one: Destination, now: float, token: str = "", *, probe: bool = False
    ) -> Passage:
        number = next(self._numbers)
        one.began(number, now)
        return _Out(self._teller, one, number, token, probe=probe)

    async def _meet(self, team_id: UUID, host: str) -> Destination:
        """Read what is on record of a destination, once for all who ask at the same time."""
        key = team_id, host
        if key not in self._meeting:
            self._meeting[key] = asyncio.ensure_future(self._read(team_id, host))
            self._meeting[key].add_done_callback(lambda _: self._meeting.pop(key, None))
        return await asyncio.shield(self._meeting[key])

    async def _read(self, team_id: UUID, host: str) -> Destination:
        row = await destinations.meet_destination(team_id, host)
        one, now = Destination(row.id, team_id, host, row.settings), time.monotonic()
        standing = self._standings.get(row.id)
        if standing is not None:
            _learn(one, standing, now)
        elif row.state != "closed":
            # Redis lost it, or it closed a moment ago: Redis is asked before the first call.
            cool_down_s = float(row.cool_down_s or 0)
            one.learn(Standing("open", row.stamp, row.wait_s, cool_down_s, row.trips), now)
        self._known.add(one)
        return one

    async def _hear(self) -> None:
        """Learn of breakers that opened or closed elsewhere; have those that Redis forgot be open
        for all."""
        asked_at = time.monotonic()
        try:
            news = await self._shared.news()
            if news is None:
                return
            self._standings, now = dict(news.standings), time.monotonic()
            for one in self._known.all():
                found = self._standings.get(one.id)
                if found is not None:
                    _learn(one, found, now)
                elif one.breaker.state == "closed" or one.breaker.since > asked_at:
                    continue  # or it opened since Redis was asked
                elif news.lost:
                    one.learn(await self._shared.restore(one.id, one.standing(now)), now)
                else:
                    one.closed_elsewhere(now)
        except BreakersAway:
            return

    async def _tell_all(self) -> None:
        for one in self._known.all():
            if one.has_news:
                await self._teller.tell(one)

    async def _learn_settings(self) -> None:
        for _, id_, settings in await destinations.edited_settings(3 * EDITED_EVERY_S):
            one = self._known.find(id_)
            if one is not None:
                one.settings = settings


def _denied(one: Destination, now: float) -> Waits:
    """Waits for the breaker. The first one whom this worker turns away comes back in time to be the
    probe; the others are woken when the breaker closes, and ask by themselves now and then."""
    metrics.CALLS_HELD.labels("breaker").inc()
    wait_s = max(0.0, one.breaker.probe_at - now)
    if one.designated == one.stamp:
        wait_s = spread_s(wait_s, one.breaker.cool_down_s, _luck())
    one.designated = one.stamp
    return Waits("breaker", one.id, wait_s, recorded=False)


def _turned_away(one: Destination, why: str, now: float) -> Waits:
    """Waits for a place at the destination, in turn."""
    metrics.CALLS_HELD.labels(why).inc()
    one.last_turn = next_turn(one.last_turn, now)
    return Waits("destination", one.id, one.last_turn - now, recorded=False)


def _learn(one: Destination, standing: Standing, now: float) -> None:
    # Closed ones are told of only while calls to them fail somewhere.
    one.watched |= standing.state == "closed"
    one.learn(standing, now)


def _luck() -> float:
    return random.random()  # noqa: S311 - spreads waiting, keeps no secret


async def _repeat(period_s: float, job: Callable[[], Awaitable[None]]) -> None:
    while True:
        await asyncio.sleep(period_s)
        await quietly(job())
