"""Trying conditions on past events: what an event makes of the live conditions and of the edited
ones, and what many events come to.

An outcome is kept as one letter, since there are 100,000 of them in a backtest: a letter for each
pair of results, so that nothing of the comparison is lost.
"""

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from domain.rules.clauses import Clause
from domain.rules.conditions import Conditions, judge
from domain.rules.expression_clauses import ExpressionClause
from domain.rules.paths import InvalidPath, Path, compile_path
from domain.rules.subjects import NOTHING, SOURCES, Source, Subject
from domain.rules.traces import Result

MOST_EVENTS = 100_000
DEFAULT_LAST = 1_000
MOST_KEPT = 20
"""Of a trigger; starting another one lets go of the oldest that have ended."""
MOST_UNFINISHED = 3
"""Of a team, at the same time."""
MOST_LOST_LEASES = 3
"""In a row, without a chunk between them: whatever it does, it seems to take its workers down."""

Outcome = Literal["newly_fires", "no_longer_fires", "same_fired", "same_filtered", "errors"]
OUTCOMES: tuple[Outcome, ...] = (
    "newly_fires", "no_longer_fires", "same_fired", "same_filtered", "errors",
)  # fmt: skip

RESULTS: Mapping[str, tuple[Result, Result]] = {
    "n": ("not_matched", "matched"),
    "g": ("matched", "not_matched"),
    "f": ("matched", "matched"),
    "s": ("not_matched", "not_matched"),
    "e": ("error", "error"),
    "b": ("matched", "error"),
    "x": ("not_matched", "error"),
    "h": ("error", "matched"),
    "q": ("error", "not_matched"),
}
"""By letter: what the live conditions came to, and what the edited ones did."""
LETTERS: Mapping[tuple[Result, Result], str] = {pair: letter for letter, pair in RESULTS.items()}
UNREADABLE = "e"
"""The outcome of an event whose body cannot be read: neither side can judge it."""

_OUTCOME_OF: Mapping[str, Outcome] = {
    "n": "newly_fires", "g": "no_longer_fires", "f": "same_fired", "s": "same_filtered",
}  # fmt: skip

Filter = Literal["newly_fires", "no_longer_fires", "same", "same_fired", "same_filtered", "error"]
FILTERS: Mapping[Filter, str] = {
    "newly_fires": "n",
    "no_longer_fires": "g",
    "same": "fs",
    "same_fired": "f",
    "same_filtered": "s",
    "error": "ebxhq",
}
"""By the word that a list is narrowed with: the letters it shows."""

# For these a field that is not there is no surprise: they ask whether it is.
_ASK_FOR_PRESENCE = frozenset({"exists", "not_exists"})


def outcome_of(letter: str) -> Outcome:
    """What an event with this letter is counted as."""
    return _OUTCOME_OF.get(letter, "errors")


_PLACES: Mapping[str, int] = {letter: OUTCOMES.index(outcome_of(letter)) for letter in RESULTS}


def compare(live: Conditions, edited: Conditions, subject: Subject) -> str:
    """The letter for what both sides make of an event."""
    return LETTERS[result_of(live, subject), result_of(edited, subject)]


_RESULTS: Mapping[bool | None, Result] = {True: "matched", False: "not_matched", None: "error"}


def result_of(conditions: Conditions, subject: Subject) -> Result:
    """The result of `judge`, without the traces that it makes of the clauses behind it."""
    if conditions.root is None:
        return judge(conditions, subject).result
    return _RESULTS[conditions.root.judge(subject, conditions.visits)[0]]


# --- Fields that older events lack -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Field:
    """A field that the edited conditions look at."""

    source: Source
    path: Path

    @property
    def name(self) -> str:
        """`body $.order.region`: its key in what is stored."""
        return f"{self.source} {self.path.text}"

    def is_in(self, subject: Subject) -> bool:
        """Whether the event has it."""
        document = getattr(subject, self.source)
        return document is not NOTHING and bool(self.path.find(document))


def fields_of(conditions: Conditions) -> tuple[Field, ...]:
    """The fields whose absence would be worth a word, each once: those of plain paths, and what
    expressions read by name without asking whether it is there."""
    found: dict[Field, None] = {}
    for clause in conditions.clauses():
        of_clause = _compared_by(clause) if isinstance(clause, Clause) else _read_by(clause)
        found |= dict.fromkeys(of_clause)
    return tuple(found)


def _compared_by(clause: Clause) -> Iterator[Field]:
    if clause.op in _ASK_FOR_PRESENCE:
        return
    for path in (clause.path, clause.other):
        if path is not None and path.singular:
            yield Field(clause.source, path)


def _read_by(clause: ExpressionClause) -> Iterator[Field]:
    text = clause.expression.text.replace(" ", "")
    for read in clause.expression.reads:
        source = next((each for each in SOURCES if re.match(rf"{each}\b", read)), None)
        if source is None or f"has({read})" in text:
            continue
        with contextlib.suppress(InvalidPath):
            path = compile_path(f"${read.removeprefix(source)}")
            if path.singular:
                yield Field(source, path)


@dataclass(frozen=True, slots=True)
class FieldCount:
    """In how many events a field was, the oldest of them; in how many it was not, the newest."""

    source: str
    path: str
    found: int
    missing: int
    oldest_found: UUID | None
    newest_missing: UUID | None

    @property
    def came_later(self) -> bool:
        """Whether all events without it are older than all that have it."""
        if self.oldest_found is None or self.newest_missing is None:
            return False
        return self.newest_missing.int < self.oldest_found.int


# --- A chunk -----------------------------------------------------------------------------------


@dataclass(slots=True)
class _Count:
    found: int = 0
    missing: int = 0
    oldest_found: UUID | None = None
    newest_missing: UUID | None = None


@dataclass(slots=True)
class Chunk:
    """What some events came to. They are added newest first."""

    fields: tuple[Field, ...]
    event_ids: list[UUID] = field(default_factory=list)
    letters: list[str] = field(default_factory=list)
    days: dict[str, list[int]] = field(default_factory=dict)
    _counts: list[_Count] = field(init=False)

    def __post_init__(self) -> None:
        self._counts = [_Count() for _ in self.fields]

    def add(self, event_id: UUID, at: datetime, letter: str, subject: Subject | None) -> None:
        """An event, received `at` (UTC); `subject` is None for one that cannot be read."""
        self.event_ids.append(event_id)
        self.letters.append(letter)
        day = self.days.setdefault(at.date().isoformat(), [0] * len(OUTCOMES))
        day[_PLACES[letter]] += 1
        if subject is not None:
            self._look_for_fields(event_id, subject)

    def _look_for_fields(self, event_id: UUID, subject: Subject) -> None:
        for each, count in zip(self.fields, self._counts, strict=True):
            if each.is_in(subject):
                count.found += 1
                count.oldest_found = event_id
            else:
                count.missing += 1
                count.newest_missing = count.newest_missing or event_id

    @property
    def counted(self) -> dict[str, tuple[int, int, UUID | None, UUID | None]]:
        """By a field's name: found, missing, the oldest event that has it, the newest without."""
        return {
            each.name: (count.found, count.missing, count.oldest_found, count.newest_missing)
            for each, count in zip(self.fields, self._counts, strict=True)
            if count.found or count.missing
        }

    @property
    def outcomes(self) -> str:
        """The letters, in the order of `event_ids`."""
        return "".join(self.letters)

    def count(self, outcome: Outcome) -> int:
        """How many events are counted as this."""
        place = OUTCOMES.index(outcome)
        return sum(day[place] for day in self.days.values())
