"""Give a key of the JSON API a successor, and let both work while callers change over."""

from datetime import timedelta
from uuid import UUID

from domain.clock import utc_now
from domain.errors import Conflict, InvalidInput, NotFound
from domain.operations.create_api_key import CreatedKey, store_new_key
from domain.operations.saving import won
from domain.rules.permissions import MANAGE_KEYS, Actor, weaker_role
from domain.store import api_keys, audit
from domain.store.database import transaction

OVERLAPS_S = (0, 3_600, 86_400, 604_800)


class AlreadyRotated(Conflict):
    """This key has a successor already. Rotate that one, or revoke this one."""


async def rotate_api_key(actor: Actor, key_id: UUID, *, overlap_s: int = 86_400) -> CreatedKey:
    """A new key with the name and role of the old one, and a life of the same length; the old one
    ends after `overlap_s` seconds (one of `OVERLAPS_S`), at once with 0.

    Raises NotFound for a key that is not live, AlreadyRotated, InvalidInput.
    """
    actor.require(MANAGE_KEYS)
    if overlap_s not in OVERLAPS_S:
        seconds = ", ".join(map(str, OVERLAPS_S))
        raise InvalidInput.at("overlap_s", f"must be one of {seconds}")
    now = utc_now()
    async with transaction():
        old = await api_keys.lock_live_key(actor.team_id, key_id)
        if old is None:
            raise NotFound
        if old.replaced:
            raise AlreadyRotated
        life = old.expires_at - old.created_at if old.expires_at else None
        role = weaker_role(old.role, actor.role)
        expires_at = None if life is None else now + life
        made = await store_new_key(actor, old.name, role, expires_at=expires_at, replaces=key_id)
        if overlap_s:
            won(await api_keys.end_key(actor.team_id, key_id, now + timedelta(seconds=overlap_s)))
        else:
            await api_keys.revoke(actor.team_id, key_id)
        facts = {"prefix": old.prefix, "successor": made.prefix, "overlap_s": overlap_s}
        await audit.record(actor, "rotate", "api_key", key_id, after=facts)
    return made
