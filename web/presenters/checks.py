"""What was asked of an event, in the order in which it was asked, and where it stopped."""

from dataclasses import dataclass
from typing import get_args

from domain.rules.bodies import BodyFault

_BODY_FAULTS = frozenset(get_args(BodyFault))
_MARKS = {"passed": "✓", "missed": "✗", "error": "!", "unasked": "-"}


@dataclass(frozen=True, slots=True)
class Check:
    """One question. `style` is passed, missed, error, or unasked: an earlier one settled it."""

    question: str
    answer: str
    style: str

    @property
    def mark(self) -> str:
        """The sign beside it."""
        return _MARKS[self.style]


@dataclass(frozen=True, slots=True)
class _Question:
    words: str
    yes: str
    no: str


# As `domain/operations/decide_events.py` asks them.
_QUESTIONS = {
    "switch": _Question("Trigger switched on?", "Yes", "No: paused"),
    "workflow": _Question("Workflow published?", "Yes", "No version to run"),
    "chain": _Question("Chain short enough?", "Yes", "No: a loop"),
    "body": _Question("Body readable?", "Yes", "No"),
    "conditions": _Question("Conditions met?", "Yes", "No"),
    "repeat": _Question("First of its kind?", "Yes", "No: a repeat"),
    "limits": _Question("Free to start?", "Yes", "No"),
}
_ONLY_WHERE_IT_STOPS = frozenset({"chain", "limits"})
"""Nearly everything has no chain before it, and is free to start: only where not it is told."""
_STOPPED_AT = {
    "trigger_disabled": "switch",
    "workflow_not_published": "workflow",
    "unreadable_version": "conditions",
    "chain_too_deep": "chain",
    "internal": "conditions",
    "condition_error": "conditions",
    "sender_id_seen": "repeat",
    **dict.fromkeys(
        (
            "limit",
            "debounce",
            "batch",
            "held",
            "over_limit",
            "waited_too_long",
            "debounced",
            "already_running",
        ),
        "limits",
    ),
}
_FAILED = "Could not be judged"


def checks_of(verdict: str, reason: str | None, *, size: int) -> list[Check]:
    """The questions with their answers; none for a verdict that is not known here."""
    stopped = _stopped_at(verdict, reason)
    if stopped is None and verdict != "fired":
        return []
    checks, asked = [], True
    for name, question in _QUESTIONS.items():
        if name in _ONLY_WHERE_IT_STOPS and stopped != name:
            continue
        if not asked:
            checks.append(Check(question.words, "Not asked any more", "unasked"))
        elif name == stopped:
            failed = verdict == "error" and name == "conditions"
            answer = _FAILED if failed else question.no
            checks.append(Check(question.words, answer, "error" if failed else "missed"))
            asked = False
        else:
            checks.append(Check(question.words, _yes(name, question, size), "passed"))
    return checks


def _stopped_at(verdict: str, reason: str | None) -> str | None:
    if verdict == "filtered":
        return "conditions"
    return "body" if reason in _BODY_FAULTS else _STOPPED_AT.get(reason or "")


def _yes(name: str, question: _Question, size: int) -> str:
    if name == "body" and size == 0:
        return "It is empty: no path finds anything in it"
    return question.yes
