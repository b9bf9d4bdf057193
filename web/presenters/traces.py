"""Decisions with their traces read, and stored headers."""

from dataclasses import dataclass
from typing import Any

from domain.store.pages_events import DecisionShown
from web.presenters.conditions import group_words, json_words, operator_words
from web.presenters.samples import stored_json
from web.presenters.words import count_words, reason_words

TEST_MARK = "signalbox-test"
"""The stored header of an event that was sent as a test; senders' own of that name are dropped."""

_MARKS: dict[object, tuple[str, str, str]] = {
    True: ("passed", "✓", "passed"),
    False: ("missed", "✗", "did not pass"),
}
_NO_MARK = ("error", "!", "could not be judged")
_CHANGES = {
    "cut": "The value was longer than is shown.",
    "replaced": "Some characters cannot be shown and were replaced.",
}


@dataclass(frozen=True, slots=True)
class ClauseRow:
    """A clause of a trace as a row. `style` is passed, missed or error."""

    path: str
    operator: str
    expected: str
    actual: str
    style: str
    mark: str
    mark_words: str
    group: str
    note: str


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A decision with its clauses, and in a sentence why it was made."""

    decision: DecisionShown
    clauses: tuple[ClauseRow, ...]
    because: str


def decision_shown(decision: DecisionShown) -> DecisionRow:
    """The decision with its trace read."""
    trace = stored_json(decision.trace)
    clauses = trace.get("clauses", ()) if isinstance(trace, dict) else ()
    rows = tuple(_clause(clause) for clause in clauses)
    return DecisionRow(decision, rows, _because(decision, rows))


def _because(decision: DecisionShown, clauses: tuple[ClauseRow, ...]) -> str:
    if decision.reason:
        return reason_words(decision.reason)
    if not clauses:
        return "The trigger has no conditions: every event matches."
    passed = sum(clause.style == "passed" for clause in clauses)
    all_of_them = count_words(len(clauses), "clause")
    if decision.verdict == "fired":
        return f"The conditions match: {passed} of {all_of_them} passed."
    if decision.verdict == "filtered":
        missed = len(clauses) - passed
        return f"The conditions do not match: {missed} of {all_of_them} did not pass."
    return ""


def _clause(clause: dict[str, Any]) -> ClauseRow:
    style, mark, mark_words = _MARKS.get(clause.get("passed"), _NO_MARK)
    op = str(clause.get("op", ""))
    return ClauseRow(
        path=str(clause.get("path", "")),
        operator=operator_words(op),
        expected="" if op in {"exists", "not_exists"} else json_words(clause.get("expected")),
        actual=json_words(clause.get("actual")) if clause.get("found") else "",
        style=style,
        mark=mark,
        mark_words=mark_words,
        group=group_words(str(clause.get("group", ""))),
        note=str(clause.get("error") or _CHANGES.get(str(clause.get("mark")), "")),
    )


def is_test(headers: list[tuple[str, str]]) -> bool:
    """Whether the event with these stored headers was sent as a test, from our own pages."""
    return any(name == TEST_MARK for name, _ in headers)


def headers_shown(stored: str) -> list[tuple[str, str]]:
    """The stored headers in the order in which they came."""
    document = stored_json(stored)
    if isinstance(document, dict):
        document = list(document.items())
    pairs = document if isinstance(document, list) else []
    return [(str(pair[0]), str(pair[1])) for pair in pairs if isinstance(pair, list | tuple)]
