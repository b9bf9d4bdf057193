"""Ask someone into the team."""

from dataclasses import dataclass
from uuid import UUID

from domain.coordination.tries import Limit, Tries
from domain.errors import InvalidInput, NotFound
from domain.mail import Mail, Mailer
from domain.operations.one_time_tokens import OneTimeToken, new_token
from domain.operations.saving import check, won
from domain.rules.names import email_problems
from domain.rules.permissions import MANAGE_MEMBERS, ROLES, Actor
from domain.store import audit, invitations, teams, users
from domain.store.database import transaction
from domain.store.invitations import Asked

MOST_AN_HOUR = 60


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation that stands. `link` is for the admin to pass on, and None when the mail is on
    its way: what a mail server did not take is never lost."""

    id: UUID
    email: str
    link: str | None


@dataclass(frozen=True, slots=True)
class Post:
    """How invitations leave: mail, where links lead, and how many may."""

    mailer: Mailer
    base_url: str
    tries: Tries


async def invite_member(actor: Actor, post: Post, email: str, role: str) -> Invited:
    """The token lasts a week, works once, and only while the actor is an admin of the team. An
    open invitation of the same address is replaced.

    Raises InvalidInput, also when they are a member already, Conflict and Throttled.
    """
    actor.require(MANAGE_MEMBERS)
    email = email.strip().lower()
    check(email_problems(email))
    if role not in ROLES:
        raise InvalidInput.at("role", f"must be one of {', '.join(ROLES)}")
    await post.tries.count([_limit(actor)])
    token = new_token()
    async with transaction():
        await _check_no_member(actor.team_id, email)
        asked = Asked(actor.team_id, email, role)
        id_ = await invitations.add_invitation(
            asked, token.hash, invited_by=actor.name, made_by=actor.id
        )
        facts = {"email": email, "role": role}
        await audit.record(actor, "invite", "invitation", id_, after=facts)
    return Invited(id_, email, await _send(actor, post, email, token))


async def renew_invitation(actor: Actor, post: Post, invitation_id: UUID) -> Invited:
    """The same invitation with another token and another week; the old link ends.

    Raises NotFound for one that is accepted, withdrawn or another team's, and Throttled.
    """
    actor.require(MANAGE_MEMBERS)
    await post.tries.count([_limit(actor)])
    token = new_token()
    async with transaction():
        found = await invitations.find_open(actor.team_id, invitation_id)
        if found is None:
            raise NotFound
        won(await invitations.renew(actor.team_id, invitation_id, token.hash, actor.id))
        facts = {"email": found["email"], "role": found["role"]}
        await audit.record(actor, "renew", "invitation", invitation_id, after=facts)
    link = await _send(actor, post, found["email"], token)
    return Invited(invitation_id, found["email"], link)


def _limit(actor: Actor) -> Limit:
    # Nobody sends mail to the whole world through us.
    return Limit(f"invitations of {actor.team_id}", MOST_AN_HOUR, 3600)


async def _check_no_member(team_id: UUID, email: str) -> None:
    user = await users.user_by_email(email)
    if user is not None and await teams.member_of(team_id, user["id"]) is not None:
        raise InvalidInput.at("email", "is a member of the team already")


async def _send(actor: Actor, post: Post, email: str, token: OneTimeToken) -> str | None:
    link = f"{post.base_url}/invitation?token={token.text}"
    text = (
        f"{actor.name} invites you to their team on Signalbox.\n\n"
        f"Open this address to join. It works once, within 7 days:\n\n{link}\n\n"
        f"If you do not know what this is about, do nothing.\n"
    )
    sent = await post.mailer.send(Mail(email, "An invitation to Signalbox", text))
    return None if sent else link
