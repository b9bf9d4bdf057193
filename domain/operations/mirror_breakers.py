"""What the clock does about breakers: whatever a killed worker left undone.

A worker that sees a breaker change puts it on record and lets in who waits. Killed in between, it
does neither: so the clock compares what Redis says with what is on record, and lets in who still
waits for a breaker that closed.
"""

from collections.abc import Callable, Iterator
from uuid import UUID

from domain.coordination.breakers import BreakersAway, SharedBreakers, Standing
from domain.operations.note_breaker_change import Ring, let_in_all, note_breaker_change
from domain.store import destinations
from domain.store.destinations import Change, DestinationRow

CLOSED_WITHIN_S = 60.0
MOST_FORGOTTEN = 5_000


class BreakerMirror:
    """The jobs of one clock process."""

    def __init__(self, shared: SharedBreakers, announce: Callable[..., None], ring: Ring) -> None:
        """`announce(team_id, *topics)` and `ring(execution_ids)` neither block nor fail."""
        self._shared = shared
        self._announce = announce
        self._ring = ring
        self._differed = set[tuple[UUID, int]]()

    async def close(self) -> None:
        """Close the connections."""
        await self._shared.close()

    async def mirror(self) -> None:
        """Put on record what was not, and let in who still waits; safe to do twice."""
        for team_id, id_ in await destinations.closed_lately(CLOSED_WITHIN_S):
            await let_in_all(team_id, id_, self._ring)
        try:
            differing = list(await self._differing())
        except BreakersAway:
            return
        # What differs for the first time a worker is most likely about to write, and knows more.
        for row, standing in differing:
            if (row.id, standing.stamp) in self._differed:
                await note_breaker_change(_late(row, standing), self._announce, self._ring)
        self._differed = {(row.id, standing.stamp) for row, standing in differing}

    async def _differing(self) -> Iterator[tuple[DestinationRow, Standing]]:
        known = {
            id_: standing
            for id_, standing in (await self._shared.all_known()).items()
            if standing.state != "closed"
        }
        on_record = {row.id: row for row in await destinations.troubled()}
        known |= await self._shared.closed_of([id_ for id_ in on_record if id_ not in known])
        unread = [id_ for id_ in known if id_ not in on_record]
        if unread:
            on_record |= {row.id: row for row in await destinations.by_id(unread)}
        return (
            (on_record[id_], standing)
            for id_, standing in known.items()
            if id_ in on_record and on_record[id_].stamp < standing.stamp
        )

    async def forget(self) -> None:
        """Delete changes that are older than they are kept."""
        while await destinations.forget_changes(MOST_FORGOTTEN) == MOST_FORGOTTEN:
            pass


def _late(row: DestinationRow, standing: Standing) -> Change:
    return Change(
        row.team_id, row.id, standing.state, "noted_late", standing.stamp, standing.wait_s,
        standing.cool_down_s, standing.trips,
    )  # fmt: skip
