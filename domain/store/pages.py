"""What the lists and detail pages have in common: pages by key, newest first.

A list is read from one id onwards, never by counting rows to skip, so its hundredth page costs
what its first one does, and rows that arrive meanwhile move nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from domain.rules.ids import derived_from
from domain.store.database import Row, fetch

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Position:
    """Where in a list: right `after` an id (older rows), right `before` one (newer), or its top."""

    after: UUID | None = None
    before: UUID | None = None


class HasId(Protocol):
    """A row that a list can be paged by."""

    @property
    def id(self) -> UUID:
        """Its key."""
        ...


Listed = TypeVar("Listed", bound=HasId)
Listed_co = TypeVar("Listed_co", bound=HasId, covariant=True)


@dataclass(frozen=True, slots=True)
class Looked:
    """A search that ended before the list did: `amount` rows were looked at, the last one `last`,
    received at `back_to`."""

    amount: int
    last: UUID
    back_to: datetime


@dataclass(frozen=True, slots=True)
class Page(Generic[Listed_co]):
    """Rows, newest first, and the ids after and before which there are more (None: there are not).

    `looked` says that the search ended early, and how far it got. `top` is whether the list begins
    here.
    """

    rows: tuple[Listed_co, ...]
    older: UUID | None = None
    newer: UUID | None = None
    looked: Looked | None = None

    @property
    def top(self) -> bool:
        """Whether nothing newer stands before these rows."""
        return self.newer is None


async def read_page(
    sql: str,
    key: str,
    arguments: Sequence[object],
    position: Position,
    make: Callable[[Row], Listed],
    *,
    narrowed: str | None = None,
    size: int = PAGE_SIZE,
) -> Page[Listed]:
    """One page of the statement `sql`, which ends in a WHERE without order; `key` is its id column.

    `narrowed` is a column that has one value in all rows and stands before the id in an index: the
    order then names both, so that the planner takes that index and no other. All are constants of
    this package, never anything that came from outside.
    """
    backwards = position.before is not None
    cursor = position.before if backwards else position.after
    values = [*arguments, size + 1]
    way = "ASC" if backwards else "DESC"
    order = ", ".join(f"{column} {way}" for column in (narrowed, key) if column)
    clause = f"ORDER BY {order} LIMIT ${len(values)}"
    if cursor is not None:
        values.append(cursor)
        clause = f"AND {key} {'>' if backwards else '<'} ${len(values)} {clause}"
    rows = await fetch(f"{sql} {clause}", *values)
    found = [make(row) for row in rows[:size]]
    more = len(rows) > size
    if backwards:
        found.reverse()
    return _page(found, older=more or backwards, newer=more if backwards else cursor is not None)


def _page(found: list[Listed], *, older: bool, newer: bool) -> Page[Listed]:
    if not found:
        return Page(())
    return Page(tuple(found), found[-1].id if older else None, newer=found[0].id if newer else None)


def id_range(ids: Sequence[UUID]) -> tuple[UUID, UUID]:
    """The bounds (from, below) of all ids that derive from any of `ids`.

    What happens because of an event has an id of the event's own instant (`derived_id`), so these
    bounds tell the planner which partitions matter when it looks by another column.
    """
    return derived_from(ids)
