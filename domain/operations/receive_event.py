"""Ingest: verify what arrived, store it, and only then say that it was accepted.

The body is stored as it came, and judged later. Requests that arrive together share one commit.
"""

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from domain import metrics
from domain.batches import Batcher
from domain.clock import utc_now
from domain.coordination.limiter import Ask
from domain.encryption import CannotOpen, Vault
from domain.errors import Overloaded, SignalboxError
from domain.operations.door_notes import DoorNotes
from domain.operations.hook_directory import Hook, HookDirectory
from domain.operations.limit_at_door import DoorLimits
from domain.operations.limited_events import UNLIMITED_MARK
from domain.operations.watch_clock import ClockWatch
from domain.pause_points import pause_at
from domain.rules.addresses import IPNetwork
from domain.rules.dedupe import body_key, id_key, sender_id
from domain.rules.ids import new_id
from domain.rules.limits import Rate
from domain.rules.redaction import storable_headers
from domain.senders import Headers, Refused, Reply, Verified
from domain.store import events
from domain.store.database import Contended, Unavailable, at_the_door
from domain.store.events import NewEvent
from domain.store.jsonb import json_text

MOST_PER_COMMIT = 128
COMMITS_AT_ONCE = 2
MOST_WAITING = 1_000
# A database that restarts is away for a few seconds; the senders of that moment need not notice.
RETRY_AFTER_S = (0.1, 0.4, 1.5, 2.0)
# A slow database makes senders wait no longer: they are told to come again. What is stored after
# all is found by its sender's id then.
ANSWERED_WITHIN_S = 10.0
# One is nearly always enough: see `_commit`.
ROUNDS = 5
# Put among a test event's headers, and taken out of all that come from outside.
TEST_HEADER = "signalbox-test"
OUR_MARKS = frozenset({TEST_HEADER, UNLIMITED_MARK})


class BadSignature(SignalboxError):
    """The signature does not prove that the sender knows the secret."""

    code = "bad_signature"

    def __init__(self, reason: str = "bad_signature") -> None:
        self.reason = reason
        super().__init__()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an accepted request is answered with. A duplicate names the event that came first."""

    event_id: UUID
    duplicate: bool


class EventReceiver:
    """The door for webhooks of one web process."""

    def __init__(
        self,
        vault: Vault,
        ring_events: Callable[[Mapping[UUID, UUID]], None],
        announce: Callable[..., None],
        *,
        https_only: bool = False,
        trusted_proxies: Sequence[IPNetwork] = (),
        limits: DoorLimits | None = None,
        global_limits: Sequence[Rate] = (),
    ) -> None:
        """`ring_events(ids)` and `announce(team_id, *topics)` neither block nor fail. What comes in
        plain is refused where `https_only`; what `trusted_proxies` say of a request is believed.
        Without `limits` no request is counted."""
        self.https_only = https_only
        self.trusted_proxies = tuple(trusted_proxies)
        self.notes = DoorNotes(announce)
        self.clock = ClockWatch()
        self._hooks = HookDirectory(vault, global_limits)
        self._limits = limits
        self._ring_events = ring_events
        self._announce = announce
        self._commits: Batcher[NewEvent, Receipt] = Batcher(
            self._commit,
            most=MOST_PER_COMMIT,
            passes=COMMITS_AT_ONCE,
            waiting=MOST_WAITING,
            patience_s=ANSWERED_WITHIN_S,
            outages=Unavailable,
        )

    def start(self) -> None:
        """Start committing, on the running event loop."""
        if self._limits is not None:
            self._limits.start()
        self._commits.start()
        self.notes.start()
        self.clock.start()

    async def close(self) -> None:
        """Commit what is still waiting, then end."""
        if self._limits is not None:
            await self._limits.close()
        await self._commits.close()
        await self.notes.close()
        await self.clock.close()

    async def find_hook(self, token: str) -> Hook | None:
        """The hook that `token` opens, or None. Raises Overloaded when the database is away, or
        the hook's secrets cannot be opened: its sender may come again."""
        try:
            return await self._hooks.find(token)
        except Unavailable:
            raise Overloaded(2) from None
        except CannotOpen:
            raise Overloaded(60) from None

    def forget_hook(self, token: str) -> None:
        """Let the next request see the trigger as it is now: a test waits for no second."""
        self._hooks.forget(token)

    async def receive(
        self, hook: Hook, headers: Headers, raw_headers: Sequence[tuple[str, str]],
        query: str, body: bytes, *, test: bool = False, unlimited: bool = False,
    ) -> Receipt | Reply:  # fmt: skip
        """Accept one delivery: when this returns a receipt, the event is on disk. A reply is what
        the sender wants to hear to something that is no event.

        A `test` is never taken for a repeat of another one; `unlimited`, no limit holds it back,
        here or later. Raises BadSignature, InvalidInput (a
        sender's id that cannot be one), Throttled (a limit that refuses) and Overloaded; nothing
        was accepted then.
        """
        verified = hook.sender.verify(headers, body, hook.secrets, hook.config, utc_now())
        if isinstance(verified, Refused):
            raise BadSignature(self.clock.blamed(verified.reason))
        if hook.secret_ids:
            self.notes.secret_used(hook.secret_ids[verified.secret])
        if (reply := hook.sender.reply(body)) is not None:
            return reply
        arrived = _Arrived(headers, raw_headers, query, body, test, unlimited)
        event = _event(hook, verified, arrived)
        if self._limits is None or unlimited or not hook.windows:
            return await self._store(event)
        ask = Ask(str(event.id), hook.windows)
        await self._limits.admit(ask)
        receipt = await self._store(event)
        if receipt.duplicate:
            await self._limits.take_back(ask)
        return receipt

    async def _store(self, event: NewEvent) -> Receipt:
        try:
            return await self._commits.submit(event)
        except (*Unavailable, *Contended):
            raise Overloaded(2) from None

    async def _commit(self, batch: Sequence[NewEvent]) -> list[Receipt]:
        """Store what is new, and find for all else what it repeats. What seemed to repeat a
        neighbour that was then no event itself (an id under which a known body came again), or
        something that has just expired, has another round of its own."""
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


