"""Ingest: verify what arrived, store it, and only then say that it was accepted.

The body is stored as it came, and judged later.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from domain.clock import utc_now
from domain.coordination.limiter import RateLimiter
from domain.encryption import CannotOpen, Vault
from domain.errors import Overloaded, SignalboxError
from domain.operations.door_notes import DoorNotes
from domain.operations.hook_directory import Hook, HookDirectory
from domain.operations.limit_at_door import DoorLimits
from domain.operations.limited_events import UNLIMITED_MARK
from domain.operations.store_events import EventStore, Receipt
from domain.operations.watch_clock import ClockWatch
from domain.rules.addresses import IPNetwork
from domain.rules.dedupe import body_key, id_key, sender_id
from domain.rules.ids import new_id
from domain.rules.limits import Rate
from domain.rules.redaction import storable_headers
from domain.senders import Headers, Refused, Reply, Verified
from domain.store.database import Contended, Unavailable
from domain.store.events import NewEvent
from domain.store.jsonb import json_text

# Of a team's events together that are about to be stored.
MOST_WAITING_BYTES = 128 * 1024 * 1024
# Put among a test event's headers, and taken out of all that come from outside.
TEST_HEADER = "signalbox-test"
OUR_MARKS = frozenset({TEST_HEADER, UNLIMITED_MARK})


class BadSignature(SignalboxError):
    """The signature does not prove that the sender knows the secret."""

    code = "bad_signature"

    def __init__(self, reason: str = "bad_signature") -> None:
        self.reason = reason
        super().__init__()


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
        limiter: RateLimiter | None = None,
        global_limits: Sequence[Rate] = (),
    ) -> None:
        """`ring_events(ids)` and `announce(team_id, *topics)` neither block nor fail. What comes in
        plain is refused where `https_only`; what `trusted_proxies` say of a request is believed.
        Without a `limiter` no request is counted."""
        self.https_only = https_only
        self.trusted_proxies = tuple(trusted_proxies)
        self.notes = DoorNotes(announce)
        self.clock = ClockWatch()
        self._hooks = HookDirectory(vault, global_limits)
        self._waiting_bytes: dict[UUID, int] = {}  # of each team that was ever here
        self._store = EventStore(ring_events, announce)
        self._limits = None if limiter is None else DoorLimits(limiter, self._store.commit)

    def start(self) -> None:
        """Start committing, on the running event loop."""
        if self._limits is not None:
            self._limits.start()
        self._store.start()
        self.notes.start()
        self.clock.start()

    async def close(self) -> None:
        """Commit what is still waiting, then end."""
        if self._limits is not None:
            await self._limits.close()
        await self._store.close()
        await self.notes.close()
        await self.clock.close()

    def is_full(self, team_id: UUID) -> bool:
        """Whether `receive` has no room for another event of the team. To say so at once, before
        the request is read and verified, leaves the time to those that wait."""
        waiting_bytes = self._waiting_bytes.get(team_id, 0)
        return waiting_bytes >= MOST_WAITING_BYTES or self._store.is_full(team_id)

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
        here or later. Raises BadSignature, InvalidInput (a sender's id that cannot be one),
        Throttled (a limit that refuses) and Overloaded; nothing was accepted then.
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
        team_id, size = hook.team_id, len(body)
        waiting = self._waiting_bytes
        if waiting.get(team_id, 0) + size > MOST_WAITING_BYTES:
            raise Overloaded
        waiting[team_id] = waiting.get(team_id, 0) + size
        try:
            if self._limits is None or unlimited or not hook.windows:
                return await self._store.store(event)
            return await self._limits.store(event, hook.windows)
        except (*Unavailable, *Contended):
            raise Overloaded(2) from None
        finally:
            waiting[team_id] -= size


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
