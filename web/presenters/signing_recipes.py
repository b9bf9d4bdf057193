"""How a delivery of each scheme is signed, said once: the samples in every language are written
from it.

A recipe names what is signed, with which key, and in which headers the signature stands. It knows
no secret.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Part(Enum):
    """A value that is only known when the delivery is sent."""

    BODY = "body"
    TIMESTAMP = "timestamp"
    ID = "id"
    SIGNATURE = "signature"


Text = tuple[str | Part, ...]
"""Literal text with parts in between."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one delivery is made. `signed` is empty for a scheme that does not sign; `base64_key`:
    the key is what the secret spells in base64 after `whsec_`, not the secret itself."""

    method: str = "POST"
    signed: Text = ()
    base64_key: bool = False
    algorithm: str = "sha256"
    encoding: str = "hex"
    headers: tuple[tuple[str, Text], ...] = ()

    def uses(self, part: Part) -> bool:
        """Whether the delivery has such a part."""
        texts = [self.signed, *(value for _, value in self.headers)]
        return any(part in text for text in texts)

    @property
    def all_headers(self) -> tuple[tuple[str, Text], ...]:
        """The headers, that of the body's type first."""
        return (("Content-Type", ("application/json",)), *self.headers)


_PLACEHOLDER = re.compile(r"(\{(?:body|timestamp|id)\})")
_BODY: Text = (Part.BODY,)
_METHODS = ("POST", "PUT", "PATCH", "DELETE", "GET")


def recipe_for(scheme: str, config: Mapping[str, Any]) -> Recipe:
    """The recipe of a trigger with this scheme and these settings."""
    return _SCHEMES[scheme](config, method_for(config))


def method_for(config: Mapping[str, Any]) -> str:
    """POST where the trigger takes it, else the first that it takes."""
    taken = config.get("methods") or ["POST"]
    return next((method for method in _METHODS if method in taken), "POST")


def _none(_config: Mapping[str, Any], method: str) -> Recipe:
    return Recipe(method)


def _hmac(config: Mapping[str, Any], method: str) -> Recipe:
    prefix = str(config.get("prefix") or "")
    signature: Text = (prefix, Part.SIGNATURE) if prefix else (Part.SIGNATURE,)
    headers: list[tuple[str, Text]] = [(str(config.get("header") or "X-Signature"), signature)]
    signed = _parsed(str(config.get("signed") or "{body}"))
    if Part.TIMESTAMP in signed:
        headers.append((str(config.get("timestamp_header") or ""), (Part.TIMESTAMP,)))
    if config.get("id_header"):
        headers.append((str(config["id_header"]), (Part.ID,)))
    return Recipe(
        method,
        signed,
        algorithm=str(config.get("algorithm") or "sha256"),
        encoding=str(config.get("encoding") or "hex"),
        headers=tuple(headers),
    )


def _parsed(template: str) -> Text:
    """`{timestamp}.{body}` as parts."""
    pieces = [piece for piece in _PLACEHOLDER.split(template) if piece]
    return tuple(Part(p[1:-1]) if _PLACEHOLDER.fullmatch(p) else p for p in pieces)


def _standard(_config: Mapping[str, Any], method: str) -> Recipe:
    headers: tuple[tuple[str, Text], ...] = (
        ("webhook-id", (Part.ID,)),
        ("webhook-timestamp", (Part.TIMESTAMP,)),
        ("webhook-signature", ("v1,", Part.SIGNATURE)),
    )
    signed: Text = (Part.ID, ".", Part.TIMESTAMP, ".", Part.BODY)
    return Recipe(method, signed, base64_key=True, encoding="base64", headers=headers)


def _github(_config: Mapping[str, Any], method: str) -> Recipe:
    headers: tuple[tuple[str, Text], ...] = (
        ("X-GitHub-Event", ("issues",)),
        ("X-GitHub-Delivery", (Part.ID,)),
        ("X-Hub-Signature-256", ("sha256=", Part.SIGNATURE)),
    )
    return Recipe(method, _BODY, headers=headers)


def _stripe(_config: Mapping[str, Any], method: str) -> Recipe:
    value: Text = ("t=", Part.TIMESTAMP, ",v1=", Part.SIGNATURE)
    signed: Text = (Part.TIMESTAMP, ".", Part.BODY)
    return Recipe(method, signed, headers=(("Stripe-Signature", value),))


def _slack(_config: Mapping[str, Any], method: str) -> Recipe:
    headers: tuple[tuple[str, Text], ...] = (
        ("X-Slack-Request-Timestamp", (Part.TIMESTAMP,)),
        ("X-Slack-Signature", ("v0=", Part.SIGNATURE)),
    )
    return Recipe(method, ("v0:", Part.TIMESTAMP, ":", Part.BODY), headers=headers)


def _shopify(_config: Mapping[str, Any], method: str) -> Recipe:
    headers: tuple[tuple[str, Text], ...] = (
        ("X-Shopify-Topic", ("orders/paid",)),
        ("X-Shopify-Webhook-Id", (Part.ID,)),
        ("X-Shopify-Hmac-Sha256", (Part.SIGNATURE,)),
    )
    return Recipe(method, _BODY, encoding="base64", headers=headers)


_SCHEMES: Mapping[str, Callable[[Mapping[str, Any], str], Recipe]] = {
    "none": _none,
    "hmac": _hmac,
    "standard": _standard,
    "github": _github,
    "stripe": _stripe,
    "slack": _slack,
    "shopify": _shopify,
}
