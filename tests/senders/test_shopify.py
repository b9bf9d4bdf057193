"""Shopify's signature, delivery id and topic."""

import base64
import hashlib
import hmac

import pytest

from domain.senders import Refused, Verified
from domain.senders.none import NoConfig
from domain.senders.shopify import ShopifySender
from tests.senders.samples import NOW

SENDER = ShopifySender()
SECRET = "shpss_" + "0" * 32
BODY = b'{"id":1042}'
MAC = hmac.new(SECRET.encode(), BODY, hashlib.sha256).digest()


def verdict(signature: str, **headers: str) -> object:
    given = {"x-shopify-hmac-sha256": signature, **headers}
    return SENDER.verify(given, BODY, [SECRET], NoConfig(), NOW)


def test_the_body_is_signed_in_base64() -> None:
    signature = base64.b64encode(MAC).decode()
    assert verdict(signature) == Verified(None)
    assert verdict(signature, **{"x-shopify-webhook-id": "b-1"}) == Verified("b-1")


@pytest.mark.parametrize(
    "signature", [MAC.hex(), "sha256=" + base64.b64encode(MAC).decode(), "AA=="]
)
def test_a31_another_encoding_is_refused(signature: str) -> None:
    assert verdict(signature) == Refused("bad_signature")


def test_the_title_is_the_topic() -> None:
    assert SENDER.describe({"x-shopify-topic": "orders/paid"}, BODY) == "orders/paid"
    assert SENDER.describe({}, BODY) == "Shopify delivery"
