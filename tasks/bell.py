"""The bell: tells workers that there is something to do.

A ring is a Dramatiq message that carries row ids and nothing else. It may be lost, doubled or
late without harm, so ringing never blocks and never fails: what cannot be told to Redis is
dropped, and the clock process rings again for whatever stays unfinished.
"""

import asyncio
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from dramatiq.message import Message
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from domain import metrics
from domain.coordination.redis_trouble import REDIS_TROUBLE
from domain.coordination.redis_urls import queue_url
from domain.logs import logger
from domain.pause_points import pause_at
from tasks.broker import NAMESPACE

EVENTS = "events"
EXECUTIONS = "executions"
SHADOWS = "shadows"
BACKTESTS = "backtests"
ACTORS = {EVENTS: "decide", EXECUTIONS: "run", SHADOWS: "judge", BACKTESTS: "try_on_history"}
IDS_A_MESSAGE = 100
MOST_WAITING = 20_000
PATIENCE_S = 1.0
PROBE = "signalbox:bell:probe"
PROBE_KEPT_S = 10
GATHER_S = 0.008

log = logger(__name__)

# As redis-py spells what a hash may hold.
_Value: TypeAlias = bytes | bytearray | memoryview | str | int | float
_Field: TypeAlias = _Value
# A row, and its team where that is known.
_Rung: TypeAlias = tuple[uuid.UUID, uuid.UUID | None]


class Bell:
    """Gathers rings and sends them together, in one round trip."""

    def __init__(self, redis_url: str) -> None:
        self._redis = Redis.from_url(
            queue_url(redis_url),
            socket_timeout=PATIENCE_S,
            socket_connect_timeout=PATIENCE_S,
            retry=Retry(NoBackoff(), 0),
        )
        self._waiting: dict[str, list[_Rung]] = {queue: [] for queue in ACTORS}
        self._rung = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._answered = True

    def start(self) -> None:
        """Start sending, on the running event loop."""
        self._task = asyncio.create_task(self._send_rings())

    async def close(self) -> None:
        """Send what is waiting, if Redis lets us, and end."""
        if self._task is not None:
            # Waited for, not awaited: redis-py may swallow a cancellation while it connects.
            self._task.cancel()
            await asyncio.wait([self._task], timeout=PATIENCE_S)
            await self._send()
        await self._redis.aclose()

    def ring_events(self, ids: Iterable[uuid.UUID]) -> None:
        """These events wait for a decision. Given as a mapping, each with its team."""
        self._ring(EVENTS, ids)

    def ring_executions(self, ids: Iterable[uuid.UUID]) -> None:
        """These executions are due. Given as a mapping, each with its team."""
        self._ring(EXECUTIONS, ids)

    def ring_shadows(self, ids: Iterable[uuid.UUID]) -> None:
        """Events wait for these shadows."""
        self._ring(SHADOWS, ids)

    def ring_backtests(self, ids: Iterable[uuid.UUID]) -> None:
        """These backtests, or trials of limits, wait for a worker."""
        self._ring(BACKTESTS, ids)

    async def reachable(self) -> bool:
        """Whether Redis takes rings now: it may answer, and be full or unable to write."""
        try:
            await self._redis.set(PROBE, b"", ex=PROBE_KEPT_S)
        except REDIS_TROUBLE:
            return False
        return True

    def _ring(self, queue: str, ids: Iterable[uuid.UUID]) -> None:
        waiting = self._waiting[queue]
        teams = ids if isinstance(ids, Mapping) else {}
        waiting.extend((row_id, teams.get(row_id)) for row_id in ids)
        del waiting[MOST_WAITING:]
        self._rung.set()

    async def _send_rings(self) -> None:
        while True:
            await self._rung.wait()
            self._rung.clear()
            await pause_at("bell.before_ring")
            await self._send()
            # A first ring goes out at once; under load they gather into fewer messages.
            await asyncio.sleep(GATHER_S)

    async def _send(self) -> None:
        taken, self._waiting = self._waiting, {queue: [] for queue in ACTORS}
        async with self._redis.pipeline(transaction=True) as pipe:
            for queue, ids in taken.items():
                messages: dict[_Field, _Value] = dict(map(_message, _chunks(queue, ids)))
                if messages:
                    # The keys and their meaning are those of Dramatiq's own dispatch.lua.
                    pipe.hset(f"{NAMESPACE}:{queue}.msgs", mapping=messages)
                    pipe.rpush(f"{NAMESPACE}:{queue}", *messages)
            try:
                await pipe.execute()
            except REDIS_TROUBLE as failure:
                self._note_silence(failure)
            else:
                self._answered = True

    def _note_silence(self, failure: Exception) -> None:
        metrics.RINGS_FAILED.inc()
        if self._answered:  # once an outage, not once a ring
            log.warning("ring_lost", error=str(failure))
        self._answered = False


def _chunks(queue: str, rung: Sequence[_Rung]) -> Iterable[tuple[str, Sequence[_Rung]]]:
    for start in range(0, len(rung), IDS_A_MESSAGE):
        yield queue, rung[start : start + IDS_A_MESSAGE]


def _message(ring: tuple[str, Sequence[_Rung]]) -> tuple[str, bytes]:
    queue, rung = ring
    redis_id = str(uuid.uuid4())
    # The teams are left out where nobody knows them, and where the actor asks for none.
    told = [[str(row_id) for row_id, _ in rung]]
    if any(team_id for _, team_id in rung):
        told.append([str(team_id or "") for _, team_id in rung])
    message = Message[None](
        queue_name=queue,
        actor_name=ACTORS[queue],
        args=tuple(told),
        kwargs={},
        options={"redis_message_id": redis_id},
    )
    return redis_id, message.encode()


def rung_for(ids: Sequence[str], teams: Sequence[str]) -> Iterable[uuid.UUID]:
    """What a ring is about, as `ring_events` and `ring_executions` were told: a mapping where it
    says whose they are. A ring of an older version does not."""
    rows = [uuid.UUID(row_id) for row_id in ids]
    if not all(teams) or len(teams) != len(rows):
        return rows
    return dict(zip(rows, map(uuid.UUID, teams), strict=True))
