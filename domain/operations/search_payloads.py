"""Find events by what their bodies hold: a bounded walk, for no copy of the bodies is indexed.

Newest first through what the other filters leave, a chunk at a time, until a page is full or as
much was read as one page may cost. The page then says how far back it looked, and goes on there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from domain.rules.bodies import UnreadableBody, read_body
from domain.rules.ids import instant_of
from domain.rules.list_filters import EventFilters, PayloadClause
from domain.rules.path_walk import PathTooCostly
from domain.rules.permissions import SEE_PAYLOADS, Actor
from domain.store.database import Row
from domain.store.event_lists import EventListed, bodies_of, list_events
from domain.store.pages import PAGE_SIZE, Looked, Page, Position

# Measured on 2 shared cores: about 25 µs for a body of 250 octets, so 2,000 take 50 ms and the
# reading of them as much again.
MOST_EVENTS = 2_000
MOST_OCTETS = 4 * 1024 * 1024
CHUNK = 250


@dataclass(slots=True)
class _Walk:
    """What one page has looked at so far. `rest` is what it may yet read."""

    matched: list[EventListed] = field(default_factory=list)
    amount: int = 0
    octets: int = 0
    last: UUID | None = None

    @property
    def spent(self) -> bool:
        return self.amount >= MOST_EVENTS or self.octets >= MOST_OCTETS

    def affordable(self, events: Sequence[EventListed]) -> list[EventListed]:
        """The first of `events` that may be read, and one at least, however large."""
        chosen: list[EventListed] = []
        for event in events:
            self.octets += event.size
            chosen.append(event)
            if self.octets >= MOST_OCTETS or self.amount + len(chosen) >= MOST_EVENTS:
                break
        return chosen


async def search_payloads(
    actor: Actor,
    filters: EventFilters,
    position: Position,
    now: datetime,
    *,
    size: int = PAGE_SIZE,
) -> Page[EventListed]:
    """The team's events whose body has the value that `filters.payload` asks for, newest first;
    without such a question simply the list.

    Bodies that are no JSON, and those that the path would visit too much of, do not match. A page
    that was asked for by `position.before` begins there as if it were `after`: a search goes back
    in time. Raises Forbidden for a question by who may not see payloads.
    """
    clause = filters.payload
    if clause is None:
        return await list_events(actor.team_id, filters, position, now, size=size)
    actor.require(SEE_PAYLOADS)
    others, walk = replace(filters, payload=None), _Walk()
    here: Position | None = Position(after=position.after)
    while here is not None and not walk.spent and len(walk.matched) <= size:
        found = await list_events(actor.team_id, others, here, now, size=CHUNK)
        here = await _walk_chunk(actor.team_id, clause, walk, found, size)
    return _page(walk, size, more=here is not None)


async def _walk_chunk(
    team_id: UUID, clause: PayloadClause, walk: _Walk, found: Page[EventListed], size: int
) -> Position | None:
    """Look at a chunk; where the next one begins, or None at the end of the list."""
    events = walk.affordable(found.rows)
    bodies = await bodies_of(team_id, [event.id for event in events])
    for event in events:
        walk.amount, walk.last = walk.amount + 1, event.key
        if _matches(clause, bodies, event.id):
            walk.matched.append(event)
            if len(walk.matched) > size:
                break
    if found.rows and walk.last != found.rows[-1].key:
        return Position(after=walk.last)
    if found.looked:
        walk.amount, walk.last = walk.amount + found.looked.amount, found.looked.last
    return Position(after=found.older) if found.older else None


def _matches(clause: PayloadClause, bodies: Mapping[UUID, Row], event_id: UUID) -> bool:
    row = bodies.get(event_id)
    if row is None:
        return False
    try:
        body = read_body(row["body"], row["content_type"])
        return body.found and clause.matches(body.document)
    except (UnreadableBody, PathTooCostly):
        return False


def _page(walk: _Walk, size: int, *, more: bool) -> Page[EventListed]:
    rows = tuple(walk.matched[:size])
    if len(walk.matched) > size:
        return Page(rows, older=rows[-1].key)
    if not more or walk.last is None:
        return Page(rows)
    return Page(rows, walk.last, None, Looked(walk.amount, walk.last, instant_of(walk.last)))
