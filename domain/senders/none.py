"""The scheme `none`: anybody who knows the URL is believed.

It exists so that choosing no signature is an explicit choice, shown with a red badge, and never
what a forgotten setting falls back to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.rules.checking import Problems
from domain.senders.sender import BodyMemory, Headers, Usual, Verification, Verified
from domain.senders.titles import title_from


@dataclass(frozen=True, slots=True)
class NoConfig:
    """A scheme without settings of its own."""


def parse_no_config(raw: Mapping[str, object], field: str) -> NoConfig:
    """Refuse every setting. Raises InvalidInput."""
    problems = Problems()
    problems.refuse_unknown(raw, (), field)
    problems.raise_any()
    return NoConfig()


class NoneSender(Usual):
    """No signature at all."""

    scheme = "none"
    needs_secret = False

    def parse_config(self, raw: Mapping[str, object], field: str = "config") -> NoConfig:
        """There is nothing to set."""
        return parse_no_config(raw, field)

    def verify(
        self,
        _headers: Headers,
        _body: bytes,
        _secrets: Sequence[str],
        _config: NoConfig,
        _now: datetime,
    ) -> Verification:
        """Everything is believed; the scheme has no delivery id."""
        return Verified(None)

    def remembers_body(self, _config: object) -> BodyMemory:
        """No: who may send anything needs no old delivery to repeat."""
        return "no"

    def describe(self, headers: Headers, _body: bytes) -> str:
        """What the usual event headers say."""
        return title_from(headers, otherwise="Delivery")

    def sign(
        self, _body: bytes, _secret: str, _config: NoConfig, _now: datetime, delivery_id: str
    ) -> dict[str, str]:
        """Nothing to sign with; the id goes where any sender may put one."""
        return {"Idempotency-Key": delivery_id}

    def sample_body(self) -> bytes:
        """A small order."""
        return b'{"event":"order.created","order":{"id":1042,"total":129.9,"currency":"EUR"}}'
