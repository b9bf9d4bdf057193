"""The inbound schemes, one file each, and the registry by which triggers name them."""

from typing import Any

from domain.errors import InvalidInput
from domain.senders.github import GithubSender
from domain.senders.hmac import HmacSender
from domain.senders.none import NoneSender
from domain.senders.secrets import check_secret, new_secret
from domain.senders.sender import (
    BodyMemory,
    Headers,
    RefusalReason,
    Refused,
    Reply,
    Sender,
    Verification,
    Verified,
)
from domain.senders.shopify import ShopifySender
from domain.senders.slack import SlackSender
from domain.senders.standard import StandardSender
from domain.senders.stripe import StripeSender

__all__ = [
    "SENDERS",
    "BodyMemory",
    "Headers",
    "RefusalReason",
    "Refused",
    "Reply",
    "Sender",
    "Verification",
    "Verified",
    "check_secret",
    "new_secret",
    "sender_for",
]

# Each sender takes the configuration that its own `parse_config` made: hence Any.
_ALL: tuple[Sender[Any], ...] = (
    NoneSender(),
    HmacSender(),
    StandardSender(),
    GithubSender(),
    StripeSender(),
    SlackSender(),
    ShopifySender(),
)
SENDERS: dict[str, Sender[Any]] = {sender.scheme: sender for sender in _ALL}


def sender_for(scheme: object, field: str = "config.scheme") -> Sender[Any]:
    """The sender of that name. Raises InvalidInput for any other."""
    sender = SENDERS.get(scheme) if isinstance(scheme, str) else None
    if sender is None:
        raise InvalidInput.at(field, f"must be one of {', '.join(SENDERS)}")
    return sender
