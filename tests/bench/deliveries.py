"""Signed deliveries, made before the clock runs: signing them costs the sender nothing then."""

import hashlib
import hmac
from dataclasses import dataclass

import msgspec

SIGNATURE_HEADER = "x-signature"


@dataclass(frozen=True, slots=True)
class Door:
    """Where deliveries go, and the secret that signs them."""

    host: str
    port: int
    path: str
    secret: str

    def at(self, port: int) -> "Door":
        """The same door of another server."""
        return Door(self.host, port, self.path, self.secret)


def delivery_id(label: str, index: int) -> str:
    """The sender's id of one delivery of the run `label`: in the body and in `webhook-id`."""
    return f"{label}-{index:07d}"


def make_body(event_id: str, size: int) -> bytes:
    """JSON of exactly `size` bytes that names its own id."""
    order = {"id": 1042, "total": 250.5, "currency": "EUR", "customer": "alice@example.org"}
    content: dict[str, object] = {"id": event_id, "action": "paid", "order": order, "note": ""}
    missing = size - len(msgspec.json.encode(content))
    return msgspec.json.encode(content | {"note": "x" * missing})


def make_request(door: Door, event_id: str, size: int) -> bytes:
    """A whole HTTP/1.1 request, signed with HMAC-SHA256 in hex."""
    body = make_body(event_id, size)
    signature = hmac.digest(door.secret.encode(), body, hashlib.sha256).hex()
    head = (
        f"POST {door.path} HTTP/1.1\r\n"
        f"Host: {door.host}:{door.port}\r\n"
        "Content-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n"
        f"webhook-id: {event_id}\r\n"
        f"{SIGNATURE_HEADER}: {signature}\r\n\r\n"
    )
    return head.encode() + body
