"""One clause of a condition, checked once (`clause_parsing.py`), judged often.

A path that finds nothing never matches unless the clause says so: `missing` is `no_match` (also for
`ne` and `not_in`), `match` or `error`; `exists` and `not_exists` ask for just that. Of a path that
can find several values, `quantifier` says how many must pass: `any` of them (if not told), `all`,
`none`; or it is their number that is judged (`count`, for which nothing is missing: there are 0).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from domain.rules.coercions import CannotJudge
from domain.rules.comparisons import Test
from domain.rules.json_values import JsonValue
from domain.rules.path_walk import MAX_VISITS, PathTooCostly
from domain.rules.paths import Path
from domain.rules.regexes import COST, Regex
from domain.rules.shown import MAX_BYTES, shown
from domain.rules.subjects import NOTHING, Source, Subject
from domain.rules.traces import ClauseTrace
from domain.rules.weights import LIGHT, Cost, weight

WhenMissing = Literal["no_match", "match", "error"]
Quantifier = Literal["any", "all", "none", "count"]

MOST_VALUES_SHOWN = MAX_BYTES

# Visits that a value takes which cannot be judged: the sentence about it is made anew.
_FAULT = 2

_NOTHING_FOUND = "the path finds nothing in this event"
_NO_OTHER_VALUE = "the path of the value to compare with finds nothing in this event"
_TOO_COSTLY = "the path would visit too many parts of this event"
_TOO_LARGE = "there is too much here to compare"
_TOO_MUCH_TEXT = "there is too much text to search with this pattern"

# passed, why not (an error's sentence), the values found, what they were compared with
_Look = tuple[bool | None, str | None, list[JsonValue], JsonValue]


@dataclass(frozen=True, slots=True)
class Clause:
    """A checked clause. `when_missing` is what it comes to when its path finds nothing.

    `make` is the test of the values found: for another field's value (`other`), or for the event's
    instant, it is made anew for each event; else it is `test`, made once. `cost` is what the test
    takes of the clause's visits (None: next to nothing), `weighs` the weight of what it compares.
    """

    index: int
    group: str
    source: Source
    path: Path
    op: str
    expected: JsonValue
    when_missing: bool | None
    quantifier: Quantifier
    read: Callable[[Subject], Any]
    test: Test | None
    make: Callable[[JsonValue, Subject], Test]
    other: Path | None = None
    regex: Regex | None = None
    reads_as: str | None = None
    ignores_case: bool = False
    cost: Cost | None = None
    weighs: int = 1
    light: bool = True

    @property
    def heavy(self) -> bool:
        """Whether its cost hangs on the event: then it shares what all such clauses may spend."""
        return not (self.light and self.path.singular)

    def judge(self, subject: Subject, visits: int) -> tuple[bool | None, tuple["Clause", ...]]:
        """Whether it passes (None: an error), within so many visits; and itself as the reason."""
        return self._look(subject, visits)[0], (self,)

    def explain(self, subject: Subject, visits: int) -> ClauseTrace:
        """The same with everything that there is to tell of it."""
        passed, error, values, other = self._look(subject, visits)
        single = self.path.singular or self.quantifier == "count"
        actual = (values[0] if single else values[:MOST_VALUES_SHOWN]) if values else None
        value, mark = shown(actual)
        return ClauseTrace(
            index=self.index, path=self.path.text, op=self.op,
            expected=self.expected if self.other is None else shown(other)[0],
            actual=value, found=bool(values), passed=passed, group=self.group, error=error,
            mark=mark, source=self.source, quantifier=self.quantifier,
            expected_path=self.other.text if self.other else None,
            coerced=self.reads_as, ignores_case=self.ignores_case, note=self._note(values),
        )  # fmt: skip

    def _look(self, subject: Subject, visits: int) -> _Look:
        document = self.read(subject)
        try:
            values = [] if document is NOTHING else self.path.find(document, visits)
        except PathTooCostly:
            return None, _TOO_COSTLY, [], None
        if self.quantifier == "count":
            values = [len(values)]
        elif not values:
            return self._missing(_NOTHING_FOUND, values)
        test, compared = self.test, None
        if self.other is not None:
            found = [] if document is NOTHING else self.other.find(document, visits)
            if not found:
                return self._missing(_NO_OTHER_VALUE, values)
            compared = found[0]
        try:
            if self.cost is not None:
                self._weigh(self.cost, values, compared, visits)
            if test is None:
                test = self.make(compared, subject)
        except CannotJudge as reason:
            return None, str(reason), values, compared
        passed, error = _quantified(self.quantifier, test, values, visits)
        return passed, error, values, compared

    def _missing(self, sentence: str, values: list[JsonValue]) -> _Look:
        return self.when_missing, sentence if self.when_missing is None else None, values, None

    def _weigh(self, cost: Cost, values: list[JsonValue], compared: JsonValue, visits: int) -> None:
        """Raises CannotJudge when there is more to look at than the clause may spend."""
        if self.regex is not None and self._searched(values) > COST * visits // MAX_VISITS:
            raise CannotJudge(_TOO_MUCH_TEXT)
        left = visits if self.heavy else LIGHT
        weighs = self.weighs
        if self.other is not None:
            weighs = weight(compared, left)
            left -= weighs
        for value in values:
            left -= cost(value, weighs)
            if left < 0:
                raise CannotJudge(_TOO_LARGE)

    def _searched(self, values: list[JsonValue]) -> int:
        return sum(self.regex.cost(v) for v in values if isinstance(v, str) and self.regex)

    def _note(self, values: list[JsonValue]) -> str | None:
        if self.regex is None or not any(isinstance(v, str) and self.regex.cuts(v) for v in values):
            return None
        return f"only the first {self.regex.longest:,} bytes of the text were searched"


def _quantified(
    quantifier: Quantifier, test: Test, values: list[JsonValue], visits: int
) -> tuple[bool | None, str | None]:
    """Kleene's logic over the values, as over the members of a group: what decides, decides; else
    an error remains one."""
    decisive = quantifier != "all"  # one value that passes settles `any` and `none`
    error, faults = None, 0
    for value in values:
        try:
            if test(value) is decisive:
                return quantifier in {"any", "count"}, None
        except CannotJudge as reason:
            error = error or str(reason)
            faults += 1
            if faults * _FAULT > visits:
                return None, _TOO_LARGE
    return (quantifier in {"all", "none"}, None) if error is None else (None, error)
