"""A recording target, names that resolve as a test says, and clients that are closed again."""

import asyncio
import socket
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Sequence
from typing import Any, Protocol

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from domain.outbound import Outbound, OutboundFailed, OutboundRequest
from domain.rules.addresses import parse_networks
from tests.support.target import RecordingTarget

LOOPBACK = parse_networks("127.0.0.1/32")
EVERYWHERE = parse_networks("0.0.0.0/0 ::/0")


class Names(AbstractResolver):
    """The answers of a name server: each name's come one after the other, and the last one stays.

    An answer is the list of addresses; an empty one is "no such name". `hang` never answers.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._answers: dict[str, deque[Sequence[str]]] = {}

    def say(self, host: str, *answers: Sequence[str]) -> None:
        self._answers[host] = deque(answers)

    def hang(self, host: str) -> None:
        self._answers[host] = deque()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        self.asked.append(host)
        answers = self._answers[host]
        if not answers:
            await asyncio.Event().wait()
        answer = answers.popleft() if len(answers) > 1 else answers[0]
        return [record(host, address, port) for address in answer]

    async def close(self) -> None:
        """Nothing is open."""


def record(host: str, address: str, port: int) -> ResolveResult:
    """One address as a resolver gives it."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)


class MakeOutbound(Protocol):
    def __call__(self, allow: Sequence[Any] = ..., **options: Any) -> Awaitable[Outbound]: ...


@pytest.fixture
async def make_outbound() -> AsyncIterator[MakeOutbound]:
    made: list[Outbound] = []

    async def make(allow: Sequence[Any] = LOOPBACK, **options: Any) -> Outbound:
        outbound = Outbound(allow, **options)
        await outbound.start()
        made.append(outbound)
        return outbound

    yield make
    for each in made:
        await each.close()
    await asyncio.sleep(0)  # Sockets that a call gave up are closed in the loop's next pass.


@pytest.fixture
async def outbound(make_outbound: MakeOutbound) -> Outbound:
    """A client that may reach 127.0.0.1."""
    return await make_outbound()


@pytest.fixture
def names() -> Names:
    return Names()


@pytest.fixture
async def target() -> AsyncIterator[RecordingTarget]:
    async with RecordingTarget() as server:
        yield server


async def failure(outbound: Outbound, url: str, method: str = "GET", **rest: Any) -> OutboundFailed:
    """The refusal that a call meets; the test fails if it meets none."""
    with pytest.raises(OutboundFailed) as raised:
        await outbound.request(OutboundRequest(method, url, **rest))
    return raised.value
