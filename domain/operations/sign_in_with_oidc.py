"""Sign in as whom the operator's OpenID Connect provider says it is.

Nobody registers themselves: the address must be a member's, or be invited.
"""

from collections.abc import Mapping
from typing import Any

from domain import metrics
from domain.coordination.tries import Limit, Tries
from domain.errors import Unauthenticated
from domain.logs import logger
from domain.operations.open_session import open_session
from domain.providers.oidc import Identity
from domain.rules.names import MOST_NAME_CHARACTERS, email_problems, name_problems
from domain.rules.permissions import Actor
from domain.store import audit, oidc, teams, users
from domain.store.database import transaction
from domain.store.sessions import Device

log = logger(__name__)
ACTION = "sign_in_elsewhere"


class NotVerified(Unauthenticated):
    """The sign-in service has not verified your e-mail address. Verify it there, then try again."""

    code = "not_verified"


class NotInvited(Unauthenticated):
    """Nobody here knows your address. Ask an admin of a team to invite you."""

    code = "not_invited"


class LinkedElsewhere(Unauthenticated):
    """Your address belongs to someone who signs in with another account of the sign-in service."""

    code = "linked_elsewhere"


async def count_try(tries: Tries, device: Device) -> None:
    """One more sign-in from this address. Raises Throttled."""
    await tries.count([Limit(f"oidc {device.address}", 30, 300)])


async def sign_in_with_oidc(
    identity: Identity, device: Device, *, old_token: str | None, request_id: str | None = None
) -> str:
    """The token of a new session; the old one's session is ended.

    An account is found by the provider's subject, then by its address, which it is linked to from
    then on; someone new comes in by their invitation. Raises NotVerified, NotInvited,
    LinkedElsewhere, and Conflict when two sign-ins make the same account at once.
    """
    try:
        _check_address(identity)
        async with transaction():
            actor = await _actor(identity, request_id)
            token = await open_session(actor, device, old_token=old_token, action=ACTION)
    except Unauthenticated as refused:
        _note(refused.code, device)
        raise
    _note("right", device)
    return token


def _note(result: str, device: Device) -> None:
    metrics.SIGN_INS.labels("right" if result == "right" else "wrong").inc()
    log.info(ACTION, result=result, address=device.address)


def _check_address(identity: Identity) -> None:
    if not identity.email_verified or email_problems(identity.email):
        raise NotVerified


async def _actor(identity: Identity, request_id: str | None) -> Actor:
    """Who signs in, in which team, within the transaction."""
    known = await oidc.user_by_subject(identity.subject)
    user = known or await _linked(identity, request_id)
    last = await teams.first_membership(user["id"])
    membership = last or await _join(user, request_id)
    team_id, role = membership["team_id"], membership["role"]
    return Actor(team_id, "user", user["id"], user["name"], role, request_id)


async def _linked(identity: Identity, request_id: str | None) -> Mapping[str, Any]:
    """The user of the address, linked to the subject from now on."""
    user = await users.user_by_email(identity.email)
    if user is None:
        return await _newcomer(identity)
    if await oidc.link_subject(user["id"], identity.subject) == 0:
        raise LinkedElsewhere
    membership = await teams.first_membership(user["id"])
    if membership is not None:
        team_id, role = membership["team_id"], membership["role"]
        actor = Actor(team_id, "user", user["id"], user["name"], role, request_id)
        await audit.record(actor, "link", "user", user["id"], after={"email": identity.email})
    return user


async def _newcomer(identity: Identity) -> Mapping[str, Any]:
    if not await oidc.has_open_invitation(identity.email):
        raise NotInvited
    name = identity.name.strip()[:MOST_NAME_CHARACTERS]
    if name_problems(name):
        name = identity.email.partition("@")[0][:MOST_NAME_CHARACTERS]
    user_id = await oidc.add_linked_user(identity.email, name, identity.subject)
    return {"id": user_id, "name": name, "email": identity.email}


async def _join(user: Mapping[str, Any], request_id: str | None) -> Mapping[str, Any]:
    """Someone without a team joins those that invited their address; the one that asked last."""
    taken = await oidc.take_invitations(user["email"])
    if not taken:
        raise NotInvited
    for invitation in taken:
        team_id, role = invitation["team_id"], invitation["role"]
        await teams.add_membership(team_id, user["id"], role)
        actor = Actor(team_id, "user", user["id"], user["name"], role, request_id)
        facts = {"email": user["email"], "role": role}
        await audit.record(actor, "accept", "invitation", invitation["id"], after=facts)
    return taken[0]
