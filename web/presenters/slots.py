"""Slots in words: what became of each instant at which something was due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from domain.rules.list_filters import CAUGHT_UP, SLOT_REASONS, SLOT_STATES
from domain.store.ledger import SlotListed
from web.presenters.words import Lamp, duration_words

_STATES = {
    "fired": Lamp("Fired", "clear"),
    "late": Lamp("Late", "caution"),
    "skipped": Lamp("Skipped", "off"),
    "paused": Lamp("Paused", "off"),
    "missed": Lamp("Missed", "stop"),
    "waiting": Lamp("Waiting", "busy"),
}
_REASONS = {
    "overlap": ("overlap", "What an earlier slot started was still running."),
    "calendar": ("calendar", "A calendar of the schedule says no to this day."),
    "dst": ("clock change", "The clocks were changed, and the schedule's policy skips this one."),
    "catch_up": ("catch-up", "Its time was over, and the catch-up policy does not run it."),
    "canceled": ("canceled", "Somebody ended the backfill before its turn came."),
    "not_on_record": ("not on record", "The auditor expected it, and nobody had fired it."),
    "catch_up_window": ("too late", "It came to light after its catch-up window had passed."),
    "trigger_disabled": ("switched off", "The trigger was switched off."),
    "left_paused": ("switched off", "It was left paused when the trigger was switched on again."),
    "trigger_deleted": ("deleted", "The trigger had been deleted."),
    "superseded": ("superseded", "A later slot ended what it had started."),
}
_CAUGHT_UP = {
    "latest": "Catch-up: the latest",
    "all": "Catch-up: all",
    "resume": "Run when switched on",
    "backfill": "Backfill",
}
_CHANGES = {
    "gap": "In the gap of a clock change",
    "fold_first": "First pass of a repeated hour",
    "fold_second": "Second pass of a repeated hour",
}
_WHY = {
    "late": "What it started began more than 60 seconds after it was due.",
    "paused": "The trigger was switched off.",
    "missed": "It was not fired in time.",
    "waiting": "Its turn is still to come.",
}

STATE_OPTIONS = [(state, _STATES[state]) for state in SLOT_STATES]
REASON_OPTIONS = [(reason, _REASONS[reason][0].capitalize()) for reason in SLOT_REASONS]
CATCH_UP_OPTIONS = [(word, _CAUGHT_UP[word]) for word in CAUGHT_UP]


def slot_lamp(state: str, reason: str | None = None) -> Lamp:
    """A slot's state; of one that was skipped with the reason."""
    lamp = _STATES.get(state) or Lamp(state.capitalize(), "odd")
    if state == "skipped" and reason:
        return Lamp(f"{lamp.word}: {reason_word(reason)}", lamp.style)
    return lamp


def reason_word(reason: str) -> str:
    """A reason in a word or two."""
    return _REASONS[reason][0] if reason in _REASONS else reason.replace("_", " ")


def catch_up_words(catch_up: str) -> str:
    """Why a slot ran although its time was over."""
    return _CAUGHT_UP.get(catch_up, catch_up)


@dataclass(frozen=True, slots=True)
class SlotShown:
    """A slot as a row shows it. `skew` is from when it was due to when it began."""

    slot: SlotListed
    lamp: Lamp
    why: str
    notes: tuple[str, ...]
    jitter: str
    skew: str


def slots_shown(found: Sequence[SlotListed]) -> list[SlotShown]:
    """The rows of a list."""
    return [_shown(slot) for slot in found]


def _shown(slot: SlotListed) -> SlotShown:
    notes = (
        _CAUGHT_UP.get(slot.catch_up or "", ""),
        _CHANGES.get(slot.change or "", ""),
    )
    jitter = slot.due_at - slot.scheduled_for
    return SlotShown(
        slot,
        slot_lamp(slot.state, slot.reason),
        _REASONS[slot.reason][1] if slot.reason in _REASONS else _WHY.get(slot.state, ""),
        tuple(note for note in notes if note),
        jitter=f"+ {duration_words(jitter)}" if jitter else "",
        skew=_skew(slot),
    )


def _skew(slot: SlotListed) -> str:
    """How long after its due moment it began. What was caught up on has no such moment."""
    if slot.started_at is None or slot.catch_up:
        return ""
    return duration_words(max(slot.started_at - slot.due_at, timedelta()))
