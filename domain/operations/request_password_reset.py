"""Make a link by which someone chooses a new password once."""

from uuid import UUID

from domain.coordination.tries import Limit, Tries
from domain.errors import Conflict, InvalidInput, NotFound
from domain.mail import Mail, Mailer
from domain.operations.one_time_tokens import new_token
from domain.rules.names import email_problems
from domain.rules.permissions import MANAGE_MEMBERS, Actor, operator
from domain.store import audit, password_resets, teams, users
from domain.store.database import transaction


class BeyondYourTeams(Conflict):
    """This person also belongs to a team that you are no admin of, or signs in elsewhere."""

    code = "beyond_your_teams"


async def count_request(email: str, address: str, tries: Tries) -> None:
    """Raises Throttled, alike for addresses that are someone's and that are not."""
    account = email.strip().lower()
    limits = (Limit(f"resets from {address}", 20, 3600), Limit(f"resets of {account}", 5, 3600))
    await tries.count(limits)


async def mail_password_reset(mailer: Mailer, base_url: str, email: str) -> None:
    """Mail a link to the user of this address; nothing for one that is nobody's.

    To be run beside the answer, which must tell neither by its text nor by its time which of the
    two it was. Users without a password sign in elsewhere and get none here.
    """
    email = email.strip().lower()
    user = None if email_problems(email) else await users.user_by_email(email)
    if user is None or user["password_hash"] is None or not mailer.is_set:
        return
    link = await _make_link(None, user["id"], base_url)
    text = (
        "Somebody, probably you, asked for a new password at Signalbox.\n\n"
        f"Open this address to choose one. It works once, within an hour:\n\n{link}\n\n"
        "If it was not you, do nothing: your password stays as it is.\n"
    )
    await mailer.send(Mail(email, "A new password for Signalbox", text))


async def make_reset_link(actor: Actor, user_id: UUID, base_url: str) -> str:
    """A link for an admin to pass on to a member.

    Whoever has it can become that member. So it is made only when the actor is an admin of every
    team that the member belongs to, and works only while they are. For all others there is the
    operator's command. Raises NotFound, and BeyondYourTeams.
    """
    actor.require(MANAGE_MEMBERS)
    member = await teams.member_of(actor.team_id, user_id)
    if member is None:
        raise NotFound
    rules = actor.id is not None and await teams.rules_all_teams_of(actor.id, user_id)
    if not (rules and member["has_password"]):
        raise BeyondYourTeams
    return await _make_link(actor, user_id, base_url)


async def make_reset_link_as_operator(email: str, base_url: str) -> str:
    """A link for any user, made on the server itself. Raises InvalidInput for an unknown one."""
    user = await users.user_by_email(email.strip().lower())
    if user is None:
        raise InvalidInput.at("email", "is nobody's")
    return await _make_link(None, user["id"], base_url)


async def _make_link(actor: Actor | None, user_id: UUID, base_url: str) -> str:
    """Audited in the actor's team, or else as the operator's in all of the user's."""
    token = new_token()
    async with transaction():
        await password_resets.add_reset(user_id, token.hash, actor.id if actor else None)
        actors = [actor] if actor else await _operators_of(user_id)
        for each in actors:
            await audit.record(each, "make_reset_link", "user", user_id)
    return f"{base_url}/password-reset?token={token.text}"


async def _operators_of(user_id: UUID) -> list[Actor]:
    return [operator(membership["team_id"]) for membership in await teams.memberships_of(user_id)]
