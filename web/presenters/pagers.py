"""Addresses of lists: their filters, and where they go on. What is the default is left out."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from domain.rules.ids import parse_id
from domain.store.pages import HasId, Page, Position


@dataclass(frozen=True, slots=True)
class Pager:
    """Links of a list: to its top, to newer and to older rows; None where there is no such page.

    `here` is the address that shows the same page again.
    """

    here: str
    top: str | None
    newer: str | None
    older: str | None


def position_in(query: Mapping[str, str]) -> Position:
    """Where the address wants the list to be. What is not an id is the top."""
    after, before = parse_id(query.get("after", "")), parse_id(query.get("before", ""))
    return Position(after, None if after else before)


def filter_id(query: Mapping[str, str], name: str) -> UUID | None:
    """The id that the list is narrowed to; what is not an id narrows nothing."""
    return parse_id(query.get(name, ""))


def filter_word(query: Mapping[str, str], name: str, known: Collection[str]) -> str | None:
    """The word that the list is narrowed to, if it is one of `known`."""
    word = query.get(name, "")
    return word if word in known else None


def pager(path: str, filters: Mapping[str, object], position: Position, page: Page[HasId]) -> Pager:
    """The links around `page`, which stands at `position` of the list at `path`."""
    kept = {name: str(value) for name, value in filters.items() if value not in (None, "")}

    def address(**where: UUID | None) -> str:
        query = urlencode(kept | {name: str(id_) for name, id_ in where.items() if id_})
        return f"{path}?{query}" if query else path

    moved = position.after is not None or position.before is not None
    return Pager(
        here=address(after=position.after, before=position.before),
        top=address() if moved else None,
        newer=address(before=page.newer) if page.newer else None,
        older=address(after=page.older) if page.older else None,
    )
