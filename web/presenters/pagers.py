"""Addresses of lists: their filters, and where they go on. What is the default is left out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from domain.errors import InvalidInput
from domain.rules.ids import parse_id
from domain.store.pages import HasId, Looked, Page, Position

Filters = Mapping[str, object] | Iterable[tuple[str, object]]


@dataclass(frozen=True, slots=True)
class Pager:
    """Links of a list: to its top, to newer and to older rows; None where there is no such page.

    `here` is the address that shows the same page again, `looked` how far a search got that ended
    before the list did, and `go_on` where it goes on.
    """

    here: str
    top: str | None
    newer: str | None
    older: str | None
    looked: Looked | None = None
    go_on: str | None = None


def position_in(query: Mapping[str, str]) -> Position:
    """Where the address wants the list to be. Raises InvalidInput for what is not an id."""
    after, before = (_place(query, name) for name in ("after", "before"))
    if after and before:
        raise InvalidInput.at("before", "cannot be combined with after")
    return Position(after, before)


def _place(query: Mapping[str, str], name: str) -> UUID | None:
    text = query.get(name, "")
    place = parse_id(text)
    if text and place is None:
        raise InvalidInput.at(name, "is not a place in this list")
    return place


def address_of(path: str, filters: Filters, **more: object) -> str:
    """The address of a list that is narrowed to `filters`; what is empty or None is left out."""
    given = filters.items() if isinstance(filters, Mapping) else filters
    named = (*given, *more.items())
    pairs = [(name, str(value)) for name, value in named if value not in (None, "")]
    return f"{path}?{urlencode(pairs)}" if pairs else path


def pager(path: str, filters: Filters, position: Position, page: Page[HasId]) -> Pager:
    """The links around `page`, which stands at `position` of the list at `path`."""
    kept = list(filters.items() if isinstance(filters, Mapping) else filters)
    moved = position.after is not None or position.before is not None
    newer = address_of(path, kept, before=page.newer) if page.newer else None
    older = address_of(path, kept, after=page.older) if page.older else None
    return Pager(
        here=address_of(path, kept, after=position.after, before=position.before),
        top=address_of(path, kept) if moved else None,
        newer=newer,
        older=older,
        looked=page.looked,
        go_on=(newer if position.before else older) if page.looked else None,
    )
