"""Give a user another password: as an operator, or one's own."""

from dataclasses import dataclass
from uuid import UUID

from domain.coordination.tries import Tries
from domain.errors import InvalidInput, NotFound
from domain.operations.open_session import open_session
from domain.operations.passwords import hash_new_password
from domain.operations.sign_in import Credentials, WrongCredentials, check_credentials
from domain.rules.permissions import MANAGE_MEMBERS, OWN_PROFILE, Actor
from domain.store import audit, users
from domain.store.database import transaction
from domain.store.sessions import Device
from domain.store.team_scope import every_team


@dataclass(frozen=True, slots=True)
class PasswordChange:
    """The old password, for proof, and the new one."""

    old: str
    new: str


async def change_password(actor: Actor, user_id: UUID, password: str) -> None:
    """All sessions that the old password opened end. Raises InvalidInput.

    For operators: `user_id` is not checked against the actor's team.
    """
    actor.require(MANAGE_MEMBERS)
    stored = await hash_new_password(password)
    async with transaction():
        await users.change_password(user_id, stored)
        await audit.record(actor, "change_password", "user", user_id)


async def change_own_password(
    actor: Actor, change: PasswordChange, device: Device, tries: Tries
) -> str:
    """The token of the session that takes the place of all of the actor's, this one included.

    Raises InvalidInput at `old_password` or `password`, Throttled (guesses of the old one count as
    sign-ins do), and NotFound for someone who has no password here.
    """
    actor.require(OWN_PROFILE)
    user = await users.user_by_id(actor.id) if actor.id else None
    if user is None or user["password_hash"] is None:
        raise NotFound
    try:
        await check_credentials(Credentials(user["email"], change.old, device), tries)
    except WrongCredentials:
        raise InvalidInput.at("old_password", "is not your password") from None
    stored = await hash_new_password(change.new)
    with every_team():  # the sessions of all teams end
        return await _replace(actor, user["id"], stored, device)


async def _replace(actor: Actor, user_id: UUID, stored: str, device: Device) -> str:
    async with transaction():
        await users.change_password(user_id, stored)
        await audit.record(actor, "change_password", "user", user_id)
        return await open_session(actor, device, old_token=None, action="replace")
