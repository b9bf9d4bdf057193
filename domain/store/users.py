"""People who can sign in."""

from typing import Any
from uuid import UUID

from domain.errors import Conflict
from domain.rules.ids import new_id
from domain.store.database import UniqueViolation, execute, fetch_one
from domain.store.tables_of_access import Session, User

_KNOWN = (User.id, User.email, User.name, User.password_hash)


async def add_user(email: str, name: str, password_hash: str | None) -> UUID:
    """Add a user; the id. `email` in lower case. Raises Conflict when the address is taken."""
    user_id = new_id()
    try:
        await User.insert(User(id=user_id, email=email, name=name, password_hash=password_hash))
    except UniqueViolation:
        raise Conflict("A user of this address exists.") from None
    return user_id


async def user_by_email(email: str) -> dict[str, Any] | None:
    """Id, email, name and password hash (None: signs in elsewhere). `email` in lower case."""
    return await User.select(*_KNOWN).where(User.email == email).first()


async def user_by_id(user_id: UUID) -> dict[str, Any] | None:
    """Id, email, name and password hash (None: signs in elsewhere)."""
    return await User.select(*_KNOWN).where(User.id == user_id).first()


async def any_user() -> bool:
    """Whether there is anybody who could sign in."""
    row = await fetch_one("SELECT EXISTS (SELECT FROM app_user) AS found")
    return bool(row and row["found"])


async def save_profile(
    user_id: UUID, *, name: str, zone: str | None, locale: str | None, theme: str
) -> None:
    """Store what someone is called, and how they want things shown."""
    await execute(
        "UPDATE app_user SET name = $2, zone = $3, locale = $4, theme = $5 WHERE id = $1",
        user_id,
        name,
        zone,
        locale,
        theme,
    )


async def profile_of(user_id: UUID) -> dict[str, Any] | None:
    """Name, zone, locale and theme."""
    columns = (User.name, User.zone, User.locale, User.theme)
    return await User.select(*columns).where(User.id == user_id).first()


async def change_password(user_id: UUID, password_hash: str) -> None:
    """Store another password; end all sessions that the old one opened, and all resets of it."""
    await User.update({User.password_hash: password_hash}).where(User.id == user_id)
    await Session.delete().where(Session.user_id == user_id)
    await execute("DELETE FROM password_reset WHERE user_id = $1", user_id)
