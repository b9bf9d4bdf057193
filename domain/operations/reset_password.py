"""Choose a new password by a link."""

from domain.errors import NotFound
from domain.operations.one_time_tokens import hash_of
from domain.operations.passwords import hash_new_password
from domain.rules.permissions import Actor
from domain.store import audit, password_resets, teams, users
from domain.store.database import Row, transaction


class UsedReset(NotFound):
    """This link was used or replaced, or it has expired. Ask for another one."""

    code = "used_reset"


async def reset_of(token: str) -> Row:
    """Whose password the link changes: user_id, email, name. Uses nothing up. Raises UsedReset."""
    hashed = hash_of(token)
    found = None if hashed is None else await password_resets.find_by_token(hashed)
    if found is None:
        raise UsedReset
    return found


async def reset_password(token: str, password: str, request_id: str | None = None) -> str:
    """The e-mail address of the user whose password was changed; all their sessions, and all other
    links, end. Raises InvalidInput, which leaves the link usable, and UsedReset."""
    found = await reset_of(token)
    stored = await hash_new_password(password)
    async with transaction():
        taken = await password_resets.take(hash_of(token) or b"")
        if taken is None:
            raise UsedReset
        await users.change_password(taken["user_id"], stored)
        for team in await teams.memberships_of(taken["user_id"]):
            actor = Actor(
                team["team_id"], "user", taken["user_id"], found["name"], team["role"], request_id
            )
            await audit.record(actor, "reset_password", "user", taken["user_id"])
    email: str = found["email"]
    return email
