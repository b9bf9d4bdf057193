"""Set up a new installation: its first team, and the first admin."""

import re
from dataclasses import dataclass

from domain.errors import Forbidden, NotFound
from domain.operations.create_team import create_team
from domain.operations.create_user import create_user
from domain.operations.one_time_tokens import hash_of
from domain.operations.open_session import open_session
from domain.operations.saving import check
from domain.rules.names import email_problems, name_problems
from domain.rules.passwords import password_problems
from domain.rules.permissions import Actor, operator
from domain.store import setup_tokens, teams, users
from domain.store.database import transaction
from domain.store.sessions import Device


class WrongSetupToken(Forbidden):
    """This is not the set-up address, or it is more than a day old."""

    code = "wrong_setup_token"


@dataclass(frozen=True, slots=True)
class FirstAdmin:
    """Who sets up: the team's name, and how the admin will sign in."""

    team: str
    name: str
    email: str
    password: str


async def check_setup(token: str) -> None:
    """Raises NotFound when there is a user, for ever, and WrongSetupToken."""
    hashed = hash_of(token)
    # In this order: a token that somebody used up just now has left a user behind.
    right = hashed is not None and await setup_tokens.is_setup_token(hashed)
    if await users.any_user():
        raise NotFound
    if not right:
        raise WrongSetupToken


async def set_up(
    token: str, first: FirstAdmin, device: Device, request_id: str | None = None
) -> str:
    """The token of the first admin's session. Raises InvalidInput, NotFound and WrongSetupToken.

    Of any number at once one makes the admin: 1. nobody else sets up while the lock is held;
    2. whoever waited for it sees the winner's user, and is refused.
    """
    await check_setup(token)
    check(
        [
            *name_problems(first.team, "team"),
            *name_problems(first.name),
            *email_problems(first.email.strip().lower()),
            *password_problems(first.password),
        ]
    )
    async with transaction():
        await setup_tokens.wait_for_other_setups()
        if await users.any_user():
            raise NotFound
        if not await setup_tokens.take(hash_of(token) or b""):
            raise WrongSetupToken
        team_id = await create_team(first.team, await _free_slug(first.team))
        user_id = await create_user(
            operator(team_id), first.email, first.name, "admin", first.password
        )
        actor = Actor(team_id, "user", user_id, first.name, "admin", request_id)
        return await open_session(actor, device, old_token=None)


async def _free_slug(name: str) -> str:
    """`name` as a slug that no team has (the operator may have made some already)."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:30].strip("-") or "team"
    slug, number = plain, 2
    while await teams.team_by_slug(slug) is not None:
        slug, number = f"{plain}-{number}", number + 1
    return slug
