"""Which URLs an outbound call may name, and the one form in which they are stored and used.

Two parsers that read one URL differently are how a checked host becomes another host that is
called. So the grammar here is RFC 3986 without its odd corners: what browsers, curl and Python
would read in different ways is refused, and everything after this file works on the result only.
"""

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import quote

import idna

from domain.errors import SignalboxError

MAX_LENGTH = 8_192
MAX_HOST_LENGTH = 253
LAST_PORT = 65_535
DEFAULT_PORTS = {"http": 80, "https": 443}

_SHAPE = re.compile(r"(?i:(https?))://([^/?]*)([^?]*)(\?.*)?", re.ASCII)
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:]+)(?::([0-9]{1,5}))?", re.ASCII)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
# A last label like these makes browsers and the C library read the whole name as an IPv4 address.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\xa0\\\s]")
_TOO_LONG = f"The URL is longer than {MAX_LENGTH:,} characters."
_KEPT_IN_TARGET = "/?%:@!$&'()*+,;=-._~[]"


class InvalidUrl(SignalboxError):
    """This is not a URL that can be called."""

    code = "invalid_url"


@dataclass(frozen=True, slots=True)
class NormalizedUrl:
    """One http or https URL, taken apart and in its only spelling.

    `host` is lower-case ASCII: an IDNA name without a trailing dot, a dotted quad, or an IPv6
    address without brackets. `target` is path and query, all printable ASCII. `text` is the whole.
    """

    scheme: str
    host: str
    port: int
    target: str
    text: str


def parse_url(text: str) -> NormalizedUrl:
    """The URL that `text` names. Raises InvalidUrl with a sentence that says what to mend.

    A normalised text parses to itself. Nothing is resolved: whether the host may be reached is
    asked of its addresses, at the moment of connecting.
    """
    _refuse_characters(text)
    url = _normalized(text)
    if len(url.text) > MAX_LENGTH:  # Percent-encoding may have made it longer.
        raise InvalidUrl(_TOO_LONG)
    return url


def destination(url: NormalizedUrl) -> str:
    """The `host:port` that a call to this URL goes to, as breakers and limits know it."""
    return f"[{url.host}]:{url.port}" if ":" in url.host else f"{url.host}:{url.port}"


def _normalized(text: str) -> NormalizedUrl:
    shape = _SHAPE.fullmatch(text)
    if shape is None:
        raise InvalidUrl("The URL must start with http:// or https://.")
    scheme, authority, path, query = shape.groups("")
    scheme = scheme.lower()
    host, port = _host_and_port(authority, DEFAULT_PORTS[scheme])
    target = _target(path or "/", query)
    location = f"[{host}]" if ":" in host else host
    suffix = "" if port == DEFAULT_PORTS[scheme] else f":{port}"
    return NormalizedUrl(scheme, host, port, target, f"{scheme}://{location}{suffix}{target}")


def _refuse_characters(text: str) -> None:
    if len(text) > MAX_LENGTH:
        raise InvalidUrl(_TOO_LONG)
    if _FORBIDDEN.search(text):
        raise InvalidUrl("The URL must not contain blanks, control characters or backslashes.")
    if "#" in text:
        raise InvalidUrl("The URL must not have a fragment: a # and what follows is never sent.")


def _host_and_port(authority: str, default_port: int) -> tuple[str, int]:
    if "@" in authority:
        raise InvalidUrl("The URL must not contain a user name or password.")
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None:
        raise InvalidUrl("The URL needs one host, and its port must be a number.")
    host, port_text = parts.groups()
    port = default_port if port_text is None else int(port_text)
    if not 1 <= port <= LAST_PORT:
        raise InvalidUrl("The port must be between 1 and 65535.")
    return (_ipv6(host[1:-1]) if host.startswith("[") else _name_or_ipv4(host)), port


def _ipv6(text: str) -> str:
    try:
        return IPv6Address(text).compressed
    except AddressValueError as error:
        raise InvalidUrl("The host in brackets is not an IPv6 address.") from error


def _name_or_ipv4(text: str) -> str:
    name = _ascii_name(text).lower().removesuffix(".")
    labels = name.split(".")
    if len(name) > MAX_HOST_LENGTH or not all(_LABEL.fullmatch(label) for label in labels):
        raise InvalidUrl("The host is not a valid name.")
    return _ipv4(name) if _NUMBER.fullmatch(labels[-1]) else name


def _ascii_name(text: str) -> str:
    if text.isascii() or len(text) > MAX_HOST_LENGTH:
        return text  # An over-long name is refused by the caller, before the slow IDNA tables.
    try:
        return idna.encode(text, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError) as error:
        raise InvalidUrl("The host is not a valid international name.") from error


def _ipv4(text: str) -> str:
    try:
        return str(IPv4Address(text))
    except AddressValueError as error:
        raise InvalidUrl("An IPv4 host must be four decimal numbers, like 192.0.2.1.") from error


def _target(path: str, query: str) -> str:
    try:
        return quote(path + query, safe=_KEPT_IN_TARGET)
    except UnicodeEncodeError as error:
        raise InvalidUrl("The URL is not valid Unicode text.") from error
