"""No call reaches an inner address, however it is spelled, named or switched (A69 to A75)."""

import asyncio
import socket
from typing import Any

import psutil
import pytest
from aiohttp.abc import ResolveResult

from domain import outbound as outbound_module
from domain.egress import MAX_ADDRESSES, PROGRESS, CheckedResolver, Guard, Progress, Refused
from domain.outbound import Outbound, OutboundRequest
from domain.rules.addresses import parse_networks
from tests.outbound.conftest import EVERYWHERE, LOOPBACK, MakeOutbound, Names, failure, record
from tests.support.target import RecordingTarget
from tests.support.target_behaviours import raw

A69 = {
    "127.0.0.1": "blocked_address",
    "localhost": "blocked_address",
    "LOCALHOST.": "blocked_address",
    "[::1]": "blocked_address",
    "0.0.0.0": "blocked_address",
    "①②⑦.⓪.⓪.①": "blocked_address",
    "[::ffff:127.0.0.1]": "blocked_address",
    "[::127.0.0.1]": "blocked_address",
    "0": "invalid_url",
    "127.1": "invalid_url",
    "2130706433": "invalid_url",
    "0x7f.1": "invalid_url",
    "017700000001": "invalid_url",
}

A70_AND_A71 = [
    "169.254.169.254",
    "[fd00:ec2::254]",
    "100.100.100.200",
    "metadata.google.internal",
    "[::ffff:169.254.169.254]",
    "[64:ff9b::a9fe:a9fe]",
    "[2002:a9fe:a9fe::1]",
    "[2001:0:a9fe:a9fe::1]",
    "[fe80::1]",
]


@pytest.mark.parametrize(("host", "reason"), A69.items(), ids=[f"A69 {host}" for host in A69])
async def test_no_spelling_of_loopback_is_reached(
    make_outbound: MakeOutbound, target: RecordingTarget, host: str, reason: str
) -> None:
    outbound = await make_outbound(allow=())
    assert (await failure(outbound, target.url(host=host))).reason == reason
    assert target.connections == 0


@pytest.mark.parametrize("host", A70_AND_A71, ids=[f"A70/A71 {host}" for host in A70_AND_A71])
async def test_metadata_is_not_reached_even_with_everything_allowed(
    make_outbound: MakeOutbound, names: Names, host: str
) -> None:
    names.say("metadata.google.internal", ["169.254.169.254"])
    outbound = await make_outbound(EVERYWHERE, resolver=names)
    assert (await failure(outbound, f"http://{host}/latest/")).reason == "blocked_address"


async def test_a_refusal_says_what_the_destination_is(make_outbound: MakeOutbound) -> None:
    refused = await failure(await make_outbound(allow=()), "http://10.1.2.3/")
    assert refused.message == "This destination is not allowed: it is a private address."
    assert not refused.maybe_received


@pytest.mark.parametrize("host", ["10.0.0.1", "100.64.0.1", "198.18.0.1", "240.0.0.1", "224.0.0.1"])
async def test_private_ranges_are_not_reached(make_outbound: MakeOutbound, host: str) -> None:
    """A72."""
    refused = await failure(await make_outbound(allow=()), f"http://{host}/")
    assert refused.reason == "blocked_address"


async def test_the_allow_list_opens_what_it_names(
    outbound: Outbound, target: RecordingTarget
) -> None:
    """A72."""
    assert (await outbound.request(OutboundRequest("GET", target.url()))).status == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "[::ffff:127.0.0.1]", "localhost"])
async def test_own_ports_are_not_reached_even_with_everything_allowed(
    make_outbound: MakeOutbound, target: RecordingTarget, host: str
) -> None:
    """A72: self-connection."""
    outbound = await make_outbound(EVERYWHERE, own_ports={target.port})
    refused = await failure(outbound, target.url(host=host))
    assert refused.reason == "blocked_address"
    assert refused.message == "This destination is not allowed: it is Signalbox itself."
    assert target.connections == 0


def test_own_ports_are_refused_on_every_address_of_this_machine() -> None:
    """A72: own public address + own port."""
    guard = Guard(EVERYWHERE, frozenset({8000}))
    addresses = [
        each.address
        for interface in psutil.net_if_addrs().values()
        for each in interface
        if each.family in (socket.AF_INET, socket.AF_INET6) and "%" not in each.address
    ]
    assert addresses
    for address in addresses:
        with pytest.raises(Refused, match="Signalbox itself"):
            guard.check(address, 8000)


def test_an_own_port_number_of_another_machine_is_not_an_own_port() -> None:
    """A72."""
    Guard((), frozenset({443})).check("1.1.1.1", 443)


