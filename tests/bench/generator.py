"""The load generator, a process of its own: `python -m tests.bench.generator`.

Reads a `Plan` as one line of JSON, makes and signs all its deliveries, prints `ready`, waits for
the line `go`, sends, and prints a `Sent` as one line of JSON.

With a rate it is an open model: delivery n is due at start + n / rate whether or not earlier ones
have been answered, and times count from when it was due, so that a server that stalls cannot hide
it. Without a rate each connection sends its next delivery when the last one is answered.
"""

import asyncio
import resource
import sys
import time
from array import array
from collections import deque

import msgspec
import uvloop

from tests.bench.connection import REFUSED, Connection
from tests.bench.deliveries import Door, delivery_id, make_request

ACCEPTED = 202
_FINEST_S = 0.001  # libuv's timers count milliseconds
_PATIENCE_S = 30.0
_CONNECTED_AT_ONCE, _TAKEN_WITHIN_S = 500, 0.05  # a server's backlog holds some thousands
_RESEND_AFTER_S = 0.3


class Plan(msgspec.Struct, frozen=True):
    """What to send. Times in seconds, `rate` in deliveries a second.

    `resends`: how often what was not accepted is sent again, as real senders do.
    """

    door: Door
    label: str
    count: int
    seconds: float
    rate: float | None = None
    connections: int = 64
    size: int = 1024
    resends: int = 0


class Sent(msgspec.Struct):
    """What became of it, by the index of the delivery: when it was due (without a rate: sent), when
    it was answered, and with what status; 0 is no answer. Times are of CLOCK_MONOTONIC, in ns.
    `left_open`: refusals that did not tell when to come again."""

    label: str
    due_ns: list[int]
    answered_ns: list[int]
    statuses: list[int]
    started_wall_ns: int
    elapsed_s: float
    cpu_s: float
    left_open: int


class Sending:
    """One plan under way; owns the connections."""

    def __init__(self, plan: Plan, requests: list[bytes]) -> None:
        self._plan = plan
        self._requests = requests
        self._waiting: deque[int] = deque(range(len(requests)))
        self._due = array("q", bytes(8 * len(requests)))
        self._answered = array("q", bytes(8 * len(requests)))
        self._statuses = array("h", bytes(2 * len(requests)))
        self._idle: deque[Connection] = deque()
        self._open: set[Connection] = set()
        self._under_way = 0
        self._left_open = 0
        self._done = asyncio.Event()
        self._begun = False
        self._ending = False
        self._next_pump: asyncio.TimerHandle | None = None
        self._reconnecting: set[asyncio.Task[None]] = set()

    async def run(self) -> Sent:
        """Send everything, or as much as the time allows."""
        async with asyncio.timeout(_PATIENCE_S):
            for first in range(0, self._plan.connections, _CONNECTED_AT_ONCE):
                some = range(first, min(first + _CONNECTED_AT_ONCE, self._plan.connections))
                await asyncio.gather(*(self._connect() for _ in some))
                await asyncio.sleep(_TAKEN_WITHIN_S)
        wall, cpu = time.time_ns(), _cpu_seconds()
        start = self._begin(time.monotonic_ns())
        await self._finished(self._plan.seconds + _PATIENCE_S)
        elapsed, cpu = (time.monotonic_ns() - start) / 1e9, _cpu_seconds() - cpu
        sent = len(self._requests) - len(self._waiting)
        for _ in range(self._plan.resends):
            await self._send_again(sent)
        self._close()
        return Sent(
            self._plan.label, list(self._due[:sent]), list(self._answered[:sent]),
            list(self._statuses[:sent]), wall, elapsed, cpu, self._left_open,
        )  # fmt: skip

    def _begin(self, now_ns: int) -> int:
        self._rate = self._plan.rate
        self._end_ns = now_ns + int(self._plan.seconds * 1e9)
        if self._rate is not None:
            for index in range(len(self._requests)):
                self._due[index] = now_ns + int(index * 1e9 / self._rate)
        self._begun = True
        self._pump()
        return now_ns

    def _pump(self) -> None:
        """Send all that is due and finds a connection; come back when the next one is due."""
        now = time.monotonic_ns()
        while self._idle and self._waiting and self._is_due(self._waiting[0], now):
            self._send(self._waiting.popleft(), now)
        if not self._under_way and (not self._waiting or self._is_over(now)):
            self._done.set()
        elif self._rate is not None and self._waiting and self._idle:
            self._pump_later((self._due[self._waiting[0]] - now) / 1e9)

    def _is_due(self, index: int, now_ns: int) -> bool:
        return not self._is_over(now_ns) if self._rate is None else self._due[index] <= now_ns

    def _is_over(self, now_ns: int) -> bool:
        return self._rate is None and now_ns >= self._end_ns

    def _pump_later(self, delay_s: float) -> None:
        if self._next_pump is not None:
            self._next_pump.cancel()
        loop = asyncio.get_running_loop()
        self._next_pump = loop.call_later(max(delay_s, _FINEST_S), self._pump)

    def _send(self, index: int, now_ns: int) -> None:
        if not self._due[index]:
            self._due[index] = now_ns
        self._under_way += 1
        self._idle.popleft().send(index, self._requests[index])

    async def _finished(self, within_s: float) -> None:
        try:
            async with asyncio.timeout(within_s):
                await self._done.wait()
        except TimeoutError:
            print(f"{self._under_way} deliveries got no answer in time", file=sys.stderr)

    async def _send_again(self, sent: int) -> None:
        refused = [i for i in range(sent) if self._statuses[i] != ACCEPTED]
        if not refused:
            return
        await asyncio.sleep(_RESEND_AFTER_S)
        self._waiting = deque(refused)
        self._rate, self._end_ns = None, time.monotonic_ns() + int(_PATIENCE_S * 1e9)
        self._done.clear()
        self._pump()
        await self._finished(2 * _PATIENCE_S)

    async def _connect(self) -> None:
        door = self._plan.door
        while not self._ending:
            try:
                loop = asyncio.get_running_loop()
                await loop.create_connection(lambda: Connection(self), door.host, door.port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                return

    def _close(self) -> None:
        self._ending = True
        for connection in tuple(self._open):
            connection.close()

    def connected(self, connection: Connection) -> None:
        self._open.add(connection)
        self._idle.append(connection)
        if self._begun:
            self._pump()

    def answered(self, index: int, status: int, *, says_when: bool) -> None:
        self._under_way -= 1
        self._left_open += status in REFUSED and not says_when
        self._answered[index] = time.monotonic_ns()
        self._statuses[index] = status

    def free(self, connection: Connection) -> None:
        self._idle.append(connection)
        self._pump()

    def lost(self, connection: Connection) -> None:
        self._open.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        if not self._ending:
            self._pump()
            task = asyncio.get_running_loop().create_task(self._connect())
            self._reconnecting.add(task)
            task.add_done_callback(self._reconnecting.discard)


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Do what one plan says."""
    plan = msgspec.json.decode(sys.stdin.buffer.readline(), type=Plan)
    ids = (delivery_id(plan.label, index) for index in range(plan.count))
    requests = [make_request(plan.door, each, plan.size) for each in ids]
    print("ready", flush=True)
    if sys.stdin.buffer.readline().strip() != b"go":
        return
    sent = uvloop.run(Sending(plan, requests).run())
    # Buffered whatever PYTHONUNBUFFERED says: an unbuffered write may stop half-way.
    with open(sys.stdout.fileno(), "wb", closefd=False) as out:
        out.write(msgspec.json.encode(sent) + b"\n")


if __name__ == "__main__":
    main()
