"""People who can sign in."""

from typing import Any
from uuid import UUID

from domain.errors import Conflict
from domain.rules.ids import new_id
from domain.store.database import UniqueViolation
from domain.store.tables_of_access import Session, User


async def add_user(email: str, name: str, password_hash: str) -> UUID:
    """Add a user; the id. `email` in lower case. Raises Conflict when the address is taken."""
    user_id = new_id()
    try:
        await User.insert(User(id=user_id, email=email, name=name, password_hash=password_hash))
    except UniqueViolation:
        raise Conflict("A user of this address exists.") from None
    return user_id


async def user_by_email(email: str) -> dict[str, Any] | None:
    """Id, name and password hash. `email` in lower case."""
    columns = (User.id, User.name, User.password_hash)
    return await User.select(*columns).where(User.email == email).first()


async def change_password(user_id: UUID, password_hash: str) -> None:
    """Store another password, and end all sessions that the old one opened."""
    await User.update({User.password_hash: password_hash}).where(User.id == user_id)
    await Session.delete().where(Session.user_id == user_id)
