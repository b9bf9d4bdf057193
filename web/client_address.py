"""Which address a request came from."""

from collections.abc import Sequence
from ipaddress import ip_address

from litestar.connection import ASGIConnection

from domain.rules.addresses import IPNetwork

NOBODY = "unknown"


def client_address(
    connection: ASGIConnection,  # type: ignore[type-arg]
    trusted: Sequence[IPNetwork],
) -> str:
    """The sender's address: the peer's, or what trusted proxies say of it.

    `X-Forwarded-For` is read from its end, where the nearest proxy wrote; the first address that
    is not a trusted proxy is the client. What stands before it, the client may have made up.
    """
    address = connection.client.host if connection.client else NOBODY
    if not _is_in(address, trusted):
        return address
    for hop in reversed(connection.headers.get("x-forwarded-for", "").split(",")):
        if not _is_address(hop.strip()):
            break
        address = hop.strip()
        if not _is_in(address, trusted):
            break
    return address


def comes_directly_from_this_machine(connection: ASGIConnection) -> bool:  # type: ignore[type-arg]
    """Whether the peer is this machine itself, and not a proxy on it."""
    forwarded = {"x-forwarded-for", "forwarded", "x-real-ip", "via"} & set(connection.headers)
    peer = connection.client.host if connection.client else NOBODY
    return not forwarded and _is_address(peer) and ip_address(peer).is_loopback


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_in(address: str, networks: Sequence[IPNetwork]) -> bool:
    return _is_address(address) and any(ip_address(address) in network for network in networks)
