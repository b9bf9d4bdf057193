"""Which network addresses an outbound call may reach.

Two tiers. What answers secrets to whoever asks (link-local, cloud metadata) or is no destination at
all is refused always. Everything else that is not ordinary public unicast is refused unless the
server's own allow-list names it. Python's `is_private` and `is_global` are not used: on 3.11.7 they
call NAT64, 6to4 and IPv4-compatible forms of inner addresses public (reliability.md, finding 10).

Sources: the IANA IPv4 and IPv6 special-purpose address registries; the vendors' metadata documents.
"""

from collections.abc import Iterator, Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from domain.errors import InvalidInput

IPAddress = IPv4Address | IPv6Address
IPNetwork = IPv4Network | IPv6Network
Table = tuple[tuple[IPNetwork, str], ...]


def _table(text: str) -> Table:
    """Lines of `network what it is`, most telling first."""
    rows = (line.split(None, 1) for line in text.strip().splitlines())
    return tuple((ip_network(network), meaning) for network, meaning in rows)


NEVER = _table("""
    169.254.0.0/16       a link-local or cloud metadata address
    fe80::/10            a link-local address
    100.100.100.200/32   a cloud metadata address
    168.63.129.16/32     a cloud metadata address
    192.0.0.192/32       a cloud metadata address
    fd00:ec2::/32        a cloud metadata address
    fd20:ce::254/128     a cloud metadata address
    fd00:42::42/128      a cloud metadata address
    fd00:c1::a9fe:a9fe/128   a cloud metadata address
    0.0.0.0/8            not a destination
    ::/128               not a destination
    224.0.0.0/4          a multicast address
    ff00::/8             a multicast address
    255.255.255.255/32   the broadcast address
""")

UNLESS_ALLOWED = _table("""
    127.0.0.0/8          a loopback address
    10.0.0.0/8           a private address
    172.16.0.0/12        a private address
    192.168.0.0/16       a private address
    100.64.0.0/10        a carrier's inner address
    192.0.0.0/24         an address reserved for protocols
    192.0.2.0/24         an address reserved for documents
    198.51.100.0/24      an address reserved for documents
    203.0.113.0/24       an address reserved for documents
    192.88.99.0/24       a 6to4 relay address
    198.18.0.0/15        an address reserved for benchmarks
    240.0.0.0/4          a reserved address
    ::1/128              a loopback address
    fc00::/7             a private address
    fec0::/10            a site-local address
    2002::/16            a 6to4 address
    2001::/32            a Teredo address
    2001::/23            an address reserved for protocols
    2001:db8::/32        an address reserved for documents
    3fff::/20            an address reserved for documents
    64:ff9b:1::/48       a NAT64 address of a private network
    ::ffff:0:0:0/96      an IPv4-translated address
    ::/96                an IPv4-compatible address
""")

_MAPPED = IPv6Network("::ffff:0:0/96")
_NAT64 = IPv6Network("64:ff9b::/96")
_NAT64_LOCAL = IPv6Network("64:ff9b:1::/48")
_SIX_TO_FOUR = IPv6Network("2002::/16")
_TEREDO = IPv6Network("2001::/32")
_COMPATIBLE = IPv6Network("::/96")
_TRANSLATED = IPv6Network("::ffff:0:0:0/96")
_ISATAP = (0x00005EFE, 0x02005EFE)
_UNICAST = IPv6Network("2000::/3")


def refusal(address: str, allow: Sequence[IPNetwork] = ()) -> str | None:
    """Why an outbound call may not reach this address, or None when it may.

    The answer completes the sentence "this is …". `address` is the text of an IPv4 or IPv6
    address as the resolver gives it; `allow` opens networks of the second tier only.
    """
    if "%" in address:
        return "an address with a zone, which only link-local addresses have"
    try:
        outer = ip_address(address)
    except ValueError:
        return "not an IP address"
    inner = tuple(_embedded(outer))
    never = next((why for ip in (outer, *inner) if (why := _find(ip, NEVER))), None)
    return never or _refusal_unless_allowed(_judged(outer, inner), allow)


def parse_networks(text: str) -> tuple[IPNetwork, ...]:
    """The networks that a setting names: CIDRs or addresses, separated by commas or blanks.

    Raises InvalidInput, whose problem's field is the first item that is no network.
    """
    return tuple(_network(item) for item in text.replace(",", " ").split())


def _network(item: str) -> IPNetwork:
    try:
        return ip_network(item)
    except ValueError as error:
        raise InvalidInput.at(item, "is no network, or has bits beyond its prefix") from error


def _judged(outer: IPAddress, inner: tuple[IPv4Address, ...]) -> IPAddress:
    """The address that packets end at: mapped and NAT64 ones are only wrappings of an IPv4 one."""
    wrapped = isinstance(outer, IPv6Address) and (outer in _MAPPED or outer in _NAT64)
    return inner[0] if wrapped else outer


def _refusal_unless_allowed(ip: IPAddress, allow: Sequence[IPNetwork]) -> str | None:
    if any(ip in network for network in allow):
        return None
    if found := _find(ip, UNLESS_ALLOWED):
        return found
    if isinstance(ip, IPv6Address) and ip not in _UNICAST:
        return "outside the public IPv6 range"
    return None


def _find(ip: IPAddress, table: Table) -> str | None:
    return next((meaning for network, meaning in table if ip in network), None)


def _embedded(ip: IPAddress) -> Iterator[IPv4Address]:
    """The IPv4 addresses that an IPv6 address carries inside (RFC 6052, 3056, 4380, 4291, 5214)."""
    if isinstance(ip, IPv4Address):
        return
    number = int(ip)
    if ip in _MAPPED or ip in _NAT64:
        yield IPv4Address(number & 0xFFFFFFFF)
    elif ip in _SIX_TO_FOUR:
        yield IPv4Address(number >> 80 & 0xFFFFFFFF)
    elif ip in _TEREDO:
        yield IPv4Address(~number & 0xFFFFFFFF)
        yield IPv4Address(number >> 64 & 0xFFFFFFFF)
    elif ip in _NAT64_LOCAL:
        yield from _nat64_local(number)
    elif number > 1 and (ip in _COMPATIBLE or ip in _TRANSLATED):
        yield IPv4Address(number & 0xFFFFFFFF)
    if number >> 32 & 0xFFFFFFFF in _ISATAP:
        yield IPv4Address(number & 0xFFFFFFFF)


def _nat64_local(number: int) -> Iterator[IPv4Address]:
    """Both places where a network may have put the IPv4 address (RFC 6052 figure 1: /96 and /48).

    The place that was not used reads as zeros, which says nothing.
    """
    end = number & 0xFFFFFFFF
    around_the_reserved_octet = (number >> 64 & 0xFFFF) << 16 | number >> 40 & 0xFFFF
    yield from (IPv4Address(found) for found in (end, around_the_reserved_octet) if found)
