"""A breaker changed: put it on record, tell the open pages, let in who waited for it to close."""

from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

from domain import metrics
from domain.logs import logger
from domain.store import destinations
from domain.store.destinations import Change

# Let in by so many at a time: each is one short statement.
PORTION = 500
MOST_LET_IN = 20_000

log = logger(__name__)

Ring = Callable[[Sequence[UUID]], None]


async def note_breaker_change(change: Change, announce: Callable[..., None], ring: Ring) -> None:
    """Write the change down once, whoever else tells of it. `announce(team_id, *topics)` neither
    blocks nor fails."""
    if await destinations.note_change(change):
        metrics.BREAKER_CHANGES.labels(change.state).inc()
        log.info(
            "breaker_changed",
            destination_id=str(change.destination_id),
            state=change.state,
            reason=change.reason,
        )
        announce(change.team_id, "destinations", f"destination:{change.destination_id}", "triggers")
    if change.state == "closed":
        await let_in_all(change.team_id, change.destination_id, ring)


async def let_in_all(team_id: UUID, destination_id: UUID, ring: Ring) -> int:
    """Have the executions that wait for this destination's breaker be due now, the oldest first;
    how many."""
    let_in = 0
    while let_in < MOST_LET_IN:
        ids = await destinations.let_in(team_id, destination_id, ["breaker"], PORTION)
        if ids:
            ring(ids)
        let_in += len(ids)
        if len(ids) < PORTION:
            break
    return let_in


async def let_in_late(ring: Ring, within: Iterable[tuple[UUID, UUID]]) -> int:
    """The same for destinations whose closing was noted, should its worker have been killed before
    it let anybody in."""
    return sum([await let_in_all(team_id, id_, ring) for team_id, id_ in within])
