"""The scheme `shopify`: `X-Shopify-Hmac-Sha256`, an HMAC-SHA256 of the raw body in base64.

Source: Shopify dev docs, "Deliver webhooks through HTTPS". Shopify signs neither an instant nor the
delivery id (`X-Shopify-Webhook-Id`), so bodies are remembered besides ids.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from domain.rules.signatures import digest, digests, encoded, which_matches
from domain.senders.none import NoConfig, parse_no_config
from domain.senders.sender import Headers, Refused, Usual, Verification, Verified
from domain.senders.titles import title_from


class ShopifySender(Usual):
    """Shopify's webhooks."""

    scheme = "shopify"
    needs_secret = True

    def parse_config(self, raw: Mapping[str, object], field: str = "config") -> NoConfig:
        """There is nothing to set."""
        return parse_no_config(raw, field)

    def verify(
        self,
        headers: Headers,
        body: bytes,
        secrets: Sequence[str],
        _config: NoConfig,
        _now: datetime,
    ) -> Verification:
        """The signature must be one of the body as it came."""
        given = headers.get("x-shopify-hmac-sha256", "")
        if not given:
            return Refused("no_signature")
        expected = digests("sha256", map(str.encode, secrets), body)
        place = which_matches(given, "base64", expected)
        if place is None:
            return Refused("bad_signature")
        return Verified(headers.get("x-shopify-webhook-id"), place)

    def describe(self, headers: Headers, _body: bytes) -> str:
        """Shopify's topic, such as `orders/paid`."""
        return title_from(headers, "x-shopify-topic", otherwise="Shopify delivery")

    def sign(
        self, body: bytes, secret: str, _config: NoConfig, _now: datetime, delivery_id: str
    ) -> dict[str, str]:
        """The headers that Shopify sends with a paid order."""
        return {
            "X-Shopify-Topic": "orders/paid",
            "X-Shopify-Shop-Domain": "junction-north.myshopify.com",
            "X-Shopify-Webhook-Id": delivery_id,
            "X-Shopify-Hmac-Sha256": encoded(digest("sha256", secret.encode(), body), "base64"),
        }

    def sample_body(self) -> bytes:
        """An order that was paid."""
        return (
            b'{"id":820982911946154508,"name":"#1042","financial_status":"paid",'
            b'"total_price":"129.90","currency":"EUR","updated_at":"2026-01-02T03:04:05+00:00",'
            b'"customer":{"email":"alice@example.org"},'
            b'"line_items":[{"sku":"LAMP-12","quantity":2,"price":"64.95"}]}'
        )
