"""What every inbound scheme is: how a delivery is verified, described, and (for tests, demo traffic
and test events) signed.

A sender is pure: headers, bytes, secrets and the instant go in, a word comes out. It never parses
the body: what is not yet verified is not looked into.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypeVar

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

    It is not checked for form here; `domain.rules.dedupe` does that.
    """

    delivery_id: str | None


@dataclass(frozen=True, slots=True)
class Refused:
    """The delivery cannot be believed. The reason is for the trigger's owner, not its sender."""

    reason: RefusalReason


Verification = Verified | Refused
ConfigT = TypeVar("ConfigT")


class Sender(Protocol[ConfigT]):
    """One inbound scheme."""

    scheme: str
    """Its name in a trigger's configuration."""
    needs_secret: bool
    """Whether a trigger with this scheme has a secret; one is made if none is given."""

    def parse_config(self, raw: Mapping[str, object], field: str = "config") -> ConfigT:
        """The scheme's own settings, without `scheme` and `secret`. Raises InvalidInput."""

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

    def describe(self, headers: Headers, body: bytes, /) -> str:
        """A short title of the event, from its headers."""

    def sign(
        self, body: bytes, secret: str, config: ConfigT, now: datetime, delivery_id: str, /
    ) -> dict[str, str]:
        """The headers that make `body` a delivery which `verify` accepts."""

    def sample_body(self) -> bytes:
        """A body of our own making that looks like one of this sender's."""
