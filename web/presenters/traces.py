"""Decisions with their traces read, and stored headers."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec

from domain.operations.explain_decisions import Explained
from domain.operations.limited_events import UNLIMITED_MARK
from domain.operations.run_manually import NOTE_HEADER
from domain.rules.ids import parse_id
from domain.rules.traces import ClauseTrace
from domain.store.pages_events import DecisionShown
from web.presenters.checks import Check, checks_of
from web.presenters.conditions import (
    TYPES,
    WITHOUT_VALUE,
    about_words,
    group_words,
    json_words,
    operator_words,
)
from web.presenters.limit_traces import LimitTrace, limit_trace
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
_DISAGREES = (
    "Judged again, this event comes to another result. What is shown is what was stored when it "
    "was decided; please report it, with the ids of event and trigger."
)


@dataclass(frozen=True, slots=True)
class ClauseRow:
    """A clause of a trace as a row. `style` is passed, missed or error; `about` says of what `path`
    is one, `notes` what else there is to know."""

    about: str
    path: str
    operator: str
    expected: str
    actual: str
    style: str
    mark: str
    mark_words: str
    group: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A decision with its clauses, and in a sentence why it was made. `partly` says that only the
    clauses that decided are known, `first_event_id` which event this one repeats."""

    decision: DecisionShown
    clauses: tuple[ClauseRow, ...]
    because: str
    checks: tuple[Check, ...]
    partly: bool = False
    warning: str = ""
    first_event_id: UUID | None = None
    limits: LimitTrace = field(default_factory=LimitTrace)
    is_unlimited_test: bool = False


def decision_shown(
    decision: DecisionShown, size: int, explained: Explained | None = None, *, values: bool = True
) -> DecisionRow:
    """The decision about an event of so many bytes, with the trace of every clause, or with what
    was stored of it; `values`: also with what the keys of limits found."""
    stored = stored_json(decision.trace)
    trace: dict[str, Any] = stored if isinstance(stored, dict) else {}
    agrees = explained is not None and explained.agrees
    clauses = explained.judgement.clauses if explained and agrees else _stored_clauses(trace)
    rows = tuple(map(clause_row, clauses))
    return DecisionRow(
        decision,
        rows,
        _because(decision, trace, rows if agrees else ()),
        tuple(checks_of(decision.verdict, decision.reason, size=size)),
        partly=not agrees and bool(rows),
        warning=_DISAGREES if explained is not None and not agrees else "",
        first_event_id=parse_id(str(trace.get("first_event_id") or "")),
        limits=limit_trace(trace, values=values),
        is_unlimited_test=trace.get("limits_skipped") == "test",
    )


def _stored_clauses(trace: dict[str, Any]) -> list[ClauseTrace]:
    try:
        return msgspec.convert(trace.get("clauses", []), list[ClauseTrace])
    except msgspec.ValidationError:
        return []


def _because(decision: DecisionShown, trace: dict[str, Any], clauses: tuple[ClauseRow, ...]) -> str:
    if decision.reason and decision.reason != "condition_error":
        return reason_words(decision.reason) + _depths(trace)
    all_of_them = count_words(len(clauses), "clause")
    if decision.verdict == "error":
        failed = sum(clause.style == "error" for clause in clauses)
        counted = f": {failed} of {all_of_them}" if clauses else ""
        return f"The conditions could not be judged{counted}. Nothing was started."
    if decision.verdict == "filtered":
        missed = sum(clause.style != "passed" for clause in clauses)
        counted = f": {missed} of {all_of_them} did not pass" if clauses else ""
        return f"The conditions do not match{counted}. Nothing was started."
    if decision.verdict != "fired":
        return ""
    if not clauses:
        return "The trigger has no conditions: every event matches."
    passed = sum(clause.style == "passed" for clause in clauses)
    return f"The conditions match: {passed} of {all_of_them} passed."


def _depths(trace: dict[str, Any]) -> str:
    """How long the chain is, as far as it is on record."""
    depth, most = trace.get("depth"), trace.get("most")
    return f" It is a chain of {depth}, at most {most} is let through." if depth and most else ""


def clause_row(clause: ClauseTrace) -> ClauseRow:
    """One clause of a trace."""
    style, mark, mark_words = _MARKS.get(clause.passed, _NO_MARK)
    return ClauseRow(
        about=about_words(clause.source, clause.quantifier),
        path=clause.path,
        operator=operator_words(clause.op),
        expected=_expected(clause),
        actual=json_words(clause.actual) if clause.found else "",  # type: ignore[arg-type]
        style=style,
        mark=mark,
        mark_words=mark_words,
        group=group_words(clause.group),
        notes=tuple(_notes(clause)),
    )


def _expected(clause: ClauseTrace) -> str:
    if clause.op in WITHOUT_VALUE:
        return ""
    if clause.op == "expr":
        return str(clause.expected)
    value = json_words(clause.expected)  # type: ignore[arg-type]  # JSON throughout
    return f"{value} (from {clause.expected_path})" if clause.expected_path else value


def _notes(clause: ClauseTrace) -> list[str]:
    notes = [f"{clause.error[:1].upper()}{clause.error[1:]}."] if clause.error else []
    if not clause.found and not clause.error and clause.op not in WITHOUT_VALUE:
        taken = "a match" if clause.passed else "no match"
        notes.append(f"Missing in this event, which this clause takes for {taken}.")
    if clause.coerced:
        notes.append(f"Read as {TYPES.get(clause.coerced, clause.coerced)}.")
    if clause.ignores_case:
        notes.append("Upper and lower case are the same.")
    if clause.note:
        notes.append(f"{clause.note[:1].upper()}{clause.note[1:]}.")
    if clause.mark:
        notes.append(_CHANGES[clause.mark])
    return notes


def is_test(headers: list[tuple[str, str]]) -> bool:
    """Whether the event with these stored headers was sent as a test, from our own pages."""
    return any(name == TEST_MARK for name, _ in headers)


def is_unlimited(headers: list[tuple[str, str]]) -> bool:
    """Whether it is such a test, and skips limits."""
    return any(name == UNLIMITED_MARK for name, _ in headers)


def note_in(kind: str, headers: list[tuple[str, str]]) -> str:
    """Why a manual event was made; no other kind has a note of ours."""
    return dict(headers).get(NOTE_HEADER, "") if kind == "manual" else ""


def headers_shown(stored: str) -> list[tuple[str, str]]:
    """The stored headers in the order in which they came."""
    document = stored_json(stored)
    if isinstance(document, dict):
        document = list(document.items())
    pairs = document if isinstance(document, list) else []
    return [(str(pair[0]), str(pair[1])) for pair in pairs if isinstance(pair, list | tuple)]
