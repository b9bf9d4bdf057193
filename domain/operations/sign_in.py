"""Sign in: a session made anew."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain import metrics
from domain.coordination.tries import Limit, Tries
from domain.errors import Throttled, Unauthenticated
from domain.logs import logger
from domain.operations.open_session import open_session
from domain.operations.passwords import is_password
from domain.rules.names import email_problems
from domain.rules.permissions import Actor
from domain.store import teams, users
from domain.store.sessions import Device

log = logger(__name__)


class WrongCredentials(Unauthenticated):
    """The address or the password is wrong."""

    code = "wrong_credentials"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What someone who wants to sign in gives, and where from."""

    email: str
    password: str
    device: Device


def _limits(given: Credentials) -> tuple[Limit, ...]:
    email, address = given.email.strip().lower(), given.device.address
    return (
        Limit(f"address {address}", 30, 300),
        Limit(f"account {email} from {address}", 10, 300),
        # High enough that a stranger cannot keep the owner out for long.
        Limit(f"account {email}", 60, 300),
    )


async def check_credentials(given: Credentials, tries: Tries) -> Mapping[str, Any]:
    """The user whose address and password these are: id, email, name, password_hash.

    Raises WrongCredentials, after the same work whether or not there is such a user or they have a
    password, and Throttled. With Redis away each process counts the tries for itself: people get
    in all the same, and guessing stays bounded (`domain.coordination.tries`).
    """
    try:
        await tries.count(_limits(given))
    except Throttled:
        _note("throttled", given)
        raise
    email = given.email.strip().lower()
    user = None if email_problems(email) else await users.user_by_email(email)
    right = await is_password(given.password, user["password_hash"] if user else None)
    if user is None or not right:
        _note("wrong", given)
        raise WrongCredentials
    return user


async def sign_in(
    given: Credentials, tries: Tries, *, old_token: str | None, request_id: str | None = None
) -> str:
    """The token of a new session, made for this sign-in; the old one's session is ended.

    It opens the team that they were last in. Raises WrongCredentials, also for someone who belongs
    to no team any more, and Throttled.
    """
    user = await check_credentials(given, tries)
    membership = await teams.first_membership(user["id"])
    if membership is None:
        _note("wrong", given)
        raise WrongCredentials
    _note("right", given)
    team_id, role = membership["team_id"], membership["role"]
    actor = Actor(team_id, "user", user["id"], user["name"], role, request_id)
    return await open_session(actor, given.device, old_token=old_token)


def _note(result: str, given: Credentials) -> None:
    metrics.SIGN_INS.labels(result).inc()
    log.info("sign_in", result=result, address=given.device.address)
