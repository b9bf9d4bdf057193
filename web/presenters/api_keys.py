"""API keys as their page shows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.rules.permissions import weaker_role
from domain.store.api_keys import ApiKeyListed
from web.presenters.words import Lamp

_LIVE = Lamp("Live", "clear")
_ROTATED = Lamp("Rotated", "caution")
_REVOKED = Lamp("Revoked", "off")
_EXPIRED = Lamp("Expired", "off")


@dataclass(frozen=True, slots=True)
class KeyShown:
    """A key. `role` is what it may now; `given_role` what it was made with, if that is more."""

    key: ApiKeyListed
    lamp: Lamp
    role: str
    given_role: str | None
    ended_at: datetime | None


def keys_shown(keys: Sequence[ApiKeyListed]) -> list[KeyShown]:
    """The keys, each with its state in a word."""
    return [_shown(key) for key in keys]


def _shown(key: ApiKeyListed) -> KeyShown:
    role = key.role if key.owner_role is None else weaker_role(key.role, key.owner_role)
    return KeyShown(
        key=key,
        lamp=_lamp(key),
        role=role,
        given_role=key.role if role != key.role else None,
        ended_at=key.revoked_at or key.expires_at,
    )


def _lamp(key: ApiKeyListed) -> Lamp:
    if key.revoked_at is not None:
        return _REVOKED
    if not key.live:
        return _EXPIRED
    return _ROTATED if key.replaced else _LIVE
