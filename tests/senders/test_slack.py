"""Slack's signature, and its question whether an address is really meant."""

import hashlib
import hmac

import pytest

from domain.senders import Refused, Reply, Verified
from domain.senders.slack import SlackSender
from domain.senders.timestamps import TimedConfig
from tests.senders.samples import NOW

SENDER = SlackSender()
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"  # Slack's own example.
BODY = b"command=%2Fsignal&text=12"
INSTANT = str(int(NOW.timestamp()))


def mac(body: bytes = BODY) -> str:
    """As Slack's documents describe it, without the product's code."""
    signed = f"v0:{INSTANT}:".encode() + body
    return hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()


def verdict(signature: str, instant: str = INSTANT) -> object:
    headers = {"x-slack-signature": signature, "x-slack-request-timestamp": instant}
    return SENDER.verify(headers, BODY, [SECRET], TimedConfig(), NOW)


def test_version_instant_and_body_are_signed() -> None:
    assert verdict(f"v0={mac()}") == Verified(None)
    assert verdict(f"v0={mac()}", str(int(INSTANT) + 1)) == Refused("bad_signature")


@pytest.mark.parametrize("version", ["v1", "sha256", "none", "", "V0"])
def test_a31_only_version_0_counts(version: str) -> None:
    assert verdict(f"{version}={mac()}") == Refused("unsupported_signature")


@pytest.mark.parametrize(("instant", "reason"), [("", "no_timestamp"), ("1.5", "bad_timestamp")])
def test_a33_without_an_instant_nothing_verifies(instant: str, reason: str) -> None:
    assert verdict(f"v0={mac()}", instant) == Refused(reason)  # type: ignore[arg-type]


def test_a_challenge_is_answered_and_is_no_event() -> None:
    asked = b'{"token":"x","challenge":"3eZbrw1aB10FEMAGAZd4FyFQ","type":"url_verification"}'
    assert SENDER.reply(asked) == Reply("3eZbrw1aB10FEMAGAZd4FyFQ", "text/plain")
    assert SENDER.reply(b'{"type":"event_callback","event":{"text":"url_verification"}}') is None
    assert SENDER.reply(asked + b" " * 5_000) is None


def test_the_title_is_the_type_of_the_inner_event() -> None:
    assert SENDER.describe({}, SENDER.sample_body()) == "app_mention"
    assert SENDER.describe({}, BODY) == "Slack request"
