"""Signatures as the senders' own documents describe them, made without the product's code."""

import base64
import hashlib
import hmac
import time

Headers = dict[str, str]


def github(secret: str, body: bytes) -> Headers:
    """GitHub Docs, "Validating webhook deliveries"."""
    return {"X-Hub-Signature-256": "sha256=" + hex_mac(secret, body)}


def plain(secret: str, body: bytes) -> Headers:
    """A bare HMAC-SHA256 in hex."""
    return {"X-Signature": hex_mac(secret, body)}


def standard(
    secret: str, body: bytes, message_id: str = "msg_1", timestamp: str | None = None
) -> Headers:
    """Standard Webhooks, specification 1."""
    instant = str(int(time.time())) if timestamp is None else timestamp
    return {
        "webhook-id": message_id,
        "webhook-timestamp": instant,
        "webhook-signature": "v1," + standard_mac(secret, f"{message_id}.{instant}.", body),
    }


def stripe(secret: str, body: bytes, timestamp: str | None = None) -> Headers:
    """Stripe Docs, "Verify webhook signatures manually"."""
    instant = str(int(time.time())) if timestamp is None else timestamp
    mac = hex_mac(secret, f"{instant}.".encode() + body)
    return {"Stripe-Signature": f"t={instant},v1={mac}"}


def slack(secret: str, body: bytes, timestamp: str | None = None) -> Headers:
    """Slack API docs, "Verifying requests from Slack"."""
    instant = str(int(time.time())) if timestamp is None else timestamp
    mac = hex_mac(secret, f"v0:{instant}:".encode() + body)
    return {"X-Slack-Request-Timestamp": instant, "X-Slack-Signature": f"v0={mac}"}


def shopify(secret: str, body: bytes) -> Headers:
    """Shopify dev docs, "Deliver webhooks through HTTPS"."""
    mac = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return {"X-Shopify-Hmac-Sha256": base64.b64encode(mac).decode()}


def hex_mac(secret: str, body: bytes, algorithm: str = "sha256") -> str:
    return hmac.new(secret.encode(), body, getattr(hashlib, algorithm)).hexdigest()


def standard_mac(secret: str, before: str, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = before.encode() + body
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
