"""When a canary's probe has gone well, and when not."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.rules.execution_states import TERMINAL

KINDS = ("schedule", "webhook", "chain")
ON_TIME = timedelta(seconds=60)
SENT_WITHIN = timedelta(minutes=2)
GIVEN_UP_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of a probe: its slot's state, whether it has an event, and how the execution
    that this started is doing."""

    slot_state: str | None = None
    has_event: bool = False
    state: str | None = None
    started_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a probe ended."""

    state: str
    reason: str | None = None


def outcome_of(kind: str, minute: datetime, seen: Seen, now: datetime) -> Outcome | None:
    """How the probe of this minute ended; None while that is not known."""
    if seen.state == "succeeded" and seen.started_at is not None:
        return Outcome("on_time" if seen.started_at - minute <= ON_TIME else "late")
    if seen.state in TERMINAL:
        return Outcome("missed", "failed")
    if kind != "webhook" and seen.slot_state in {"skipped", "paused", "missed"}:
        return Outcome("missed", "not_fired")
    if kind == "webhook" and not seen.has_event and now - minute > SENT_WITHIN:
        return Outcome("missed", "not_sent")
    if now - minute > GIVEN_UP_AFTER:
        return Outcome("missed", "not_started" if seen.has_event else "not_fired")
    return None
