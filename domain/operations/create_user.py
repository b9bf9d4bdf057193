"""Create a person who can sign in to a team."""

from uuid import UUID

from domain.errors import InvalidInput
from domain.operations.passwords import hash_new_password
from domain.operations.saving import check
from domain.rules.names import email_problems, name_problems
from domain.rules.permissions import MANAGE_MEMBERS, ROLES, Actor
from domain.store import audit, teams, users
from domain.store.database import transaction


async def create_user(actor: Actor, email: str, name: str, role: str, password: str) -> UUID:
    """The new user's id. Raises InvalidInput, and Conflict when the address is taken."""
    actor.require(MANAGE_MEMBERS)
    email = email.strip().lower()
    check([*email_problems(email), *name_problems(name)])
    if role not in ROLES:
        raise InvalidInput.at("role", f"must be one of {', '.join(ROLES)}")
    stored = await hash_new_password(password)
    async with transaction():
        user_id = await users.add_user(email, name, stored)
        await teams.add_membership(actor.team_id, user_id, role)
        facts = {"email": email, "name": name, "role": role}
        await audit.record(actor, "create", "user", user_id, after=facts)
    return user_id
