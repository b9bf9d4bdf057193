"""Nobody can tell open, closed and silent ports, or names that exist, from the failure (A82)."""

import asyncio
import socket
import threading

import pytest

from domain import egress
from domain.egress import ThreadResolver
from domain.outbound import Outbound, OutboundFailed, OutboundRequest
from tests.outbound.conftest import MakeOutbound, Names, failure
from tests.support.target import RecordingTarget


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def told(fault: OutboundFailed) -> tuple[str, str, bool]:
    return fault.reason, fault.message, fault.maybe_received


async def test_every_way_of_not_connecting_is_told_in_the_same_words(
    make_outbound: MakeOutbound,
    target: RecordingTarget,
    names: Names,
    closed_port: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A82."""
    monkeypatch.setattr(egress, "LOOKUP_S", 0.05)
    names.say("nobody.test", [])
    names.hang("slow.test")
    outbound = await make_outbound(resolver=names)
    faults = [
        await failure(outbound, f"http://127.0.0.1:{closed_port}/"),
        await failure(outbound, f"https://127.0.0.1:{closed_port}/"),
        await failure(outbound, "http://nobody.test/"),
        await failure(outbound, "http://slow.test/"),
        await failure(outbound, "http://slow.test/", timeout_s=0.01),
        await failure(outbound, f"https://127.0.0.1:{target.port}/", timeout_s=0.05),
    ]
    assert {told(fault) for fault in faults} == {("could_not_connect", "Could not connect.", False)}


async def test_a_name_that_the_system_does_not_know_is_told_in_the_same_words(
    make_outbound: MakeOutbound,
) -> None:
    """A82: by the resolver that is used in earnest."""
    fault = await failure(await make_outbound(), "http://nobody.invalid/")
    assert told(fault) == ("could_not_connect", "Could not connect.", False)


async def test_a_hanging_name_server_holds_no_more_threads_than_there_are_places(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answered = threading.Event()
    monkeypatch.setattr(egress, "MAX_LOOKUPS", 1)
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *_, **__: [] if answered.wait(60) else ["never"]
    )
    resolver = ThreadResolver()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(resolver.resolve("slow.test", 80), 0.05)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(resolver.resolve("other.test", 80), 0.05)
    assert [thread.name for thread in threading.enumerate()].count("name lookup") == 1
    answered.set()
    assert await asyncio.wait_for(resolver.resolve("other.test", 80), 5) == []


async def test_a_body_is_read_from_destinations_that_passed_the_rules_only(
    make_outbound: MakeOutbound, outbound: Outbound, target: RecordingTarget
) -> None:
    """A82: full-read."""
    strict = await make_outbound(allow=())
    assert (await failure(strict, target.url())).reason == "blocked_address"
    assert (await outbound.request(OutboundRequest("GET", target.url()))).body
    assert target.connections == 1
