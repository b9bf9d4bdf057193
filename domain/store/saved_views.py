"""Saved views: the filters of a list that someone gave a name. Each is one person's in a team."""

from dataclasses import dataclass
from uuid import UUID

from domain.rules.ids import new_id
from domain.store.database import execute, fetch, fetch_one


@dataclass(frozen=True, slots=True)
class SavedView:
    """A saved view; `page` is the list, `query` its filters as they stand in an address."""

    id: UUID
    page: str
    name: str
    query: str


async def views_of(team_id: UUID, user_id: UUID, page: str) -> list[SavedView]:
    """The person's views of a list, by name."""
    rows = await fetch(
        "SELECT id, page, name, query FROM saved_view "
        "WHERE team_id = $1 AND user_id = $2 AND page = $3 ORDER BY lower(name), id",
        team_id,
        user_id,
        page,
    )
    return [SavedView(**row) for row in rows]


async def lock_views(team_id: UUID, user_id: UUID) -> bool:
    """Keep others from saving views of this person until the transaction ends, so that they can be
    counted. False when the person is no member."""
    row = await fetch_one(
        "SELECT id FROM membership WHERE team_id = $1 AND user_id = $2 FOR UPDATE", team_id, user_id
    )
    return row is not None


async def add_view(team_id: UUID, user_id: UUID, page: str, name: str, query: str) -> UUID:
    """Store a view; its id."""
    view_id = new_id()
    await execute(
        "INSERT INTO saved_view (id, team_id, user_id, page, name, query) "
        "VALUES ($1, $2, $3, $4, $5, $6)",
        view_id,
        team_id,
        user_id,
        page,
        name,
        query,
    )
    return view_id


async def remove_view(team_id: UUID, user_id: UUID, view_id: UUID) -> SavedView | None:
    """Delete one of the person's views; what it was, or None if there is none of this id."""
    row = await fetch_one(
        "DELETE FROM saved_view WHERE team_id = $1 AND user_id = $2 AND id = $3 "
        "RETURNING id, page, name, query",
        team_id,
        user_id,
        view_id,
    )
    return SavedView(**row) if row else None