async def test_the_own_public_name_is_not_reached(
    make_outbound: MakeOutbound, target: RecordingTarget, names: Names
) -> None:
    """A72: own public address behind a router is known by its name only."""
    own = f"signalbox.test:{target.port}"
    outbound = await make_outbound(own_destinations={own}, resolver=names)
    refused = await failure(outbound, target.url(host="SignalBox.test"))
    assert refused.reason == "blocked_address"
    assert names.asked == []


@pytest.mark.parametrize(
    "answer",
    [["127.0.0.1"], ["::1"], ["93.184.216.34", "127.0.0.1"], [*["93.184.216.34"] * 49, "10.0.0.1"]],
    ids=["A73 loopback", "A73 IPv6 loopback", "A73 public and private", "A73 the last of 50"],
)
async def test_one_bad_record_refuses_the_name(
    make_outbound: MakeOutbound, target: RecordingTarget, names: Names, answer: list[str]
) -> None:
    names.say("evil.test", answer)
    outbound = await make_outbound(allow=(), resolver=names)
    refused = await failure(outbound, target.url(host="evil.test"))
    assert refused.reason == "blocked_address"
    assert target.connections == 0


async def test_only_a_few_of_fifty_records_are_tried(names: Names) -> None:
    """A73."""
    names.say("many.test", [f"93.184.216.{number}" for number in range(50)])
    resolver = CheckedResolver(names, Guard((), frozenset()))
    assert len(await resolver.resolve("many.test", 80)) == MAX_ADDRESSES


def test_the_socket_is_refused_for_the_very_address_that_it_would_connect_to() -> None:
    """A74."""
    PROGRESS.set(Progress())
    info = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", 80))
    with pytest.raises(Refused):
        Guard((), frozenset()).open_socket(info)


async def test_a_name_that_is_public_at_the_check_and_private_at_connect_is_refused(
    make_outbound: MakeOutbound, target: RecordingTarget
) -> None:
    """A74."""

    class Rebound(dict[str, Any]):
        """A record that gives another address when it is read again."""

        reads = 0

        def __getitem__(self, key: str) -> Any:
            if key != "host":
                return super().__getitem__(key)
            self.reads += 1
            return "93.184.216.34" if self.reads == 1 else "127.0.0.1"

    class Rebinding(Names):
        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
        ) -> list[ResolveResult]:
            return [Rebound(record(host, "93.184.216.34", port))]  # type: ignore[list-item]

    outbound = await make_outbound(allow=(), resolver=Rebinding())
    refused = await failure(outbound, target.url(host="evil.test"))
    assert refused.reason == "blocked_address"
    assert target.connections == 0


async def test_a_name_is_looked_up_once_a_call_and_the_checked_address_is_called(
    make_outbound: MakeOutbound, target: RecordingTarget, names: Names
) -> None:
    """A74: Host keeps the name."""
    names.say("shop.test", ["127.0.0.1"], ["127.0.0.2"])
    outbound = await make_outbound(resolver=names)
    await outbound.request(OutboundRequest("GET", target.url(host="Shop.test")))
    assert names.asked == ["shop.test"]
    assert dict(target.received[0].headers)["host"] == f"shop.test:{target.port}"


async def test_a_name_rebound_between_two_calls_is_refused_at_the_next_connection(
    make_outbound: MakeOutbound,
    target: RecordingTarget,
    names: Names,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A75: between save and run, between retries."""
    monkeypatch.setattr(outbound_module, "NAMES_KEPT_S", 0)
    names.say("shop.test", ["127.0.0.1"], ["127.0.0.2"])
    target.behave("/", "raw/" + raw(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"))
    outbound = await make_outbound(LOOPBACK, resolver=names)
    await outbound.request(OutboundRequest("GET", target.url(host="shop.test")))
    refused = await failure(outbound, target.url(host="shop.test"))
    assert refused.reason == "blocked_address"
    assert len(target.received) == 1


async def test_a_pooled_connection_stays_with_the_address_that_was_checked(
    make_outbound: MakeOutbound,
    target: RecordingTarget,
    names: Names,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A75: on a pooled connection."""
    monkeypatch.setattr(outbound_module, "NAMES_KEPT_S", 0)
    names.say("shop.test", ["127.0.0.1"], ["127.0.0.2"])
    outbound = await make_outbound(LOOPBACK, resolver=names)
    for _ in range(2):
        await outbound.request(OutboundRequest("GET", target.url(host="shop.test")))
    assert (target.connections, names.asked) == (1, ["shop.test"])


async def test_addresses_that_do_not_answer_are_passed_over_for_one_that_does(
    make_outbound: MakeOutbound, target: RecordingTarget, names: Names
) -> None:
    names.say("shop.test", ["127.0.0.3", "127.0.0.1"])
    outbound = await make_outbound(parse_networks("127.0.0.0/8"), resolver=names)
    async with asyncio.timeout(10):
        answer = await outbound.request(OutboundRequest("GET", target.url(host="shop.test")))
    assert answer.status == 200
