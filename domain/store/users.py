"""People who can sign in."""

from uuid import UUID

from domain.errors import Conflict
from domain.rules.ids import new_id
from domain.store.database import Row, UniqueViolation, execute, fetch_one


async def add_user(email: str, name: str, password_hash: str) -> UUID:
    """Add a user; the id. `email` in lower case. Raises Conflict when the address is taken."""
    user_id = new_id()
    try:
        await execute(
            "INSERT INTO app_user (id, email, name, password_hash) VALUES ($1, $2, $3, $4)",
            user_id,
            email,
            name,
            password_hash,
        )
    except UniqueViolation:
        raise Conflict("A user of this address exists.") from None
    return user_id


async def user_by_email(email: str) -> Row | None:
    """id, name, password_hash. `email` in lower case."""
    return await fetch_one("SELECT id, name, password_hash FROM app_user WHERE email = $1", email)


async def change_password(user_id: UUID, password_hash: str) -> None:
    """Store another password, and end all sessions that the old one opened."""
    await execute("UPDATE app_user SET password_hash = $2 WHERE id = $1", user_id, password_hash)
    await execute("DELETE FROM session WHERE user_id = $1", user_id)
