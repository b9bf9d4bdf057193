"""What a webhook trigger's door takes and answers, whatever the sender's scheme: methods,
addresses, size, other sites' pages (CORS), the success answer, and how long ids are remembered.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Literal, TypeVar, cast
from urllib.parse import urlsplit

from domain.rules.addresses import IPAddress, IPNetwork
from domain.rules.checking import Problems
from domain.rules.setting_reader import Fault, SettingReader, whole_number

WhenDisabled = Literal["refuse", "keep"]

METHODS = ("POST", "PUT", "PATCH", "GET", "DELETE")
MOST_ADDRESSES = 100
MOST_ORIGINS = 20
MOST_BODY_BYTES = 1024 * 1024
MOST_BODY_BYTES_SETTABLE = 10 * 1024 * 1024
MOST_ANSWER_BYTES = 4_096
MOST_DEDUP_DAYS = 30
# Nothing that a browser would run on our own origin.
ANSWER_TYPES = (
    "text/plain",
    "application/json",
    "text/xml",
    "application/xml",
    "application/x-www-form-urlencoded",
)
# RFC 9110 §15.3.5 and §15.3.6: these answers have no content.
_WITHOUT_CONTENT = (204, 205)
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer:
    """What an accepted delivery is answered with."""

    status: int
    body: str
    content_type: str


@dataclass(frozen=True, slots=True)
class DoorSettings:
    """The settings of a door. No addresses: any. `answer` None: 202 with JSON that names the event.
    `dedup_body` None: as the sender's scheme needs it (`Sender.remembers_body`)."""

    methods: tuple[str, ...] = ("POST",)
    addresses: tuple[IPNetwork, ...] = ()
    max_body_bytes: int = MOST_BODY_BYTES
    cors_origins: tuple[str, ...] = ()
    answer: Answer | None = None
    dedup_days: int = 7
    dedup_body: bool | None = None
    when_disabled: WhenDisabled = "refuse"

    def lets_in(self, address: str) -> bool:
        """Whether a request from this address may come in. What is no address may not."""
        if not self.addresses:
            return True
        found = canonical_address(address)
        return found is not None and any(found in network for network in self.addresses)

    def answers_origin(self, origin: str) -> bool:
        """Whether pages of this origin may read what the door answers."""
        return bool(origin) and ("*" in self.cors_origins or origin in self.cors_origins)


DOOR_SETTINGS: frozenset[str] = frozenset(DoorSettings.__slots__)


def canonical_address(text: str) -> IPAddress | None:
    """The address that `text` spells, an IPv4 one mapped into IPv6 as the IPv4 one that it is
    (row A22 of the attack catalogue), without a zone; None for what is no address."""
    try:
        found = ip_address(text.partition("%")[0] if ":" in text else text)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def parse_door(raw: Mapping[str, object], field: str = "config") -> DoorSettings:
    """The door's settings among a trigger's `config`, each with a default.

    Raises InvalidInput with all that is wrong with them; other keys are not looked at.
    """
    problems = Problems()
    reader = SettingReader(raw, field, problems)
    door = DoorSettings(
        methods=reader.read("methods", _methods, ("POST",)),
        addresses=reader.read("addresses", _addresses, ()),
        max_body_bytes=reader.whole_number(
            "max_body_bytes", MOST_BODY_BYTES, (1, MOST_BODY_BYTES_SETTABLE)
        ),
        cors_origins=reader.read("cors_origins", _origins, ()),
        answer=reader.read("answer", _answer, None),
        dedup_days=reader.whole_number("dedup_days", 7, (1, MOST_DEDUP_DAYS)),
        dedup_body=reader.read("dedup_body", _flag, None),
        when_disabled=reader.read("when_disabled", _when_disabled, "refuse"),
    )
    problems.raise_any()
    return door


def _texts(value: object, most: int) -> Sequence[str]:
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise Fault("must be a list of texts")
    if len(value) > most:
        raise Fault(f"must have at most {most} items")
    return value


def _methods(value: object) -> tuple[str, ...]:
    given = _texts(value, len(METHODS))
    if not given or any(method not in METHODS for method in given):
        raise Fault(f"must be some of {', '.join(METHODS)}")
    return tuple(method for method in METHODS if method in given)


def _addresses(value: object) -> tuple[IPNetwork, ...]:
    given = _texts(value, MOST_ADDRESSES)
    return tuple(_network(item.strip(), str(index)) for index, item in enumerate(given))


def _network(item: str, part: str) -> IPNetwork:
    """`::ffff:192.0.2.0/120` is 192.0.2.0/24 in another spelling, and is compared as that."""
    try:
        # A zone (RFC 4007 §11) names an interface of one machine: the sender's is not ours.
        network = ip_network(item.replace("%", "/zone/"))
    except ValueError:
        raise Fault("is no address or network, or has bits beyond its prefix", part) from None
    first = network.network_address
    mapped = first.ipv4_mapped if isinstance(first, IPv6Address) else None
    if mapped is None:
        return network
    if network.prefixlen < 96:  # noqa: PLR2004 - where the IPv4 address begins (RFC 4291 §2.5.5.2)
        raise Fault("reaches beyond the IPv4 addresses that it names", part)
    return ip_network(f"{mapped}/{network.prefixlen - 96}")


def _origins(value: object) -> tuple[str, ...]:
    given = _texts(value, MOST_ORIGINS)
    return tuple(_origin(item.strip(), str(index)) for index, item in enumerate(given))


def _origin(item: str, part: str) -> str:
    if item == "*":
        return item
    try:
        parts = urlsplit(item)
        host, port, scheme = parts.hostname, parts.port, parts.scheme
    except ValueError:
        host, port, scheme = None, None, ""
    if not host or scheme not in {"http", "https"} or not item.isascii():
        raise Fault("must be an origin such as https://shop.example.org, or *", part)
    # What a browser sends (RFC 6454 §6.2): lower case, and no port where it is the usual one.
    usual = {"http": 80, "https": 443}[scheme]
    netloc = f"[{host}]" if ":" in host else host
    exact = f"{scheme}://{netloc}" + (f":{port}" if port not in {None, usual} else "")
    if item.lower().removesuffix(f":{usual}") != exact:
        raise Fault("must be an origin alone: without a path, a user, or a query", part)
    return exact


def _answer(value: object) -> Answer:
    if not isinstance(value, dict):
        raise Fault("must be an object with status, body and content_type")
    for name in value:
        if name not in Answer.__slots__:
            raise Fault("is not known here", str(name))
    status = whole_number(value.get("status", 200), (200, 299), "status")
    body = _answer_body(value.get("body", ""), status)
    content_type = value.get("content_type", "text/plain")
    if content_type not in ANSWER_TYPES:
        raise Fault(f"must be one of {', '.join(ANSWER_TYPES)}", "content_type")
    return Answer(status, body, cast("str", content_type))


def _answer_body(value: object, status: int) -> str:
    if not isinstance(value, str) or _UNSTORABLE.search(value):
        raise Fault("must be text", "body")
    if len(value.encode()) > MOST_ANSWER_BYTES:
        raise Fault(f"must be at most {MOST_ANSWER_BYTES:,} bytes long", "body")
    if value and status in _WITHOUT_CONTENT:
        raise Fault(f"must be empty: an answer {status} has none", "body")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise Fault("must be true or false")
    return value


def _when_disabled(value: object) -> WhenDisabled:
    if value not in {"refuse", "keep"}:
        raise Fault("must be refuse or keep")
    return "keep" if value == "keep" else "refuse"
