"""Paging of the API's lists: by key, newest first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from domain.errors import InvalidInput
from domain.rules.permissions import Actor
from domain.store.pages import HasId, Position
from domain.store.pages import Page as ListPage
from web.controllers.api.shapes import Page
from web.cursors import make_cursor, read_cursor
from web.services import Services

DEFAULT_LIMIT = 50
MOST = 200

Row = TypeVar("Row")
View = TypeVar("View")
Found = TypeVar("Found", bound=HasId)


@dataclass(frozen=True, slots=True)
class Paging:
    """Which part of a list is wanted. One row more than `limit` is fetched: it says whether
    there is a next page."""

    limit: int
    before: UUID | None
    key: bytes
    scope: str

    @property
    def fetched(self) -> int:
        """How many rows to ask for."""
        return self.limit + 1

    def page(self, rows: Sequence[Row], view: Callable[[Row], View], id_of: Any) -> Page[View]:
        """The answer that `rows` make."""
        shown = rows[: self.limit]
        more = len(rows) > self.limit
        last = make_cursor(self.key, self.scope, id_of(shown[-1])) if more else None
        return Page([view(row) for row in shown], last)

    @property
    def position(self) -> Position:
        """The same for lists that are searched."""
        return Position(after=self.before)

    def found(self, page: ListPage[Found], view: Callable[[Found], View]) -> Page[View]:
        """The answer that a page of a searched list makes. One that ended early may hold fewer
        than `limit`, or none, and yet have a next one."""
        last = make_cursor(self.key, self.scope, page.older) if page.older else None
        return Page([view(row) for row in page.rows], last)


def paging(services: Services, actor: Actor, name: str, limit: int, cursor: str | None) -> Paging:
    """Raises InvalidInput for a limit outside 1 to 200 and a cursor of another list."""
    if not 1 <= limit <= MOST:
        raise InvalidInput.at("limit", f"must be from 1 to {MOST}")
    scope = f"{actor.team_id}/{name}"
    before = read_cursor(services.cursor_key, scope, cursor)
    return Paging(limit, before, services.cursor_key, scope)
