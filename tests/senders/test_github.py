"""GitHub's signature, its delivery id, and the confusions that are refused."""

import hashlib
import hmac

import pytest

from domain.senders import Refused, Verified
from domain.senders.github import GithubSender
from domain.senders.none import NoConfig
from tests.senders.samples import NOW

SECRET = "It's a Secret to Everybody"
BODY = b"Hello, World!"
# GitHub Docs, "Validating webhook deliveries".
SIGNATURE = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


def verdict(headers: dict[str, str], body: bytes = BODY) -> object:
    return GithubSender().verify(headers, body, [SECRET], NoConfig(), NOW)


def test_githubs_own_example_verifies_and_gives_its_delivery_id() -> None:
    headers = {"x-hub-signature-256": f"sha256={SIGNATURE}", "x-github-delivery": "72d3162e"}
    assert verdict(headers) == Verified("72d3162e")
    assert verdict({"x-hub-signature-256": f"sha256={SIGNATURE}"}) == Verified(None)


def test_a31_sha1_alone_is_refused_even_when_it_is_right() -> None:
    sha1 = hmac.new(SECRET.encode(), BODY, hashlib.sha1).hexdigest()
    assert verdict({"x-hub-signature": f"sha1={sha1}"}) == Refused("unsupported_signature")
    assert verdict({"x-hub-signature-256": f"sha1={sha1}"}) == Refused("unsupported_signature")


def test_a31_a_right_sha1_does_not_help_a_wrong_sha256() -> None:
    sha1 = hmac.new(SECRET.encode(), BODY, hashlib.sha1).hexdigest()
    headers = {"x-hub-signature": f"sha1={sha1}", "x-hub-signature-256": "sha256=" + "0" * 64}
    assert verdict(headers) == Refused("bad_signature")


@pytest.mark.parametrize(
    "signature",
    [
        SIGNATURE,
        f"SHA256={SIGNATURE}",
        f"none={SIGNATURE}",
        f" sha256={SIGNATURE}",
        f"v1,{SIGNATURE}",
    ],
)
def test_a31_another_prefix_is_refused(signature: str) -> None:
    assert verdict({"x-hub-signature-256": signature}) == Refused("unsupported_signature")


@pytest.mark.parametrize(
    "signature",
    [
        "sha256=",
        f"sha256={SIGNATURE}00",
        f"sha256={SIGNATURE[:-1]}",
        f"sha256={SIGNATURE[:2]} {SIGNATURE[2:]}",
        f"sha256={SIGNATURE},sha256={SIGNATURE}",
        f"sha256=sha256={SIGNATURE}",
        "sha256=" + "é" * 64,
    ],
)
def test_what_is_not_the_digest_in_hex_is_refused(signature: str) -> None:
    assert verdict({"x-hub-signature-256": signature}) == Refused("bad_signature")


def test_upper_case_hex_is_the_same_digest() -> None:
    headers = {"x-hub-signature-256": f"sha256={SIGNATURE.upper()}"}
    assert verdict(headers) == Verified(None)


def test_the_title_is_githubs_event() -> None:
    sender = GithubSender()
    assert sender.describe({"x-github-event": "pull_request"}, b"{}") == "pull_request"
    assert sender.describe({}, b"{}") == "GitHub delivery"
