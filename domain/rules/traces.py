"""What became of one clause, and of all of them: plain JSON, ready to be stored and shown."""

from typing import Any, Literal

import msgspec

from domain.rules.json_values import JsonValue
from domain.rules.redaction import Redactor
from domain.rules.shown import CUT, Mark

Result = Literal["matched", "not_matched", "error"]

MOST_STORED = 10
"""Deciding clauses that a stored trace holds; `more` counts the others."""


class ClauseTrace(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What became of one clause; `index` is its place in written order, from 0.

    `actual` is the value found, or the list of them for a path that can find several, or their
    number (quantifier `count`), or, for an expression, what it read by name; `passed` is None on an
    error, which `error` explains. `group` says where the clause stands (`all.1.any`). `mark` says
    that `actual` was cut or had characters replaced (see `shown`). `expected_path` is where
    `expected` comes from when it is another field's value, `coerced` the type that values were read
    as, `note` anything else worth knowing.
    """

    path: str
    op: str
    expected: object
    actual: object
    found: bool
    passed: bool | None
    group: str
    index: int = -1
    error: str | None = None
    mark: Mark = None
    source: str = "body"
    quantifier: str = "any"
    expected_path: str | None = None
    coerced: str | None = None
    ignores_case: bool = False
    note: str | None = None

    def without(self, redactor: Redactor) -> "ClauseTrace":
        """The same without the secrets that `redactor` knows."""
        return msgspec.structs.replace(
            self,
            expected=_hidden(self.expected, redactor),
            actual=_hidden(self.actual, redactor),
            error=self.error and redactor.text(self.error),
        )


def _hidden(value: Any, redactor: Redactor) -> JsonValue:
    if isinstance(value, str) and value.endswith(CUT):
        return redactor.cut_text(value.removesuffix(CUT)) + CUT
    return redactor.json(value)


class Judgement(msgspec.Struct, frozen=True):
    """The outcome over one event. `clauses` are the traces of all clauses in written order when it
    was explained, and of those that decided it when it was judged (none when it matched)."""

    result: Result
    clauses: tuple[ClauseTrace, ...]

    @property
    def error(self) -> str | None:
        """Why the result is an error: the first clause that could not be judged."""
        if self.result != "error":
            return None
        return next((_why(trace) for trace in self.clauses if trace.error), None)

    def without(self, redactor: Redactor) -> "Judgement":
        """The same without the secrets that `redactor` knows."""
        return Judgement(self.result, tuple(trace.without(redactor) for trace in self.clauses))

    def compact(self, redactor: Redactor | None = None) -> dict[str, object]:
        """What is stored of it: the result, the clauses that decided, how many more did; without
        the secrets that `redactor` knows."""
        kept = self.clauses[:MOST_STORED]
        if redactor is not None:  # only of what is kept: it is a good part of a decision's cost
            kept = tuple(trace.without(redactor) for trace in kept)
        stored: dict[str, object] = {"result": self.result, "clauses": kept}
        more = len(self.clauses) - MOST_STORED
        return stored | ({"more": more} if more > 0 else {})


def _why(trace: ClauseTrace) -> str:
    return f"{trace.path or trace.op}: {trace.error}"
