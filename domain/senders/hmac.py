"""The scheme `hmac`: an HMAC in a header, as most senders do it in their own way.

Settings: `algorithm` (sha256, sha384, sha512), `header`, `encoding` (hex or base64), a `prefix`
before the signature, such as `sha256=`, and `signed`, a template of what is signed: `{body}`, and
where the sender dates or names its deliveries `{timestamp}` (Unix seconds, from `timestamp_header`)
and `{id}` (from `id_header`). They are the trigger's, never the delivery's, so a delivery cannot
choose a weaker algorithm (row A31 of the attack catalogue).
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
    which_matches,
)
from domain.senders.sender import (
    BodyMemory,
    Headers,
    RefusalReason,
    Refused,
    Usual,
    Verification,
    Verified,
)
from domain.senders.timestamps import TOLERANCE_S, fault_of_timestamp, tolerance_from
from domain.senders.titles import title_from

BODY, TIMESTAMP, ID = "{body}", "{timestamp}", "{id}"

_KEYS = (
    "algorithm",
    "header",
    "encoding",
    "prefix",
    "signed",
    "timestamp_header",
    "id_header",
    "tolerance_s",
)
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_PREFIX = re.compile(r"[\x20-\x7e]{0,64}")
_TEMPLATE = re.compile(r"[\n\x20-\x7e]{6,200}")
_PLACEHOLDER = re.compile(r"\{(body|timestamp|id)\}")
_ID = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(frozen=True, slots=True)
class HmacConfig:
    """Where the signature stands and what is signed. Names of headers are in lower case; empty:
    there is none."""

    algorithm: Algorithm = "sha256"
    header: str = "x-signature"
    encoding: Encoding = "hex"
    prefix: str = ""
    signed: str = BODY
    timestamp_header: str = ""
    id_header: str = ""
    tolerance_s: int = TOLERANCE_S

    @property
    def signs_instant(self) -> bool:
        """Whether the signature covers when the delivery was made."""
        return TIMESTAMP in self.signed

    @property
    def signs_id(self) -> bool:
        """Whether the signature covers the sender's id."""
        return ID in self.signed


class HmacSender(Usual):
    """An HMAC of the body, with or without an instant and an id."""

    scheme = "hmac"
    needs_secret = True

    def parse_config(self, raw: Mapping[str, object], field: str = "config") -> HmacConfig:
        """The settings, each with a default. Raises InvalidInput."""
        problems = Problems()
        problems.refuse_unknown(raw, _KEYS, field)
        reader = _Reader(raw, field, problems)
        config = HmacConfig(
            algorithm=_algorithm(raw.get("algorithm", "sha256"), f"{field}.algorithm", problems),
            header=reader.header("header", "x-signature"),
            encoding=_encoding(raw.get("encoding", "hex"), f"{field}.encoding", problems),
            prefix=reader.matching(
                "prefix", "", _PREFIX, "must be at most 64 visible ASCII characters"
            ),
            signed=reader.template("signed"),
            timestamp_header=reader.header("timestamp_header", ""),
            id_header=reader.header("id_header", ""),
            tolerance_s=tolerance_from(raw, field, problems),
        )
        _check_together(config, field, problems)
        problems.raise_any()
        return config

    def verify(
        self,
        headers: Headers,
        body: bytes,
        secrets: Sequence[str],
        config: HmacConfig,
        now: datetime,
    ) -> Verification:
        """The header must hold the prefix and the signature, and nothing else."""
        given = headers.get(config.header, "")
        if not given:
            return Refused("no_signature")
        if not given.startswith(config.prefix):
            return Refused("bad_signature")
        fault = _fault(headers, config, now)
        if fault is not None:
            return Refused(fault)
        timestamp = headers.get(config.timestamp_header, "") if config.signs_instant else ""
        delivery_id = headers.get(config.id_header) if config.id_header else None
        message = _message(config.signed, body, timestamp, delivery_id or "")
        expected = digests(config.algorithm, map(str.encode, secrets), message)
        place = which_matches(given[len(config.prefix) :], config.encoding, expected)
        if place is None:
            return Refused("bad_signature")
        return Verified(delivery_id, place, config.signs_id, timestamp)

    def remembers_body(self, config: HmacConfig) -> BodyMemory:
        """Of deliveries that come with an unsigned id. Without one, equal bodies may be meant."""
        return "no" if config.signs_id else "with_id"

    def describe(self, headers: Headers, _body: bytes) -> str:
        """What the usual event headers say."""
        return title_from(headers, otherwise="Signed delivery")

    def sign(
        self, body: bytes, secret: str, config: HmacConfig, now: datetime, delivery_id: str
    ) -> dict[str, str]:
        """The signature with what it covers, and the id where any sender may put one."""
        timestamp = str(int(now.timestamp()))
        mac = digest(
            config.algorithm,
            secret.encode(),
            _message(config.signed, body, timestamp, delivery_id),
        )
        headers = {config.header: config.prefix + encoded(mac, config.encoding)}
        if config.signs_instant:
            headers[config.timestamp_header] = timestamp
        headers[config.id_header or "Idempotency-Key"] = delivery_id
        return headers

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


