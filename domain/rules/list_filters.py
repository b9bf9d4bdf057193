"""What the lists can be narrowed to. `list_addresses.py` says how an address says so."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

from domain.rules.bodies import UnreadableBody, read_json
from domain.rules.execution_states import ExecutionState
from domain.rules.json_values import JsonValue, same
from domain.rules.paths import Path

Pairs = tuple[tuple[str, str], ...]
"""Parameters of an address, in order."""

KINDS = ("webhook", "schedule", "email", "poll", "integration", "workflow", "manual")
PENDING = "pending"
VERDICTS = (
    PENDING,
    "fired",
    "filtered",
    "rate_limited",
    "deferred",
    "duplicate",
    "paused",
    "loop",
    "error",
)
STATES = tuple(str(state) for state in ExecutionState)
HEALTHS = ("healthy", "degraded", "failing", "late", "waiting", "paused")
SWITCHED = {"on": True, "off": False}
WITHIN = {"1h": timedelta(hours=1), "24h": timedelta(hours=24), "7d": timedelta(days=7)}
CUSTOM = "custom"


@dataclass(frozen=True, slots=True)
class Span:
    """When something was received: within the time up to now, or from one instant to another.

    `since` and `until` are aware; `until` is not part of the span. `typed` keeps what a person
    wrote, and in which zone.
    """

    within: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    typed: Pairs = ()

    def bounds(self, now: datetime) -> tuple[datetime | None, datetime | None]:
        """From when, and before when; None has no end."""
        return (now - WITHIN[self.within] if self.within else self.since), self.until


ANY_TIME = Span()


@dataclass(frozen=True, slots=True)
class PayloadClause:
    """Asks whether a field of a body has a value."""

    path: Path
    equals: str

    def matches(self, document: JsonValue) -> bool:
        """Whether a value at the path is the one that was typed.

        Typed text stands for itself, and for the JSON value that it spells: `1234` finds the number
        1234 (however it is written) and the text "1234", `"1234"` in quotes only the text.

        Raises PathTooCostly for a path that would visit too much of this document.
        """
        spelled = _spelled(self.equals)
        return any(
            found == self.equals or any(same(found, value) for value in spelled)
            for found in self.path.find(document)
        )


@lru_cache(maxsize=256)
def _spelled(text: str) -> tuple[JsonValue, ...]:
    try:
        return (read_json(text.encode("utf-8", "surrogatepass")),)
    except UnreadableBody:
        return ()


@dataclass(frozen=True, slots=True)
class ExecutionFilters:
    """What a list of executions is narrowed to; empty or None: not narrowed. `id` is an
    execution's, or its event's."""

    states: tuple[str, ...] = ()
    kind: str | None = None
    trigger_id: UUID | None = None
    workflow_id: UUID | None = None
    event_id: UUID | None = None
    span: Span = ANY_TIME
    id: UUID | None = None
    bulk_id: UUID | None = None


DEAD_LETTER_STATES = ("dead", "failed")


@dataclass(frozen=True, slots=True)
class DeadLetterFilters:
    """What the list of dead letters is narrowed to; empty or None: not narrowed, except that
    without states it is `dead`. `reason` is a word of ours, `error` a part of the first or the last
    error, in any case; those of one `fingerprint` failed in the same way."""

    states: tuple[str, ...] = ()
    trigger_id: UUID | None = None
    workflow_id: UUID | None = None
    reason: str | None = None
    error: str | None = None
    fingerprint: str | None = None
    span: Span = ANY_TIME


@dataclass(frozen=True, slots=True)
class EventFilters:
    """What a list of events is narrowed to; empty or None: not narrowed. Of the verdicts,
    `pending` stands for no decision yet. `title` is a part of the title, in any case."""

    trigger_id: UUID | None = None
    kind: str | None = None
    verdicts: tuple[str, ...] = ()
    span: Span = ANY_TIME
    sender_id: str | None = None
    title: str | None = None
    payload: PayloadClause | None = None


@dataclass(frozen=True, slots=True)
class TriggerFilters:
    """What the list of triggers is narrowed to; None: not narrowed. `name` is a part of the name,
    in any case."""

    enabled: bool | None = None
    kind: str | None = None
    workflow_id: UUID | None = None
    health: str | None = None
    name: str | None = None


SLOT_STATES = ("fired", "late", "skipped", "paused", "missed", "waiting")
SLOT_REASONS = ("overlap", "calendar", "dst", "catch_up", "canceled", "not_on_record")
CAUGHT_UP = ("latest", "all", "resume", "backfill")


@dataclass(frozen=True, slots=True)
class SlotFilters:
    """What a list of slots is narrowed to; empty or None: not narrowed. `span` is about the instant
    that a slot was scheduled for (a backfilled one: asked for)."""

    states: tuple[str, ...] = ()
    trigger_id: UUID | None = None
    reason: str | None = None
    catch_up: str | None = None
    span: Span = ANY_TIME
