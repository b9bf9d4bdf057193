"""Create a key of the JSON API."""

import secrets
from dataclasses import dataclass
from uuid import UUID

from domain.errors import InvalidInput
from domain.operations.saving import check
from domain.rules.key_tokens import PREFIX_BYTES, SECRET_BYTES, make_key
from domain.rules.names import name_problems
from domain.rules.permissions import MANAGE_KEYS, ROLES, Actor
from domain.store import api_keys, audit
from domain.store.database import transaction


@dataclass(frozen=True, slots=True)
class CreatedKey:
    """A new key; `text` is shown this once and kept nowhere."""

    id: UUID
    text: str
    prefix: str


async def create_api_key(actor: Actor, name: str, role: str) -> CreatedKey:
    """A key that acts in the actor's team with `role`. Raises InvalidInput."""
    actor.require(MANAGE_KEYS)
    check(name_problems(name))
    if role not in ROLES:
        raise InvalidInput.at("role", f"must be one of {', '.join(ROLES)}")
    key = make_key(secrets.token_bytes(PREFIX_BYTES + SECRET_BYTES))
    async with transaction():
        key_id = await api_keys.add_api_key(actor.team_id, name, role, key.prefix, key.hash)
        facts = {"name": name, "role": role, "prefix": key.prefix}
        await audit.record(actor, "create", "api_key", key_id, after=facts)
    return CreatedKey(key_id, key.text, key.prefix)