class _Reader:
    """Reads settings that are texts; what is wrong with them goes to `problems`."""

    def __init__(self, raw: Mapping[str, object], field: str, problems: Problems) -> None:
        self._raw = raw
        self._field = field
        self._problems = problems

    def matching(self, name: str, default: str, pattern: re.Pattern[str], message: str) -> str:
        raw = self._raw.get(name, default)
        if isinstance(raw, str) and pattern.fullmatch(raw):
            return raw
        self._problems.add(f"{self._field}.{name}", message)
        return default

    def header(self, name: str, default: str) -> str:
        if not default and self._raw.get(name, "") == "":
            return ""
        return self.matching(name, default, _HEADER_NAME, "must be the name of a header").lower()

    def template(self, name: str) -> str:
        """What is signed. What an id ends at must be clear, or parts of it could be shifted into
        its neighbour (row A33): so something stands between it and the next part."""
        template = self.matching(
            name, BODY, _TEMPLATE, f"must be {BODY}, with {TIMESTAMP}, {ID} and plain text around"
        )
        parts = _PLACEHOLDER.split(template)
        names, texts = parts[1::2], parts[::2]
        if any("{" in text or "}" in text for text in texts):
            fault = f"knows {BODY}, {TIMESTAMP} and {ID} only"
        elif names.count("body") != 1 or len(set(names)) < len(names):
            fault = f"must hold {BODY} once, and the others at most once"
        elif "id" in names and not all(texts[1:-1]):
            fault = "needs a character between one part and the next"
        else:
            return template
        self._problems.add(f"{self._field}.{name}", fault)
        return BODY


def _check_together(config: HmacConfig, field: str, problems: Problems) -> None:
    if config.signs_instant and not config.timestamp_header:
        problems.add(f"{field}.timestamp_header", f"is needed, since {TIMESTAMP} is signed")
    if config.signs_id and not config.id_header:
        problems.add(f"{field}.id_header", f"is needed, since {ID} is signed")
    names = [config.header, config.timestamp_header, config.id_header]
    used = [name for name in names if name]
    if len(set(used)) < len(used):
        problems.add(f"{field}.header", "must be another header than the timestamp's and the id's")


def _fault(headers: Headers, config: HmacConfig, now: datetime) -> RefusalReason | None:
    """What is wrong with the id or the instant, where they are signed."""
    if config.signs_id:
        delivery_id = headers.get(config.id_header, "")
        if not delivery_id:
            return "no_id"
        if not _ID.fullmatch(delivery_id) or not _around_id(config.signed).isdisjoint(delivery_id):
            return "bad_id"
    if config.signs_instant:
        timestamp = headers.get(config.timestamp_header)
        return fault_of_timestamp(timestamp, now, config.tolerance_s)
    return None


def _around_id(template: str) -> frozenset[str]:
    """The characters that stand beside the id: in it, they could shift where it ends (row A33)."""
    before, _, after = template.partition(ID)
    return frozenset({before[-1:], after[:1]} - {""})


def _message(template: str, body: bytes, timestamp: str, delivery_id: str) -> bytes:
    if template == BODY:
        return body
    # The timestamp is digits and so brings no placeholder along; the id goes in last.
    texts = (text.replace(TIMESTAMP, timestamp).replace(ID, delivery_id)
             for text in template.split(BODY))  # fmt: skip
    before, after = (text.encode("latin-1", "replace") for text in texts)
    return before + body + after
