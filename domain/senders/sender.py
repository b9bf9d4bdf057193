"""What every inbound scheme is: how a delivery is verified, described, and (for tests, demo traffic
and test events) signed.

A sender is pure: headers, bytes, secrets and the instant go in, a word comes out. What is not yet
verified is not looked into.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, TypeVar

Headers = Mapping[str, str]
"""The headers of a delivery by their names in lower case."""

RefusalReason = Literal[
    "no_signature",
    "bad_signature",
    "unsupported_signature",
    "no_id",
    "bad_id",
    "no_timestamp",
    "bad_timestamp",
    "too_old",
    "too_new",
]


@dataclass(frozen=True, slots=True)
class Verified:
    """The delivery is from who it says. `delivery_id` is the scheme's own id of it, if it has one.

    It is not checked for form here; `domain.rules.dedupe` does that. `id_signed` says that nobody
    could have changed it. `secret` is the place of the secret that verified it among those tried;
    `instant` the instant that was signed along, where the scheme leaves the id unsigned and equal
    bodies may be meant: it tells them apart.
    """

    delivery_id: str | None
    secret: int = field(default=0, compare=False)
    id_signed: bool = field(default=False, compare=False)
    instant: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """The delivery cannot be believed. The reason is for the trigger's owner, not its sender."""

    reason: RefusalReason


@dataclass(frozen=True, slots=True)
class Reply:
    """What a sender wants to be answered at once, with 200, where it sent no event at all."""

    body: str
    content_type: str = "text/plain"


BodyMemory = Literal["no", "with_id", "always"]
"""Whether bodies are remembered as ids are, so that a delivery cannot be repeated under another id
(row A34 of the attack catalogue): never; those that come with an id; or all of them, where bodies
name what they are about and when, so that two true deliveries are never equal."""

Verification = Verified | Refused
ConfigT = TypeVar("ConfigT")


class Usual:
    """What is the same for most senders."""

    id_path: str | None = None

    def remembers_body(self, _config: Any, /) -> BodyMemory:
        """All bodies: the sender's id is not signed, and its bodies name what they are about."""
        return "always"

    def reply(self, _body: bytes, /) -> Reply | None:
        """Nothing: every delivery is an event."""
        return None


class Sender(Protocol[ConfigT]):
    """One inbound scheme."""

    scheme: str
    """Its name in a trigger's configuration."""
    needs_secret: bool
    """Whether a trigger with this scheme has a secret; one is made if none is given."""
    id_path: str | None
    """Where in its bodies the sender's id stands, as a JSONPath, unless a trigger says another."""

    def parse_config(self, raw: Mapping[str, object], field: str = "config") -> ConfigT:
        """The scheme's own settings, without the door's. Raises InvalidInput."""

    def verify(
        self,
        headers: Headers,
        body: bytes,
        secrets: Sequence[str],
        config: ConfigT,
        now: datetime,
        /,
    ) -> Verification:
        """Whether one of the secrets signed these very bytes, and, where the scheme says when, that
        it was just now (`now` is aware). Never raises, whatever was sent.
        """

    def remembers_body(self, config: ConfigT, /) -> BodyMemory:
        """Whether a verified body that comes again is a repeat, under whatever id it comes."""

    def reply(self, body: bytes, /) -> Reply | None:
        """What to answer a verified body that is no event; None for an event. Never raises."""

    def describe(self, headers: Headers, body: bytes, /) -> str:
        """A short title of the event, from its headers, or from what its verified body says."""

    def sign(
        self, body: bytes, secret: str, config: ConfigT, now: datetime, delivery_id: str, /
    ) -> dict[str, str]:
        """The headers that make `body` a delivery which `verify` accepts."""

    def sample_body(self) -> bytes:
        """A body of our own making that looks like one of this sender's."""