# How the event's page finds what is remembered of a sender's id.
scoped_key = id_key


class _Arrived(NamedTuple):
    """A delivery as it came."""

    headers: Headers
    raw_headers: Sequence[tuple[str, str]]
    query: str
    body: bytes
    test: bool
    unlimited: bool


def _event(hook: Hook, verified: Verified, arrived: _Arrived) -> NewEvent:
    event_id = new_id()
    headers, body, trigger_id = arrived.headers, arrived.body, hook.trigger_id
    senders_own = sender_id(headers, verified.delivery_id, signed=verified.id_signed)
    if arrived.test:
        senders_own = senders_own or f"test_{event_id}"
    body_hash = hashlib.sha256(body).digest()
    counts = hook.remembers_body != "no" and not arrived.test
    return NewEvent(
        id=event_id,
        team_id=hook.team_id,
        trigger_id=trigger_id,
        kind="webhook",
        headers=json_text(_kept(arrived, hook.signature_header)),
        query=arrived.query,
        content_type=headers.get("content-type", "")[:200],
        title=hook.sender.describe(headers, body),
        sender_id=senders_own,
        key_hash=None if senders_own is None else id_key(trigger_id, senders_own),
        body_hash=body_hash,
        body=body,
        body_key=body_key(trigger_id, verified.instant, body_hash) if counts else None,
        remembers_body=hook.remembers_body == "always" or senders_own is not None,
        dedup_days=hook.door.dedup_days,
    )


def _kept(arrived: _Arrived, signature_header: str) -> list[tuple[str, str]]:
    """The headers that are stored; the marks of a test are ours alone to set."""
    raw_headers = arrived.raw_headers
    if not OUR_MARKS.isdisjoint(arrived.headers):
        raw_headers = [pair for pair in raw_headers if pair[0].lower() not in OUR_MARKS]
    marks = [(TEST_HEADER, "1")] if arrived.test else []
    if arrived.unlimited:
        marks.append((UNLIMITED_MARK, "1"))
    return [*storable_headers(raw_headers, signature_header), *marks]


async def _store_round(
    events_left: Sequence[NewEvent], first_of: dict[UUID, UUID]
) -> list[NewEvent]:
    """Store what is new among the events, and note in `first_of` for each the event that came
    first: itself, or the one it repeats. What is left is neither new nor a repeat."""
    first, repeats = _split_repeats(events_left)
    stored = await _store_within_patience(first)
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
