"""Stripe's signature: several schemes and secrets in one header (rows A29 to A33)."""

import hashlib
import hmac
from typing import Any

import pytest

from domain.senders import Refused, Verified
from domain.senders.stripe import StripeSender
from domain.senders.timestamps import TimedConfig
from tests.senders.samples import NOW

SENDER = StripeSender()
SECRET = "whsec_" + "a" * 32
OLD = "whsec_" + "b" * 32
BODY = b'{"id":"evt_1","type":"invoice.paid","data":{"object":{"type":"card"}}}'
INSTANT = str(int(NOW.timestamp()))


def mac(secret: str = SECRET, instant: str = INSTANT, body: bytes = BODY) -> str:
    """As Stripe's documents describe it, without the product's code."""
    return hmac.new(secret.encode(), f"{instant}.".encode() + body, hashlib.sha256).hexdigest()


def verdict(header: str, secrets: tuple[str, ...] = (SECRET,)) -> object:
    return SENDER.verify({"stripe-signature": header}, BODY, secrets, TimedConfig(), NOW)


def test_the_instant_and_the_body_are_signed() -> None:
    assert verdict(f"t={INSTANT},v1={mac()}") == Verified(None)
    later = str(int(INSTANT) + 1)
    assert verdict(f"t={later},v1={mac()}") == Refused("bad_signature")


def test_a37_while_a_secret_is_rolled_one_of_several_signatures_is_enough() -> None:
    header = f"t={INSTANT},v1={mac(OLD)},v1={mac()},v0={'0' * 64}"
    assert verdict(header) == verdict(header, (OLD,)) == Verified(None)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("", "no_signature"),
        (",", "no_signature"),
        (f"t={INSTANT}", "unsupported_signature"),
        (f"t={INSTANT},v1=", "unsupported_signature"),
        (f"t={INSTANT},v0={mac()}", "unsupported_signature"),
        (f"v1={mac()}", "no_timestamp"),
        (f"t=,v1={mac()}", "no_timestamp"),
        (f"t={INSTANT},t={INSTANT},v1={mac()}", "bad_timestamp"),
        (f"t={INSTANT}.5,v1={mac()}", "bad_timestamp"),
        (f"t=-{INSTANT},v1={mac()}", "bad_timestamp"),
        (f"t=1,v1={mac(instant='1')}", "too_old"),
        (f"t={INSTANT},v1=sha256={mac()}", "bad_signature"),
        (f"t={INSTANT},v1={'0' * 64}", "bad_signature"),
    ],
)
def test_a29_to_a33_what_is_not_such_a_header_is_refused(header: str, reason: Any) -> None:
    assert verdict(header) == Refused(reason)


@pytest.mark.parametrize(("place", "outcome"), [(7, Verified(None)), (8, Refused("bad_signature"))])
def test_a29_of_many_signatures_eight_are_tried(place: int, outcome: object) -> None:
    many = ["v1=" + "0" * 64] * 100
    many[place] = f"v1={mac()}"
    assert verdict(",".join([f"t={INSTANT}", *many])) == outcome


def test_the_title_is_the_type_of_the_event_and_not_of_a_part_of_it() -> None:
    assert SENDER.describe({}, BODY) == "invoice.paid"
    assert SENDER.describe({}, b"{}") == "Stripe event"
