"""Sign in: a session made anew."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain import metrics
from domain.coordination.tries import Limit, Tries
from domain.errors import Throttled, Unauthenticated
from domain.logs import logger
from domain.operations.passwords import is_password
from domain.rules.key_tokens import SECRET_BYTES, token_hash, url_safe
from domain.rules.names import email_problems
from domain.rules.permissions import Actor
from domain.store import audit, sessions, teams, users
from domain.store.database import transaction

log = logger(__name__)
Facts = Mapping[str, Any]


class WrongCredentials(Unauthenticated):
    """The address or the password is wrong."""

    code = "wrong_credentials"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What someone who wants to sign in gives, and where from."""

    email: str
    password: str
    address: str


def _limits(given: Credentials) -> tuple[Limit, ...]:
    email = given.email.strip().lower()
    return (
        Limit(f"address {given.address}", 30, 300),
        Limit(f"account {email} from {given.address}", 10, 300),
        # High enough that a stranger cannot keep the owner out for long.
        Limit(f"account {email}", 60, 300),
    )


async def sign_in(
    given: Credentials, tries: Tries, *, old_token: str | None, request_id: str | None = None
) -> str:
    """The token of a new session, made for this sign-in; the old one's session is ended.

    Raises WrongCredentials, after the same work whether or not there is such a user, and
    Throttled.
    """
    try:
        await tries.count(_limits(given))
    except Throttled:
        _note("throttled", given)
        raise
    email = given.email.strip().lower()
    user = None if email_problems(email) else await users.user_by_email(email)
    right = await is_password(given.password, user["password_hash"] if user else None)
    membership = await teams.first_membership(user["id"]) if user and right else None
    if user is None or membership is None:
        _note("wrong", given)
        raise WrongCredentials
    _note("right", given)
    return await _open_session(user, membership, old_token, request_id)


def _note(result: str, given: Credentials) -> None:
    metrics.SIGN_INS.labels(result).inc()
    log.info("sign_in", result=result, address=given.address)


async def _open_session(
    user: Facts, membership: Facts, old_token: str | None, request_id: str | None
) -> str:
    token = url_safe(secrets.token_bytes(SECRET_BYTES))
    team_id = membership["team_id"]
    actor = Actor(team_id, "user", user["id"], user["name"], membership["role"], request_id)
    async with transaction():
        if old_token is not None:
            await sessions.delete_session(token_hash(old_token))
        session_id = await sessions.add_session(token_hash(token), team_id, user["id"])
        await audit.record(actor, "sign_in", "session", session_id)
    return token
