"""Trace what caused what: from the first cause of an event down to everything that came of it."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from domain.errors import NotFound
from domain.store import lineage
from domain.store.lineage import Link

MOST_EVENTS = 200


@dataclass(frozen=True, slots=True)
class Branch:
    """An event, and the events that tell of the end of what it started."""

    link: Link
    current: bool
    led_to: "list[Branch]" = field(default_factory=list)

    def walk(self) -> Iterator["Branch"]:
        """Itself, then all that came of it, each before what came of that."""
        yield self
        for branch in self.led_to:
            yield from branch.walk()


@dataclass(frozen=True, slots=True)
class Lineage:
    """The tree around one event. `cut`: there are more events than are told. `lost`: the first one
    told was caused by an execution that is not there any more."""

    root: Branch
    cut: bool
    lost: bool


async def trace_lineage(team_id: UUID, event_id: UUID, most: int = MOST_EVENTS) -> Lineage:
    """The lineage of an event: level by level, `most` events at most, among them the event itself
    and all that led to it. Raises NotFound."""
    path = await lineage.way_up(team_id, event_id)
    if not path:
        raise NotFound
    told: dict[UUID, Link] = {}
    # What led to the event is told in any case; the rest shares what is left.
    left, cut, level, depth = max(most - len(path), 0), False, path[:1], 0
    while level:
        links = await lineage.links_of(team_id, level)
        told |= {link.id: link for link in links}
        started = [link.execution_id for link in links if link.execution_id]
        depth += 1
        onward = path[depth : depth + 1]
        below = await lineage.caused_by(team_id, started, left + 2)
        beside = [each for each in below if each not in onward]
        cut = cut or len(beside) > left
        level = [*onward, *beside[:left]]
        left -= len(beside[:left])
    return Lineage(_tree(told, path[0], event_id), cut, lost=told[path[0]].caused_by is not None)


def _tree(told: dict[UUID, Link], root: UUID, current: UUID) -> Branch:
    branches = {each: Branch(link, current=each == current) for each, link in told.items()}
    by_cause: dict[UUID, list[Branch]] = defaultdict(list)
    for branch in branches.values():
        if branch.link.caused_by is not None:
            by_cause[branch.link.caused_by].append(branch)
    for branch in branches.values():
        if branch.link.execution_id is not None:
            branch.led_to.extend(sorted(by_cause[branch.link.execution_id], key=_age))
    return branches[root]


def _age(branch: Branch) -> UUID:
    return branch.link.id
