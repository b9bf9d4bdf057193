"""Ingest: verify what arrived, store it, and only then say that it was accepted.

The body is never parsed on the way: it is stored as it came, and judged later. Requests that
arrive together share one commit.
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from domain import metrics
from domain.batches import Batcher
from domain.clock import utc_now
from domain.encryption import Vault
from domain.errors import Overloaded, SignalboxError
from domain.operations.hook_directory import Hook, HookDirectory
from domain.pause_points import pause_at
from domain.rules.dedupe import key_hash, sender_id
from domain.rules.ids import new_id
from domain.rules.redaction import storable_headers
from domain.senders import Headers, Refused
from domain.store import events
from domain.store.database import Unavailable
from domain.store.events import NewEvent
from domain.store.jsonb import json_text

MOST_BODY_BYTES = 1024 * 1024
MOST_PER_COMMIT = 128
COMMITS_AT_ONCE = 2
MOST_WAITING = 1_000
# A database that restarts is away for a few seconds; the senders of that moment need not notice.
RETRY_AFTER_S = (0.1, 0.4, 1.5, 2.0)


class BadSignature(SignalboxError):
    """The signature does not prove that the sender knows the secret."""

    code = "bad_signature"


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
        ring_events: Callable[[Sequence[UUID]], None],
        announce: Callable[..., None],
    ) -> None:
        """`ring_events(ids)` and `announce(team_id, *topics)` neither block nor fail."""
        self._hooks = HookDirectory(vault)
        self._ring_events = ring_events
        self._announce = announce
        self._commits: Batcher[NewEvent, Receipt] = Batcher(
            self._commit,
            most=MOST_PER_COMMIT,
            passes=COMMITS_AT_ONCE,
            waiting=MOST_WAITING,
            outages=Unavailable,
        )

    def start(self) -> None:
        """Start committing, on the running event loop."""
        self._commits.start()

    async def close(self) -> None:
        """Commit what is still waiting, then end."""
        await self._commits.close()

    async def find_hook(self, token: str) -> Hook | None:
        """The hook that `token` opens, or None. Raises Overloaded when the database is away."""
        try:
            return await self._hooks.find(token)
        except Unavailable:
            raise Overloaded(2) from None

    async def receive(
        self, hook: Hook, headers: Headers, raw_headers: Sequence[tuple[str, str]],
        query: str, body: bytes,
    ) -> Receipt:  # fmt: skip
        """Accept one delivery: when this returns, the event is on disk.

        Raises BadSignature, InvalidInput (a sender's id that cannot be one) and Overloaded
        (nothing was accepted).
        """
        verified = hook.sender.verify(headers, body, hook.secrets, hook.config, utc_now())
        if isinstance(verified, Refused):
            raise BadSignature
        senders_own = sender_id(headers, verified.delivery_id)
        event = NewEvent(
            id=new_id(),
            team_id=hook.team_id,
            trigger_id=hook.trigger_id,
            kind="webhook",
            headers=json_text(storable_headers(raw_headers)),
            query=query,
            content_type=headers.get("content-type", "")[:200],
            title=hook.sender.describe(headers, body),
            sender_id=senders_own,
            key_hash=None if senders_own is None else scoped_key(hook.trigger_id, senders_own),
            body_hash=hashlib.sha256(body).digest(),
            body=body,
        )
        try:
            return await self._commits.submit(event)
        except Unavailable:
            raise Overloaded(2) from None

    async def _commit(self, batch: Sequence[NewEvent]) -> list[Receipt]:
        first, repeats = _split_repeats(batch)
        await pause_at("ingest.before_commit")
        with metrics.INGEST_SECONDS.time():
            stored = await _store_within_patience(first)
        known: dict[bytes | None, UUID] = {e.key_hash: e.id for e in first if e.id in stored}
        repeats += [event for event in first if event.id not in stored]
        if repeats:
            known |= await events.count_repeats(repeats)
        await pause_at("ingest.after_commit")
        receipts = [_receipt(event, stored, known) for event in batch]
        # After the answer: the callers' futures are set when this returns.
        asyncio.get_running_loop().call_soon(self._tell, [e for e in first if e.id in stored])
        return receipts

    def _tell(self, stored: Sequence[NewEvent]) -> None:
        self._ring_events([event.id for event in stored])
        for team_id in {event.team_id for event in stored}:
            self._announce(team_id, "events")
        metrics.EVENTS.labels("accepted").inc(len(stored))
        metrics.INGEST_BATCH.observe(len(stored))


def scoped_key(trigger_id: UUID, senders_own: str) -> bytes:
    """The key by which a repeat is known: a sender's id counts within its trigger."""
    return key_hash(f"{trigger_id}\0{senders_own}")


def _split_repeats(batch: Sequence[NewEvent]) -> tuple[list[NewEvent], list[NewEvent]]:
    """The first event of each key (or without one), and those that repeat it within the batch."""
    seen: Counter[bytes] = Counter()
    first: list[NewEvent] = []
    repeats: list[NewEvent] = []
    for event in batch:
        if event.key_hash is not None:
            seen[event.key_hash] += 1
        (repeats if event.key_hash and seen[event.key_hash] > 1 else first).append(event)
    return first, repeats


async def _store_within_patience(first: Sequence[NewEvent]) -> set[UUID]:
    """Store, and try again while the database is away for a moment. The ids stay the same, so a
    commit whose answer was lost is found again instead of being made twice."""
    for pause in RETRY_AFTER_S:
        try:
            return await events.store(first)
        except Unavailable:
            await asyncio.sleep(pause)
    return await events.store(first)


def _receipt(event: NewEvent, stored: set[UUID], known: dict[bytes | None, UUID]) -> Receipt:
    if event.id in stored:
        return Receipt(event.id, duplicate=False)
    # The key's row is gone again only if its last day ended between two statements.
    return Receipt(known.get(event.key_hash, event.id), duplicate=True)
