"""What is kept of headers (A28), and secrets taken out of what is kept (A51)."""

import json
import secrets
import time
from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.rules.redaction import (
    MAX_HEADERS,
    MAX_TOTAL,
    MAX_VALUE,
    REDACTED,
    Redactor,
    redact,
    storable_headers,
)

SECRET = 's3cr3t / of+the "team" ü?&='


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "Cookie",
        "Set-Cookie",
        "Proxy-Authorization",
        "X-Api-Key",
        "Api-Key",
        "ApiKey",
        "X-ApiKey",
        "St2-Api-Key",
        "X-Auth-Token",
        "X-Gitlab-Token",
        "X-Telegram-Bot-Api-Secret-Token",
        "X-Amz-Security-Token",
        "X-Client-Secret",
        "X-Password",
        "X-Access-Key",
        "X_Private_Key",
        "X-Authentication",
        "X-Auth",
        "X-Session",
        "X-JWT-Assertion",
        "X-Goog-Iap-Jwt",
    ],
)
def test_a28_credentials_are_not_stored(name: str) -> None:
    assert storable_headers({name: "value", "Accept": "*/*"}) == [("accept", "*/*")]


def test_a28_what_explains_a_delivery_is_kept_in_order_with_names_in_lower_case() -> None:
    headers = [
        ("Content-Type", "application/json"),
        ("X-GitHub-Event", "issues"),
        ("X-GitHub-Delivery", "72d3162e"),
        ("Idempotency-Key", "order-7"),
        ("webhook-id", "msg_1"),
        ("User-Agent", "GitHub-Hookshot/1"),
        ("X-Author", "alice"),
    ]
    assert storable_headers(headers) == [(name.lower(), value) for name, value in headers]


@pytest.mark.parametrize(
    "name", ["X-Hub-Signature-256", "webhook-signature", "Stripe-Signature", "X-Shop-Hmac-Sha256"]
)
def test_a28_a_signature_is_kept_too_short_to_be_used_again(name: str) -> None:
    ((_, value),) = storable_headers({name: "sha256=757107ea0eb2509fc211221cce984b8a"})
    assert value == "sha256=75710…"


def test_stored_headers_are_bounded() -> None:
    many = storable_headers([(f"x-{index}", "v") for index in range(200)])
    assert len(many) == MAX_HEADERS
    assert storable_headers({"x" * 101: "v", "x" * 100: "v"}) == [("x" * 100, "v")]
    ((_, value),) = storable_headers({"x-long": "v" * 100_000})
    assert value == "v" * MAX_VALUE + "…"
    wide = storable_headers([(f"x-{index}", "v" * 2_000) for index in range(60)])
    assert sum(len(name) + len(value) for name, value in wide) <= MAX_TOTAL


def test_stored_headers_hold_nothing_that_a_database_refuses() -> None:
    assert storable_headers({"x-a": "a\0b\ud800c\r\n"}) == [("x-a", "a\ufffdb\ufffdc\ufffd\ufffd")]


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        quote(SECRET, safe="").lower(),
        "".join(f"%{byte:02X}" for byte in SECRET.encode()),
        b64encode(SECRET.encode()).decode(),
        urlsafe_b64encode(SECRET.encode()).decode().rstrip("="),
        SECRET.encode().hex(),
        SECRET.encode().hex().upper(),
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
    ],
)
def test_a51_a_secret_is_recognised_in_its_usual_encodings(form: str) -> None:
    redacted = redact(f"before {form} after", [SECRET])
    assert isinstance(redacted, str)
    assert REDACTED in redacted
    assert form not in redacted
    assert redacted.startswith("before ")
    assert redacted.endswith(" after")


@given(st.binary(max_size=10), st.binary(max_size=10))
def test_a51_a_secret_inside_encoded_bytes_is_recognised_wherever_it_begins(
    before: bytes, after: bytes
) -> None:
    """As in Basic authentication: base64 of `name:secret`."""
    secret = "correct horse battery staple"
    for encode in (b64encode, urlsafe_b64encode):
        text = encode(before + secret.encode() + after).decode()
        redacted = str(redact(text, [secret]))
        assert REDACTED in redacted
        # At most the characters shared with a neighbour are left on either side.
        assert len(redacted) - len(REDACTED) <= (len(before) + len(after)) * 8 // 6 + 8


def test_a51_keys_numbers_and_nested_texts_are_redacted() -> None:
    value = {"12345678": [12345678, 123456789, "x12345678y", 1.5, True, None]}
    assert redact(value, ["12345678"]) == {  # type: ignore[arg-type]
        REDACTED: [REDACTED, REDACTED, f"x{REDACTED}y", 1.5, True, None]
    }


def test_a51_a_secret_inside_a_longer_one_leaves_none_of_it_standing() -> None:
    assert redact("abcdef abcd", ["abcd", "abcdef"]) == f"{REDACTED} {REDACTED}"


def test_a51_the_secret_proper_of_a_standard_webhooks_secret_is_recognised() -> None:
    assert redact("x MfKQ9r8GKYqrTwjU y", ["whsec_MfKQ9r8GKYqrTwjU"]) == f"x {REDACTED} y"


def test_texts_without_secrets_stay_as_they_are() -> None:
    document = {"a": ["text % \\ +", 1.5]}
    assert redact(document, ["a-secret"]) == document  # type: ignore[arg-type]
    assert Redactor([]).json(document) is document  # type: ignore[arg-type]
    assert redact("aaa", ["a", ""]) == "aaa"


@given(st.text(min_size=4, max_size=12), st.text(max_size=30), st.text(max_size=30))
def test_a51_no_secret_is_left_in_any_text(secret: str, before: str, after: str) -> None:
    redacted = str(redact(before + secret + after, [secret]))
    assert secret not in redacted.replace(REDACTED, "\0\0\0\0\0")


def test_a51_an_escaped_secret_that_is_cut_off_goes_as_well() -> None:
    """As in a trace, where a list or an object that is too long stands as the head of its JSON."""
    secret = 'pass"word"word"word'
    shown = json.dumps(["x" * 20, secret])
    assert Redactor([secret]).cut_text(shown[:-6]) == '["xxxxxxxxxxxxxxxxxxxx", "[redacted]'


def test_many_long_secrets_are_looked_for_in_little_time() -> None:
    """Every decision's trace goes through it, on the loop that all decisions share."""
    begun = time.process_time()
    redactor = Redactor([f"{index:04}" + secrets.token_hex(2_000) for index in range(200)])
    for index in range(1_000):
        assert redactor.cut_text(f"%41 \\ value {index} " * 15)
    assert time.process_time() - begun < 3.0
