"""The scheme `hmac`: its settings, and that no delivery can choose its own (row A31)."""

import base64
import hashlib
import hmac
from typing import Any

import pytest

from domain.errors import InvalidInput
from domain.senders import Refused, Verified
from domain.senders.hmac import HmacConfig, HmacSender
from tests.senders.samples import NOW

SENDER = HmacSender()
SECRET = "a secret of more than sixteen bytes"
BODY = b"\x00\xff raw bytes"


def verdict(value: str, **settings: str) -> object:
    config = SENDER.parse_config(settings)
    return SENDER.verify({config.header: value}, BODY, [SECRET], config, NOW)


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("encoding", ["hex", "base64"])
@pytest.mark.parametrize("prefix", ["", "sha=", "v0: "])
def test_every_combination_of_settings_verifies_what_it_says(
    algorithm: str, encoding: str, prefix: str
) -> None:
    mac = hmac.new(SECRET.encode(), BODY, getattr(hashlib, algorithm)).digest()
    text = mac.hex() if encoding == "hex" else base64.b64encode(mac).decode()
    settings = {"algorithm": algorithm, "encoding": encoding, "prefix": prefix}
    assert verdict(prefix + text, **settings) == Verified(None)
    assert verdict(prefix + text, **settings, header="X-Other_1") == Verified(None)
    assert verdict(text + prefix if prefix else "x" + text, **settings) == Refused("bad_signature")


def test_a31_another_prefix_of_the_same_length_is_refused() -> None:
    mac = hmac.digest(SECRET.encode(), BODY, "sha256").hex()
    assert verdict(f"sha256={mac}", prefix="sha256=") == Verified(None)
    assert verdict(f"sha384={mac}", prefix="sha256=") == Refused("bad_signature")


def test_settings_have_defaults() -> None:
    assert SENDER.parse_config({}) == HmacConfig("sha256", "x-signature", "hex", "")


def test_a31_a_digest_of_another_algorithm_or_encoding_is_refused() -> None:
    sha1 = hmac.new(SECRET.encode(), BODY, hashlib.sha1)
    sha256 = hmac.new(SECRET.encode(), BODY, hashlib.sha256)
    for value in (
        sha1.hexdigest(),
        f"sha1={sha1.hexdigest()}",
        base64.b64encode(sha256.digest()).decode(),
        "none",
        "sha256=" + sha256.hexdigest(),
    ):
        assert verdict(value) == Refused("bad_signature")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("algorithm", "sha1"),
        ("algorithm", "md5"),
        ("algorithm", "none"),
        ("algorithm", None),
        ("encoding", "base32"),
        ("encoding", ["hex"]),
        ("header", ""),
        ("header", "X Signature"),
        ("header", "X-Sig:\r\n"),
        ("header", 1),
        ("prefix", "a\n"),
        ("prefix", "a" * 65),
        ("prefix", None),
    ],
)
def test_a31_a_setting_that_is_not_on_the_list_is_refused(name: str, value: Any) -> None:
    with pytest.raises(InvalidInput) as refusal:
        SENDER.parse_config({name: value})
    assert [problem.field for problem in refusal.value.problems] == [f"config.{name}"]


def test_base64_is_read_strictly() -> None:
    mac = base64.b64encode(hmac.digest(SECRET.encode(), BODY, "sha256")).decode()
    for value in (mac[:-1], mac + "\n", " " + mac, mac[:5] + "\n" + mac[5:], mac + "==="):
        assert verdict(value, encoding="base64") == Refused("bad_signature")
    assert verdict(mac, encoding="base64") == Verified(None)


def test_the_title_is_what_a_usual_header_says() -> None:
    assert SENDER.describe({"x-event-type": "order.paid"}, b"") == "order.paid"
    assert SENDER.describe({"x-event-type": "\x1b[31m" + "a" * 200}, b"") == "[31m" + "a" * 75 + "…"
    assert SENDER.describe({}, b"") == "Signed delivery"


