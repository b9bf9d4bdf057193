"""The inbound schemes, one file each, and the registry by which triggers name them."""

from typing import Any

from domain.errors import InvalidInput
from domain.senders.github import GithubSender
from domain.senders.hmac import HmacSender
from domain.senders.none import NoneSender
from domain.senders.secrets import check_secret, new_secret
from domain.senders.sender import Headers, RefusalReason, Refused, Sender, Verification, Verified
from domain.senders.standard import StandardSender

__all__ = [
    "SENDERS",
    "Headers",
    "RefusalReason",
    "Refused",
    "Sender",
    "Verification",
    "Verified",
    "check_secret",
    "new_secret",
    "sender_for",
]

# Each sender takes the configuration that its own `parse_config` made: hence Any.
_ALL: tuple[Sender[Any], ...] = (NoneSender(), HmacSender(), StandardSender(), GithubSender())
SENDERS: dict[str, Sender[Any]] = {sender.scheme: sender for sender in _ALL}


def sender_for(scheme: object, field: str = "config.scheme") -> Sender[Any]:
    """The sender of that name. Raises InvalidInput for any other."""
    sender = SENDERS.get(scheme) if isinstance(scheme, str) else None
    if sender is None:
        raise InvalidInput.at(field, f"must be one of {', '.join(SENDERS)}")
    return sender
