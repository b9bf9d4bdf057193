"""Accept an invitation: as someone new, with one's password, or while signed in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.coordination.tries import Tries
from domain.errors import Forbidden, InvalidInput, NotFound
from domain.operations.one_time_tokens import hash_of
from domain.operations.open_session import open_session
from domain.operations.passwords import hash_new_password
from domain.operations.saving import check
from domain.operations.sign_in import Credentials, WrongCredentials, check_credentials
from domain.rules.names import name_problems
from domain.rules.permissions import OWN_PROFILE, Actor
from domain.store import audit, invitations, teams, users
from domain.store.database import Row, transaction
from domain.store.sessions import Device
from domain.store.team_scope import every_team


class UsedInvitation(NotFound):
    """This invitation was used, withdrawn or replaced, or it has expired. Ask for another one."""

    code = "used_invitation"


class NotTheirs(Forbidden):
    """This invitation is for another address than the one you are signed in with."""

    code = "not_theirs"


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where somebody comes from, the session that their browser brings, and on which request."""

    device: Device
    old_token: str | None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Newcomer:
    """The token of an invitation, and what somebody gives with it: a password, and a name when
    they are new."""

    token: str
    name: str
    password: str


@dataclass(frozen=True, slots=True)
class Invitee:
    """Who was asked in, and how they get in: `known` users give their password, those who are not
    (`known` False) choose a name and one. `sign_in_first`: they have no password here."""

    invitation: Row
    known: bool
    sign_in_first: bool


async def invitee_of(token: str) -> Invitee:
    """What the link says. Changes nothing: whoever only looks uses nothing up. Raises
    UsedInvitation."""
    found = await _find(token)
    user = await users.user_by_email(found["email"])
    return Invitee(found, user is not None, user is not None and user["password_hash"] is None)


async def _find(token: str) -> Row:
    hashed = hash_of(token)
    found = None if hashed is None else await invitations.find_by_token(hashed)
    if found is None:
        raise UsedInvitation
    return found


async def accept_as_new(newcomer: Newcomer, arrival: Arrival) -> str:
    """The token of a session of the new user. Raises InvalidInput, UsedInvitation, and Conflict
    when the address became somebody's in the meantime."""
    found = await _find(newcomer.token)
    check(name_problems(newcomer.name))
    stored = await hash_new_password(newcomer.password)
    async with transaction():
        user_id = await users.add_user(found["email"], newcomer.name, stored)
        user = {"id": user_id, "name": newcomer.name}
        actor = await _join(newcomer.token, user, arrival.request_id)
        return await open_session(actor, arrival.device, old_token=arrival.old_token)


async def accept_with_password(newcomer: Newcomer, arrival: Arrival, tries: Tries) -> str:
    """The token of a session in the team. Raises InvalidInput at `password`, UsedInvitation and
    Throttled: a guess here counts as one at the sign-in form."""
    found = await _find(newcomer.token)
    given = Credentials(found["email"], newcomer.password, arrival.device)
    try:
        user = await check_credentials(given, tries)
    except WrongCredentials:
        raise InvalidInput.at("password", "is not the password of this address") from None
    async with transaction():
        actor = await _join(newcomer.token, user, arrival.request_id)
        return await open_session(actor, arrival.device, old_token=arrival.old_token)


async def accept_signed_in(actor: Actor, email: str, token: str, arrival: Arrival) -> str:
    """The token of a session in the team, in place of the present one. Raises UsedInvitation, and
    NotTheirs when the actor's address `email` is not the invited one."""
    actor.require(OWN_PROFILE)
    with every_team():  # the session is one of another team
        found = await _find(token)
        if actor.id is None or found["email"] != email:
            raise NotTheirs
        return await _join_and_open(actor, token, arrival)


async def _join_and_open(actor: Actor, token: str, arrival: Arrival) -> str:
    async with transaction():
        joined = await _join(token, {"id": actor.id, "name": actor.name}, actor.request_id)
        return await open_session(
            joined, arrival.device, old_token=arrival.old_token, action="change_team"
        )


async def _join(token: str, user: Mapping[str, Any], request_id: str | None) -> Actor:
    """Within the transaction: the token is used up, so of two at once only one joins."""
    taken = await invitations.take(hash_of(token) or b"")
    if taken is None:
        raise UsedInvitation
    user_id = user["id"]
    await teams.add_membership(taken["team_id"], user_id, taken["role"])
    actor = Actor(taken["team_id"], "user", user_id, user["name"], taken["role"], request_id)
    facts = {"email": taken["email"], "role": taken["role"]}
    await audit.record(actor, "accept", "invitation", taken["id"], after=facts)
    return actor
