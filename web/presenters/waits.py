"""What an execution waits for, in words, and how long it has waited, for its timeline."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.store.waiting_executions import MOST_COUNTED, Waited
from web.presenters.timeline import Before
from web.presenters.words import count_words

_AT_GATES = frozenset({"concurrency", "order"})
_WHOSE = {"workflow": "of its workflow", "trigger": "of its trigger"}


@dataclass(frozen=True, slots=True)
class WaitShown:
    """A sentence; how many are before it; and the execution that it is behind, if it is one.
    `key` is for those who may see payloads."""

    sentence: str
    before: str
    behind: UUID | None
    key: str | None


def wait_shown(waited: Waited | None) -> WaitShown | None:
    """What the page says of an execution that waits at a gate; None: it does not."""
    if waited is None or waited.waits_for not in _AT_GATES:
        return None
    return WaitShown(_sentence(waited), _before(waited.before), waited.behind, waited.key)


def _sentence(waited: Waited) -> str:
    if waited.waits_for == "concurrency":
        whose = _WHOSE.get(waited.scope or "", "of its key")
        most = count_words(waited.most or 0, "execution")
        return f"Waits for a place: at most {most} {whose} at once"
    whose = "of its key" if waited.key else "of its trigger"
    if waited.behind is None:
        return f"Waits for its turn: an earlier event {whose} is still to be let through"
    return f"Waits for its turn: one execution {whose} after the other"


def _before(before: int) -> str:
    if before == 0:
        return "It is the next one."
    at_least = "at least " if before == MOST_COUNTED else ""
    return f"Before it wait {at_least}{count_words(before, 'other')}."


def before_the_queue(waited: Waited | None, created_at: datetime, now: datetime) -> Before:
    """How long it waited before a worker could have it: its event in lanes, and then it at gates,
    as far as that is on record."""
    if waited is None:
        return Before()
    let_in_at = None
    if waited.has_gates and waited.first_due:
        let_in_at = min(waited.due_at or now, now)
    return Before(waited.held_back_at, let_in_at if let_in_at and let_in_at > created_at else None)
