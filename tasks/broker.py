"""The Dramatiq broker: Redis, with consumers that wait in Redis instead of sleeping.

The stock consumer sleeps up to a second when idle. Ours blocks in Redis until a message is there
(`BLMOVE` of a list onto itself waits for an item and moves nothing), which brings the idle
latency to a few milliseconds without burning a core.

A message is only a hint, and the sweep rings again for whatever is unfinished. So what is no ring
of ours (what cannot be decoded, an actor or a field that only a newer version knows) is dropped and
counted, and so is a ring whose actor failed: none of it comes back to strand its neighbours, and
there are no dead letters among messages.
"""

import threading
from typing import Any

import redis
from dramatiq import Middleware
from dramatiq.broker import MessageProxy
from dramatiq.brokers.redis import RedisBroker, _RedisConsumer
from dramatiq.errors import ConnectionClosed, DecodeError
from dramatiq.message import Message

from domain import metrics
from domain.logs import logger

NAMESPACE = "dramatiq"
# A killed worker's messages come back within seconds instead of Dramatiq's minutes.
HEARTBEAT_MS = 15_000
MAINTENANCE_PER_MILLION = 100_000

log = logger(__name__)


class BlockingConsumer(_RedisConsumer):
    """Takes messages as soon as they are there."""

    def __init__(self, broker: "Broker", queue_name: str, prefetch: int, timeout: int) -> None:
        super().__init__(broker, queue_name, prefetch, timeout)
        self.key = f"{broker.namespace}:{queue_name}"
        self.room = threading.Event()

    def ack(self, message: Any) -> None:
        """Forget the message, and say that there is room for another."""
        try:
            super().ack(message)
        finally:
            self.room.set()

    def nack(self, message: Any) -> None:
        """Forget a message whose actor failed, too: what it was for stays in the database."""
        log.warning("ring_not_understood", queue=self.queue_name, actor=message.actor_name)
        metrics.BELL_UNREADABLE.inc()
        self.ack(message)

    def __next__(self) -> MessageProxy | None:
        try:
            if not self.message_cache:
                self._fetch()
            return self._decode(self.message_cache.pop(0)) if self.message_cache else None
        except redis.ConnectionError as lost:
            raise ConnectionClosed(lost) from None

    def _fetch(self) -> None:
        free = self.prefetch - self.outstanding_message_count
        if free <= 0:
            self.room.clear()
            if self.outstanding_message_count >= self.prefetch:
                self.room.wait(self.timeout / 1000)
            return
        self.message_cache = self.broker.do_fetch(self.queue_name, free)
        if not self.message_cache:
            self.broker.client.blmove(self.key, self.key, self.timeout / 1000, "LEFT", "LEFT")

    def _decode(self, data: bytes | None) -> MessageProxy | None:
        message = None if data is None else _ring(data)
        if message is None or message.actor_name not in self.broker.actors:
            metrics.BELL_UNREADABLE.inc()
            log.warning("unreadable_message_dropped", queue=self.queue_name)
            self._forget(data)
            return None
        self.queued_message_ids.add(message.message_id)
        return MessageProxy(message)

    def _forget(self, data: bytes | None) -> None:
        """Take what was fetched and is no ring out of Redis. What it holds cannot say under which
        id it lies there (None: under none any more), so it is looked for among what we took."""
        taken = f"{self.broker.namespace}:__acks__.{self.broker.broker_id}.{self.queue_name}"
        texts = f"{self.key}.msgs"
        ids = list(self.broker.client.smembers(taken))
        found = self.broker.client.hmget(texts, ids) if ids else []
        for redis_id in [one for one, text in zip(ids, found, strict=True) if text == data]:
            self.broker.client.srem(taken, redis_id)
            self.broker.client.hdel(texts, redis_id)


def _ring(data: bytes) -> "Message[None] | None":
    """The ring that a message is, or None."""
    try:
        message: Message[None] = Message.decode(data)
    except DecodeError:
        return None
    names = (message.actor_name, message.message_id)
    if not all(isinstance(name, str) for name in names) or not isinstance(message.options, dict):
        return None
    # Nothing of ours is delayed: Dramatiq would hold it in this process's memory.
    told = message.options.get("redis_message_id")
    return message if isinstance(told, str) and "eta" not in message.options else None


class Broker(RedisBroker):
    """Redis, without delay queues: what must happen later is a due time in PostgreSQL."""

    @property
    def consumer_class(self) -> type[BlockingConsumer]:
        """Our consumer."""
        return BlockingConsumer

    def declare_queue(self, queue_name: str) -> None:
        """Declare a queue, without the delay queue that would poll beside it."""
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues.add(queue_name)
            self.emit_after("declare_queue", queue_name)


def make_broker(url: str, middleware: list[Middleware]) -> Broker:
    """The broker on the Redis database at `url`, with nothing but `middleware`: no retries, no
    results, no time limits. The database knows what must be tried again, and when."""
    return Broker(
        client=redis.Redis.from_url(url, socket_timeout=10, socket_connect_timeout=2),
        middleware=middleware,
        namespace=NAMESPACE,
        heartbeat_timeout=HEARTBEAT_MS,
        maintenance_chance=MAINTENANCE_PER_MILLION,
    )
