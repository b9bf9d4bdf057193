"""The scheme `hmac`: an HMAC of the raw body in a header, as most senders do it in their own way.

Settings: `algorithm` (sha256, sha384, sha512), `header`, `encoding` (hex or base64), and a `prefix`
before the signature, such as `sha256=`. They are the trigger's, never the delivery's, so a delivery
cannot choose a weaker algorithm (row A31 of the attack catalogue). Nothing dates such a delivery: a
replay is recognised by its id only.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.rules.checking import Problems
from domain.rules.signatures import (
    ALGORITHMS,
    ENCODINGS,
    Algorithm,
    Encoding,
    digest,
    digests,
    encoded,
    matches,
)
from domain.senders.sender import Headers, Refused, Verification, Verified
from domain.senders.titles import title_from

_KEYS = ("algorithm", "header", "encoding", "prefix")
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_PREFIX = re.compile(r"[\x20-\x7e]{0,64}")


@dataclass(frozen=True, slots=True)
class HmacConfig:
    """Where the signature stands and how it is made. `header` is in lower case."""

    algorithm: Algorithm = "sha256"
    header: str = "x-signature"
    encoding: Encoding = "hex"
    prefix: str = ""


class HmacSender:
    """A plain HMAC of the body."""

    scheme = "hmac"
    needs_secret = True

    def parse_config(self, raw: Mapping[str, object], field: str = "config") -> HmacConfig:
        """The settings, each with a default. Raises InvalidInput."""
        problems = Problems()
        problems.refuse_unknown(raw, _KEYS, field)
        config = HmacConfig(
            algorithm=_algorithm(raw.get("algorithm", "sha256"), f"{field}.algorithm", problems),
            header=_matching(
                _HEADER_NAME,
                raw.get("header", "x-signature"),
                f"{field}.header",
                "must be the name of a header",
                problems,
            ).lower(),
            encoding=_encoding(raw.get("encoding", "hex"), f"{field}.encoding", problems),
            prefix=_matching(
                _PREFIX,
                raw.get("prefix", ""),
                f"{field}.prefix",
                "must be at most 64 visible ASCII characters",
                problems,
            ),
        )
        problems.raise_any()
        return config

    def verify(
        self,
        headers: Headers,
        body: bytes,
        secrets: Sequence[str],
        config: HmacConfig,
        _now: datetime,
    ) -> Verification:
        """The header must hold the prefix and the signature, and nothing else."""
        given = headers.get(config.header, "")
        if not given:
            return Refused("no_signature")
        if not given.startswith(config.prefix):
            return Refused("bad_signature")
        expected = digests(config.algorithm, map(str.encode, secrets), body)
        if not matches(given[len(config.prefix) :], config.encoding, expected):
            return Refused("bad_signature")
        return Verified(None)

    def describe(self, headers: Headers, _body: bytes) -> str:
        """What the usual event headers say."""
        return title_from(headers, otherwise="Signed delivery")

    def sign(
        self, body: bytes, secret: str, config: HmacConfig, _now: datetime, delivery_id: str
    ) -> dict[str, str]:
        """The signature, and the id where any sender may put one."""
        mac = digest(config.algorithm, secret.encode(), body)
        return {
            config.header: config.prefix + encoded(mac, config.encoding),
            "Idempotency-Key": delivery_id,
        }

    def sample_body(self) -> bytes:
        """A small order."""
        return b'{"event":"order.paid","order":{"id":1042,"total":129.9,"currency":"EUR"}}'


def _algorithm(raw: object, field: str, problems: Problems) -> Algorithm:
    for algorithm in ALGORITHMS:
        if raw == algorithm:
            return algorithm
    problems.add(field, f"must be one of {', '.join(ALGORITHMS)}")
    return "sha256"


def _encoding(raw: object, field: str, problems: Problems) -> Encoding:
    for encoding in ENCODINGS:
        if raw == encoding:
            return encoding
    problems.add(field, f"must be one of {', '.join(ENCODINGS)}")
    return "hex"


def _matching(
    pattern: re.Pattern[str], raw: object, field: str, message: str, problems: Problems
) -> str:
    if isinstance(raw, str) and pattern.fullmatch(raw):
        return raw
    problems.add(field, message)
    return ""
