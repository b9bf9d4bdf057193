"""After a call: what a worker tells the breaker that all share of it, and what it puts on record.

Nothing here holds up a call. What Redis does not take is told again as it was; after three seconds
without it this process's own breaker hears of it instead.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any
from uuid import UUID

from domain.coordination.breakers import BreakersAway, SharedBreakers, Standing, Told
from domain.engines.guard import End
from domain.logs import logger
from domain.operations.known_destinations import Destination, report_of
from domain.operations.note_breaker_change import note_breaker_change
from domain.rules.breakers import Reason, counted, probed
from domain.rules.destination_shares import QUARTER
from domain.store import destinations
from domain.store.database import Unavailable
from domain.store.destinations import Change

LET_IN_EVERY_S = 0.05
_TELL_AGAIN_S = (0.2, 0.5, 1.0, 2.0)

log = logger(__name__)

Ring = Callable[[Sequence[UUID]], None]


class BreakerTeller:
    """What one worker process tells."""

    def __init__(self, shared: SharedBreakers, announce: Callable[..., None], ring: Ring) -> None:
        """`announce(team_id, *topics)` and `ring(execution_ids)` neither block nor fail."""
        self._shared = shared
        self._announce = announce
        self._ring = ring
        self._tasks: set[asyncio.Task[None]] = set()

    async def close(self, within_s: float) -> None:
        """Tell what is left to tell, for so long at most."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=within_s)
            for task in late:
                task.cancel()

    def left(self, one: Destination, how: End, token: str, now: float, *, probe: bool) -> None:
        """A call ended. Neither blocks nor fails."""
        if probe or token:
            self._do(self._tell_end(one, how, token, probe=probe))
        if not probe and how != "unknown":
            one.count(now, failed=how == "failed")
            if how == "failed":
                one.watched = True
                self._do(self.tell(one))
        if one.last_turn > now and len(one.under_way) < QUARTER and not one.letting_in:
            one.letting_in = True
            self._do(self._let_in(one))

    async def tell(self, one: Destination) -> None:
        """Tell what was counted, until there is nothing more to tell."""
        if one.reporting:
            return
        one.reporting = True
        try:
            while (told := one.report(time.monotonic())) is not None:
                standing = await self._shared.leave(one.id, one.settings, told)
                one.unsent = None
                await self._take_over(one, standing)
        except BreakersAway:
            if self._shared.away:
                self._count_oneself(one)
        finally:
            one.reporting = False

    async def _tell_end(self, one: Destination, how: End, token: str, *, probe: bool) -> None:
        """Tell how a probe went, or that one of a bounded number of calls has ended."""
        if token:
            for pause_s in (*_TELL_AGAIN_S, 0.0):
                try:
                    told = Told(token=token, how=how)
                    await self._take_over(one, await self._shared.leave(one.id, one.settings, told))
                except BreakersAway:
                    if self._shared.away or not probe:
                        break  # where calls are bounded, its place comes free by itself
                    await asyncio.sleep(pause_s)
                else:
                    return
        if probe and (not token or self._shared.away):
            answered = how == "answered"
            one.breaker = probed(one.breaker, one.settings, time.monotonic(), answered=answered)
            self.note_own(one, "probe_answered" if answered else "probe_failed")

    def _count_oneself(self, one: Destination) -> None:
        """By the rules of the shared breaker, but only what this process has seen."""
        if one.unsent is None:
            return
        told, one.unsent = report_of(one.unsent), None
        one.breaker, reason = counted(one.breaker, one.settings, told, time.monotonic())
        if reason is not None:
            self.note_own(one, reason)

    async def _let_in(self, one: Destination) -> None:
        """Those who were turned away from a full destination, as far as there is room again."""
        try:
            await asyncio.sleep(LET_IN_EVERY_S)
            room = min(QUARTER, one.settings.most_at_once or QUARTER) - len(one.under_way)
            if room > 0:
                ids = await destinations.let_in(one.team_id, one.id, ["destination"], room)
                self._ring(ids)
                one.last_turn = one.last_turn if ids else 0.0
        finally:
            one.letting_in = False

    async def _take_over(self, one: Destination, standing: Standing) -> None:
        one.learn(standing, time.monotonic())
        if standing.changed and standing.reason is not None:
            await self._put_on_record(one, standing, standing.reason)
        elif standing.state == "closed":
            one.watched = bool(standing.failures)

    def note_probe(self, one: Destination, standing: Standing) -> None:
        """Put on record that a probe is out."""
        self._do(self._put_on_record(one, standing, "probe"))

    def note_own(self, one: Destination, reason: Reason) -> None:
        """Put on record what this process's own breaker did."""
        own, now = one.breaker, time.monotonic()
        wait_s = max(0.0, own.probe_at - now)
        standing = Standing(own.state, 0, wait_s, own.cool_down_s, own.trips)
        self._do(self._put_on_record(one, standing, reason))

    async def _put_on_record(self, one: Destination, standing: Standing, reason: Reason) -> None:
        change = Change(
            one.team_id, one.id, standing.state, reason, standing.stamp or None, standing.wait_s,
            standing.cool_down_s, standing.trips, standing.calls, standing.failures,
        )  # fmt: skip
        await note_breaker_change(change, self._announce, self._ring)

    def _do(self, job: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(quietly(job))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def quietly(job: Awaitable[None]) -> None:
    """Do it; whatever goes wrong is logged. What is not on record the clock process finds out, and
    lets in who still waits."""
    try:
        await job
    except Unavailable as failure:
        log.warning("breaker_not_noted", error=repr(failure))
    except Exception:
        log.exception("guard_failed")