def timed(**settings: Any) -> Any:
    return SENDER.parse_config(
        {"signed": "{timestamp}.{body}", "timestamp_header": "X-T", **settings}
    )


def test_a_template_says_what_is_signed() -> None:
    instant = str(int(NOW.timestamp()))
    for signed, expected in (
        ("{timestamp}.{body}", instant.encode() + b"." + BODY),
        ("v0:{timestamp}:{body}", b"v0:" + instant.encode() + b":" + BODY),
        ("{id}|{timestamp}|{body}", b"d-1|" + instant.encode() + b"|" + BODY),
        ("{body}.{id}", BODY + b".d-1"),
        ("{timestamp}{body}", instant.encode() + BODY),
        ("{id}\n{body}\n", b"d-1\n" + BODY + b"\n"),
    ):
        config = timed(signed=signed, id_header="X-Id")
        mac = hmac.digest(SECRET.encode(), expected, "sha256").hex()
        headers = {"x-signature": mac, "x-t": instant, "x-id": "d-1"}
        assert SENDER.verify(headers, BODY, [SECRET], config, NOW) == Verified("d-1")
        signed_by_us = SENDER.sign(BODY, SECRET, config, NOW, "d-1")
        assert signed_by_us["x-signature"] == mac


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"signed": "{timestamp}"}, "signed"),
        ({"signed": "{body}{body}"}, "signed"),
        ({"signed": "{body}.{nonce}"}, "signed"),
        ({"signed": "{{body}}"}, "signed"),
        ({"signed": "{timestamp}{id}.{body}", "id_header": "X-Id"}, "signed"),
        ({"signed": "{id}{body}", "id_header": "X-Id"}, "signed"),
        ({"signed": ""}, "signed"),
        ({"signed": None}, "signed"),
        ({"timestamp_header": ""}, "timestamp_header"),
        ({"signed": "{id}.{body}"}, "id_header"),
        ({"timestamp_header": "X-Signature"}, "header"),
        ({"id_header": "X T"}, "id_header"),
        ({"tolerance_s": 0}, "tolerance_s"),
    ],
)
def test_a31_a_template_that_leaves_doubt_is_refused(settings: Any, field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        timed(**settings)
    assert [problem.field for problem in refusal.value.problems] == [f"config.{field}"]


@pytest.mark.parametrize(
    ("instant", "reason"),
    [("", "no_timestamp"), ("-1", "bad_timestamp"), ("1e9", "bad_timestamp"), ("1", "too_old")],
)
def test_a33_an_instant_that_is_signed_must_be_now(instant: str, reason: Any) -> None:
    mac = hmac.digest(SECRET.encode(), instant.encode() + b"." + BODY, "sha256").hex()
    headers = {"x-signature": mac, "x-t": instant}
    assert SENDER.verify(headers, BODY, [SECRET], timed(), NOW) == Refused(reason)


@pytest.mark.parametrize("delivery_id", ["", "a.1", "a b", "é", "a" * 256])
def test_a33_an_id_that_is_signed_cannot_be_shifted(delivery_id: str) -> None:
    """`a` + `.1.body` and `a.1` + `.body` would sign the same bytes."""
    config = SENDER.parse_config({"signed": "{id}.{body}", "id_header": "X-Id"})
    mac = hmac.digest(SECRET.encode(), delivery_id.encode() + b"." + BODY, "sha256").hex()
    headers = {"x-signature": mac, "x-id": delivery_id}
    refused = SENDER.verify(headers, BODY, [SECRET], config, NOW)
    assert refused in (Refused("bad_id"), Refused("no_id"))


def test_a34_an_id_that_is_not_signed_needs_bodies_to_be_remembered() -> None:
    assert SENDER.remembers_body(SENDER.parse_config({})) == "with_id"
    assert SENDER.remembers_body(timed()) == "with_id"
    signs_id = SENDER.parse_config({"signed": "{id}.{body}", "id_header": "X-Id"})
    assert SENDER.remembers_body(signs_id) == "no"
