"""Store events: those that come together share one commit, and a repeat finds the first of it.

The steps for a batch, and what can go wrong after each:
1. What is new is stored, each with its place in the queue, in one commit. An answer that was lost
   is asked for again under the same ids, so nothing is stored twice.
2. The senders are answered. Should this process die before that, they send again, and are told the
   event that is on disk.
3. The events are rung for. A ring that is lost is rung again by the clock.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from domain import metrics
from domain.batches import Batcher
from domain.pause_points import pause_at
from domain.store import events
from domain.store.database import Contended, Unavailable, at_the_door
from domain.store.events import NewEvent

# Commits grow with what waits: else each costs a busy process as many turns, whatever it stores.
MOST_PER_COMMIT = 1_000
MOST_BYTES_A_STATEMENT = 16 * 1024 * 1024
COMMITS_AT_ONCE = 2
# Of a team: about a second's worth. How large they may be, `receive_event.py` says.
MOST_WAITING = 4_000
# A database that restarts is away for a few seconds; the senders of that moment need not notice.
RETRY_AFTER_S = (0.1, 0.4, 1.5, 2.0)
# A slow database makes senders wait no longer: they are told to come again. What is stored after
# all is found by its sender's id then.
ANSWERED_WITHIN_S = 10.0
# One is nearly always enough: see `commit`.
ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an accepted request is answered with. A duplicate names the event that came first."""

    event_id: UUID
    duplicate: bool


class EventStore:
    """Stores the events of one web process."""

    def __init__(
        self,
        ring_events: Callable[[Mapping[UUID, UUID]], None],
        announce: Callable[..., None],
    ) -> None:
        """`ring_events(ids)` and `announce(team_id, *topics)` neither block nor fail."""
        self._ring_events = ring_events
        self._announce = announce
        self._commits: Batcher[NewEvent, Receipt] = Batcher(
            self.commit,
            most=MOST_PER_COMMIT,
            passes=COMMITS_AT_ONCE,
            waiting=MOST_WAITING,
            patience_s=ANSWERED_WITHIN_S,
            outages=Unavailable,
        )

    def start(self) -> None:
        """Start committing, on the running event loop."""
        self._commits.start()

    async def close(self) -> None:
        """Commit what is still waiting, then end."""
        await self._commits.close()

    def is_full(self, team_id: UUID) -> bool:
        """Whether `store` would raise Overloaded for the team."""
        return self._commits.is_full(team_id)

    async def store(self, event: NewEvent) -> Receipt:
        """Store an event, together with those that others bring, the teams in turn. Raises
        Overloaded when too many of its team wait, and what `Unavailable` and `Contended` name."""
        return await self._commits.submit(event, event.team_id)

    async def commit(self, batch: Sequence[NewEvent]) -> list[Receipt]:
        """Store what is new, in one commit (large bodies in several), and find for all else what it
        repeats. What seemed to repeat a neighbour that was then no event itself (an id under which
        a known body came again), or something that has just expired, has another round."""
        await pause_at("ingest.before_commit")
        first_of: dict[UUID, UUID] = {}
        left = list(batch)
        with metrics.INGEST_SECONDS.time(), at_the_door():
            for _ in range(ROUNDS):
                left = await _store_round(left, first_of)
                if not left:
                    break
        if left:  # never seen; nothing was promised about these yet, so each is tried alone
            raise RuntimeError("what these deliveries repeat changes all the time")
        await pause_at("ingest.after_commit")
        # After the answer: the callers' futures are set when this returns.
        stored = [event for event in batch if first_of[event.id] == event.id]
        asyncio.get_running_loop().call_soon(self._tell, stored)
        return [Receipt(first_of[e.id], duplicate=first_of[e.id] != e.id) for e in batch]

    def _tell(self, stored: Sequence[NewEvent]) -> None:
        self._ring_events({event.id: event.team_id for event in stored})
        for team_id in {event.team_id for event in stored}:
            self._announce(team_id, "events")
        metrics.EVENTS.labels("accepted").inc(len(stored))
        metrics.INGEST_BATCH.observe(len(stored))


async def _store_round(
    events_left: Sequence[NewEvent], first_of: dict[UUID, UUID]
) -> list[NewEvent]:
    """Store what is new among the events, and note in `first_of` for each the event that came
    first: itself, or the one it repeats. What is left is neither new nor a repeat."""
    first, repeats = _split_repeats(events_left)
    stored: set[UUID] = set()
    for part in _parts(first):
        stored |= await _store_within_patience(part)
    known: dict[bytes, UUID] = {}
    for event in first:
        if event.id in stored:
            first_of[event.id] = event.id
            known |= dict.fromkeys(_remembered(event), event.id)
        else:
            repeats.append(event)
    if not repeats:
        return []
    known |= await events.count_repeats(repeats)
    for event in repeats:
        if (found := _first_of(event, known)) is not None:
            first_of[event.id] = found
    return [event for event in repeats if event.id not in first_of]


def _split_repeats(batch: Sequence[NewEvent]) -> tuple[list[NewEvent], list[NewEvent]]:
    """The first event of each key (or without one), and those that repeat it within the batch."""
    seen: set[bytes] = set()
    first: list[NewEvent] = []
    repeats: list[NewEvent] = []
    for event in batch:
        (first if seen.isdisjoint(_compared(event)) else repeats).append(event)
        seen.update(_remembered(event))
    return first, repeats


def _parts(first: Sequence[NewEvent]) -> Iterator[list[NewEvent]]:
    """The events in their order, in as few parts as a statement may be large."""
    part: list[NewEvent] = []
    size = 0
    for event in first:
        if part and size + len(event.body) > MOST_BYTES_A_STATEMENT:
            yield part
            part, size = [], 0
        part.append(event)
        size += len(event.body)
    if part:
        yield part


def _compared(event: NewEvent) -> list[bytes]:
    """The keys by which the event may be a repeat, the sender's id first."""
    return [key for key in (event.key_hash, event.body_key) if key is not None]


def _remembered(event: NewEvent) -> list[bytes]:
    """The keys by which others may be repeats of the event."""
    keys = (event.key_hash, event.body_key if event.remembers_body else None)
    return [key for key in keys if key is not None]


async def _store_within_patience(first: Sequence[NewEvent]) -> set[UUID]:
    """Store, and try again while the database is away for a moment. The ids stay the same, so a
    commit whose answer was lost is found again instead of being made twice."""
    for pause in RETRY_AFTER_S:
        try:
            return await events.store(first)
        except (*Unavailable, *Contended):
            await asyncio.sleep(pause)
    return await events.store(first)


def _first_of(event: NewEvent, known: Mapping[bytes, UUID]) -> UUID | None:
    """The event that came first with this one's id, or else with its body."""
    return next((known[key] for key in _compared(event) if key in known), None)
