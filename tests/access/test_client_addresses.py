"""Which address counts as the client's: only what trusted proxies say is believed."""

from typing import Any

import pytest
from litestar.connection import ASGIConnection

from domain.rules.addresses import parse_networks
from web.client_address import client_address, comes_directly_from_this_machine

TRUSTED = parse_networks("10.0.0.0/8, 127.0.0.1/32")


def connection(peer: str | None, **headers: str) -> ASGIConnection[Any, Any, Any, Any]:
    named = [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()]
    client = None if peer is None else (peer, 1)
    scope: Any = {"type": "http", "client": client, "headers": named, "path": "/", "state": {}}
    return ASGIConnection(scope)


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.7", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "127.0.0.1, 198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "198.51.100.7, 10.2.3.4", "198.51.100.7"),
        ("10.0.0.1", "10.2.3.4", "10.2.3.4"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.7, nonsense", "10.0.0.1"),
        (None, "198.51.100.7", "unknown"),
    ],
)
def test_the_nearest_untrusted_address_is_the_clients(
    peer: str | None, forwarded: str, expected: str
) -> None:
    assert client_address(connection(peer, x_forwarded_for=forwarded), TRUSTED) == expected


def test_without_trusted_proxies_nothing_forwarded_is_believed() -> None:
    assert client_address(connection("127.0.0.1", x_forwarded_for="1.2.3.4"), ()) == "127.0.0.1"


def test_only_a_direct_peer_on_this_machine_is_this_machine() -> None:
    assert comes_directly_from_this_machine(connection("127.0.0.1"))
    assert comes_directly_from_this_machine(connection("::1"))
    assert not comes_directly_from_this_machine(connection("10.0.0.1"))
    assert not comes_directly_from_this_machine(connection(None))
    for header in ("x_forwarded_for", "forwarded", "x_real_ip", "via"):
        assert not comes_directly_from_this_machine(connection("127.0.0.1", **{header: "x"}))
