"""Give a user another password."""

from uuid import UUID

from domain.operations.passwords import check_new_password, hash_password
from domain.rules.permissions import MANAGE_MEMBERS, Actor
from domain.store import audit, users
from domain.store.database import transaction


async def change_password(actor: Actor, user_id: UUID, password: str) -> None:
    """All sessions that the old password opened end. Raises InvalidInput.

    For operators: `user_id` is not checked against the actor's team.
    """
    actor.require(MANAGE_MEMBERS)
    check_new_password(password)
    stored = await hash_password(password)
    async with transaction():
        await users.change_password(user_id, stored)
        await audit.record(actor, "change_password", "user", user_id)
