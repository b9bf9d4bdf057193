"""One clause of a condition: `{path, op, value, type?, missing?}`, checked once, judged often.

A path that finds nothing never matches unless the clause says so: `missing` is `no_match` (also for
`ne` and `not_in`), `match` or `error`; `exists` and `not_exists` ask for just that. A path that can
find several values passes when one of them passes, whatever the operator: `$.tags[*] ne "spam"`
means that some tag is not spam. (To ask it of all of them, negate: `none` of `eq`.)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec

from domain.rules.checking import Problems, clean_json
from domain.rules.coercions import COERCIONS, CannotJudge
from domain.rules.json_values import JsonValue
from domain.rules.operators import OPERATORS, Operator, Test, accepts
from domain.rules.path_walk import PathTooCostly
from domain.rules.paths import InvalidPath, Path, compile_path
from domain.rules.shown import MAX_BYTES, Mark, shown

WhenMissing = Literal["no_match", "match", "error"]

MOST_VALUES_SHOWN = MAX_BYTES

_KEYS = ("path", "op", "value", "type", "missing")
_MISSING: dict[str, bool | None] = {"no_match": False, "match": True, "error": None}
_NOTHING_FOUND = "the path finds nothing in this event"
_TOO_COSTLY = "the path would visit too many parts of this event"


class ClauseTrace(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What became of one clause; plain JSON throughout, ready to be stored and shown.

    `actual` is the value found, or the list of them for a path that can find several; `passed` is
    None on an error, which `error` explains. `group` says where the clause stands (`all.1.any`).
    `mark` says that `actual` was cut or had characters replaced (see `shown`).
    """

    path: str
    op: str
    expected: object
    actual: object
    found: bool
    passed: bool | None
    group: str
    error: str | None = None
    mark: Mark = None


@dataclass(frozen=True, slots=True)
class Clause:
    """A checked clause. `when_missing` is what it comes to when its path finds nothing."""

    path: Path
    op: str
    expected: JsonValue
    when_missing: bool | None
    group: str
    test: Test

    def judge(self, document: JsonValue, *, found: bool, visits: int) -> ClauseTrace:
        """The trace of this clause over `document`; with `found` false there is no document."""
        try:
            values = self.path.find(document, visits) if found else []
        except PathTooCostly:
            return self._trace(None, found=False, passed=None, error=_TOO_COSTLY)
        if not values:
            error = _NOTHING_FOUND if self.when_missing is None else None
            return self._trace(None, found=False, passed=self.when_missing, error=error)
        passed, error = _any_passes(self.test, values)
        actual = values[0] if self.path.singular else values[:MOST_VALUES_SHOWN]
        return self._trace(actual, found=True, passed=passed, error=error)

    def _trace(
        self, actual: JsonValue, *, found: bool, passed: bool | None, error: str | None
    ) -> ClauseTrace:
        value, mark = shown(actual)
        return ClauseTrace(
            self.path.text, self.op, self.expected, value, found, passed, self.group, error, mark
        )


def _any_passes(test: Test, values: list[JsonValue]) -> tuple[bool | None, str | None]:
    error = None
    for value in values:
        try:
            if test(value):
                return True, None
        except CannotJudge as reason:
            error = error or str(reason)
    return (False, None) if error is None else (None, error)


def parse_clause(
    raw: Mapping[str, object], field: str, group: str, problems: Problems
) -> Clause | None:
    """The clause that `raw` spells, or None with what is wrong added to `problems`."""
    problems.refuse_unknown(raw, _KEYS, field)
    path = _path(raw.get("path"), f"{field}.path", problems)
    op = raw.get("op")
    operator = OPERATORS.get(op) if isinstance(op, str) else None
    if operator is None or not isinstance(op, str):
        problems.add(f"{field}.op", f"must be one of {', '.join(OPERATORS)}")
        return None
    when_missing = _when_missing(raw, op, field, problems)
    known = problems.count
    value = _value(raw, operator, field, problems)
    # A value that is wrong in itself is told of once.
    test = _test(raw, operator, value, field, problems) if problems.count == known else None
    if path is None or test is None:
        return None
    expected, _mark = shown(value)
    return Clause(path, op, expected, when_missing, group, test)


def _path(raw: object, field: str, problems: Problems) -> Path | None:
    if not isinstance(raw, str):
        problems.add(field, "must be a JSONPath, such as $.order.total")
        return None
    try:
        return compile_path(raw)
    except InvalidPath as error:
        problems.add(field, error.message)
        return None


def _when_missing(
    raw: Mapping[str, object], op: str, field: str, problems: Problems
) -> bool | None:
    if op in {"exists", "not_exists"}:
        if "missing" in raw:
            problems.add(f"{field}.missing", f"means nothing for {op}")
        return op == "not_exists"
    missing = raw.get("missing", "no_match")
    if isinstance(missing, str) and missing in _MISSING:
        return _MISSING[missing]
    problems.add(f"{field}.missing", f"must be one of {', '.join(_MISSING)}")
    return False


def _value(
    raw: Mapping[str, object], operator: Operator, field: str, problems: Problems
) -> JsonValue:
    if operator.takes == "nothing":
        if "value" in raw:
            problems.add(f"{field}.value", "is not taken by this operator")
        return None
    if "value" not in raw:
        problems.add(f"{field}.value", "is required")
        return None
    return clean_json(raw["value"], f"{field}.value", problems)


def _test(
    raw: Mapping[str, object],
    operator: Operator,
    value: JsonValue,
    field: str,
    problems: Problems,
) -> Test | None:
    kind = raw.get("type")
    if kind is not None and (not isinstance(kind, str) or kind not in operator.types):
        allowed = ", ".join(sorted(operator.types)) or "left out"
        problems.add(f"{field}.type", f"must be {allowed} for this operator")
        return None
    return _typed_test(kind, operator, value, f"{field}.value", problems)


def _typed_test(
    kind: str | None, operator: Operator, value: JsonValue, field: str, problems: Problems
) -> Test | None:
    try:
        expected = value if kind is None else _coerced(kind, value)
    except CannotJudge as error:
        problems.add(field, str(error))
        return None
    if fault := accepts(operator, expected):
        problems.add(field, fault)
        return None
    test = operator.build(expected)
    if kind is None:
        return test
    coerce = COERCIONS[kind]
    return lambda actual: test(coerce(actual))


def _coerced(kind: str, value: JsonValue) -> JsonValue:
    coerce = COERCIONS[kind]
    return [coerce(item) for item in value] if isinstance(value, list) else coerce(value)
