"""Create a key of the JSON API."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from domain.clock import utc_now
from domain.errors import InvalidInput
from domain.operations.saving import check
from domain.rules.key_tokens import PREFIX_BYTES, SECRET_BYTES, KeyToken, make_key
from domain.rules.names import name_problems
from domain.rules.permissions import MANAGE_KEYS, ROLES, Actor, weaker_role
from domain.store import api_keys, audit
from domain.store.api_keys import NewApiKey
from domain.store.database import transaction

LONGEST_LIFE = timedelta(days=3660)


@dataclass(frozen=True, slots=True)
class CreatedKey:
    """A new key; `text` is shown this once and kept nowhere."""

    id: UUID
    text: str
    prefix: str
    name: str
    role: str
    expires_at: datetime | None


async def create_api_key(
    actor: Actor, name: str, role: str, *, expires_at: datetime | None = None
) -> CreatedKey:
    """A key that acts in the actor's team with `role` until `expires_at` (None: until revoked).

    It belongs to the member who makes it, or who owns the key that makes it: it goes with their
    membership, and never may more than they may at the time. Raises InvalidInput.
    """
    actor.require(MANAGE_KEYS)
    check(name_problems(name))
    _check_role(actor, role)
    if expires_at is not None:
        _check_end(expires_at, utc_now())
    async with transaction():
        if await api_keys.live_keys(actor.team_id) >= api_keys.MOST_LIVE:
            raise InvalidInput.at("name", f"a team has at most {api_keys.MOST_LIVE} live keys")
        return await store_new_key(actor, name, role, expires_at=expires_at)


def _check_role(actor: Actor, role: str) -> None:
    if role not in ROLES:
        raise InvalidInput.at("role", f"must be one of {', '.join(ROLES)}")
    if weaker_role(role, actor.role) != role:
        raise InvalidInput.at("role", "must not allow more than your own role")


def _check_end(expires_at: datetime, now: datetime) -> None:
    if expires_at <= now:
        raise InvalidInput.at("expires_at", "must lie ahead")
    if expires_at > now + LONGEST_LIFE:
        raise InvalidInput.at("expires_at", "must lie within ten years")


async def store_new_key(
    actor: Actor,
    name: str,
    role: str,
    *,
    expires_at: datetime | None,
    replaces: UUID | None = None,
) -> CreatedKey:
    """Make and store a key, within a transaction."""
    key: KeyToken = make_key(secrets.token_bytes(PREFIX_BYTES + SECRET_BYTES))
    owner = await _owner(actor)
    new = NewApiKey(name, role, key.prefix, key.hash, expires_at, owner, replaces)
    key_id = await api_keys.add_api_key(actor.team_id, new)
    facts = {"name": name, "role": role, "prefix": key.prefix}
    if expires_at is not None:
        facts["expires_at"] = expires_at.isoformat()
    await audit.record(actor, "create", "api_key", key_id, after=facts)
    return CreatedKey(key_id, key.text, key.prefix, name, role, expires_at)


async def _owner(actor: Actor) -> UUID | None:
    """Whose rights bound what the actor makes: a key's maker is a member, if it has one."""
    if actor.kind == "api_key" and actor.id is not None:
        return await api_keys.owner_of(actor.team_id, actor.id)
    return actor.id if actor.kind == "user" else None
