"""Which address a request came from, and whether it came over TLS.

What trusted proxies say of it is believed, and nothing else (rows A21 and A22 of the attack
catalogue).
"""

from collections.abc import Sequence

from litestar.connection import ASGIConnection
from litestar.types import HTTPScope, Scope

from domain.rules.addresses import IPNetwork
from domain.rules.door_settings import canonical_address

NOBODY = "unknown"


def client_address(
    connection: ASGIConnection,  # type: ignore[type-arg]
    trusted: Sequence[IPNetwork],
) -> str:
    """The sender's address: the peer's, or what trusted proxies say of it."""
    return address_of(connection.scope, trusted)


def address_of(scope: Scope, trusted: Sequence[IPNetwork]) -> str:
    """The sender's address, an IPv4 one never in an IPv6 spelling.

    `X-Forwarded-For` is read from its end, where the nearest proxy wrote; the first address that
    is not a trusted proxy is the client. What stands before it, the client may have made up.
    """
    address = _peer(scope)
    if not _is_in(address, trusted):
        return address
    for hop in reversed(_joined(scope, b"x-forwarded-for").split(",")):
        found = canonical_address(hop.strip())
        if found is None:
            break
        address = str(found)
        if not _is_in(address, trusted):
            break
    return address


def came_over_tls(scope: HTTPScope, trusted: Sequence[IPNetwork]) -> bool:
    """Whether the request was encrypted on its way here, or to a trusted proxy."""
    if scope["scheme"] == "https":
        return True
    said = _joined(scope, b"x-forwarded-proto").rpartition(",")[2].strip().lower()
    return said == "https" and _is_in(_peer(scope), trusted)


def comes_directly_from_this_machine(connection: ASGIConnection) -> bool:  # type: ignore[type-arg]
    """Whether the peer is this machine itself, and not a proxy on it."""
    forwarded = {"x-forwarded-for", "forwarded", "x-real-ip", "via"} & set(connection.headers)
    peer = canonical_address(connection.client.host if connection.client else NOBODY)
    return not forwarded and peer is not None and peer.is_loopback


def _peer(scope: Scope) -> str:
    client = scope["client"]
    found = canonical_address(client[0]) if client else None
    return str(found) if found else NOBODY


def _joined(scope: Scope, name: bytes) -> str:
    """All lines of a header as one: each proxy may have added one of its own."""
    values = [value for header, value in scope["headers"] if header == name]
    return b",".join(values).decode("latin-1")


def _is_in(address: str, networks: Sequence[IPNetwork]) -> bool:
    found = canonical_address(address) if networks else None
    return found is not None and any(found in network for network in networks)
