"""Reading a clause: `{path, source, op, value | value_path, type, quantifier, missing,
case_insensitive}`, with every problem at its field, before anything is judged by it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter
from typing import Any, get_args

from domain.rules.checking import Problems, clean_json
from domain.rules.clauses import Clause, Quantifier
from domain.rules.coercions import COERCIONS, CannotJudge, folded, to_seconds
from domain.rules.comparisons import Test, text_in
from domain.rules.json_values import JsonValue
from domain.rules.operators import MAX_LIST, OPERATORS, Operator, accepts
from domain.rules.path_walk import MAX_VISITS
from domain.rules.paths import InvalidPath, Path, compile_path
from domain.rules.regexes import InvalidRegex, Regex, compile_regex
from domain.rules.shown import shown
from domain.rules.subjects import SOURCES, Subject
from domain.rules.weights import cost_of, looks_inside, weight

CLAUSE_KEYS = (
    "path", "source", "op", "value", "value_path", "type", "quantifier", "missing",
    "case_insensitive",
)  # fmt: skip
QUANTIFIERS: tuple[Quantifier, ...] = get_args(Quantifier)
MISSING: dict[str, bool | None] = {"no_match": False, "match": True, "error": None}

_PRESENCE = frozenset({"exists", "not_exists"})
_COUNTED = frozenset({"eq", "ne", "gt", "gte", "lt", "lte", "between", "in", "not_in"})


def parse_clause(
    raw: Mapping[str, object], field: str, group: str, index: int, problems: Problems
) -> Clause | None:
    """The clause that `raw` spells, or None with what is wrong added to `problems`."""
    return _Reader(raw, field, problems).clause(group, index)


class _Reader:
    def __init__(self, raw: Mapping[str, object], field: str, problems: Problems) -> None:
        self.raw = raw
        self.field = field
        self.problems = problems

    def clause(self, group: str, index: int) -> Clause | None:
        self.problems.refuse_unknown(self.raw, CLAUSE_KEYS, self.field)
        source = self._choice("source", SOURCES, "body")
        path = self._path("path", source)
        op, operator = self._operator()
        if operator is None:
            return None
        quantifier = self._quantifier(op)
        when_missing = self._when_missing(op, quantifier)
        ignores_case = self._ignores_case(operator)
        other = self._other(operator, source)
        known = self.problems.count
        value = self._value(operator)
        kind = self._kind(operator)
        if operator.takes == "span" and (fault := accepts(operator, value)):
            self._add("value", fault)
        if self.problems.count > known or path is None:
            return None  # a value that is wrong in itself is told of once
        made = self._made(operator, value, kind, other, ignores_case=ignores_case)
        if self.problems.count > known:
            return None
        reads = kind or operator.reads_as
        whole = operator.takes == "anything" and isinstance(value, list | dict)
        light = other is None and made.regex is None and not whole and not looks_inside(op)
        cheap = light and not ignores_case and (reads is None or path.singular)
        return Clause(
            index, group, source, path, op, shown(value)[0], when_missing, quantifier,
            attrgetter(source), made.test, made.make, other, made.regex, reads, ignores_case,
            None if cheap else cost_of(op, reads=reads is not None, folds=ignores_case),
            weight(value, MAX_VISITS), light,
        )  # fmt: skip

    def _operator(self) -> tuple[str, Operator | None]:
        op = self.raw.get("op")
        if isinstance(op, str) and op in OPERATORS:
            return op, OPERATORS[op]
        self._add("op", f"must be one of {', '.join(OPERATORS)}")
        return "", None

    def _made(
        self,
        operator: Operator,
        value: JsonValue,
        kind: str | None,
        other: Path | None,
        *,
        ignores_case: bool,
    ) -> "_Made":
        """The test, made once where the event has no part in it."""
        make = _maker(operator, value, kind, ignores_case=ignores_case)
        if operator.takes == "regex":
            regex = self._regex(value, ignores_case=ignores_case)
            return _Made(make, _searching(regex, kind) if regex else None, regex)
        of_event = other is not None or operator.relative
        return _Made(make, None if of_event else self._test(make, value))

    def _add(self, key: str, message: str) -> None:
        self.problems.add(f"{self.field}.{key}", message)

    def _choice(self, key: str, choices: tuple[Any, ...], default: str) -> Any:
        chosen = self.raw.get(key, default)
        if isinstance(chosen, str) and chosen in choices:
            return chosen
        self._add(key, f"must be one of {', '.join(choices)}")
        return default

    def _path(self, key: str, source: str) -> Path | None:
        text = self.raw.get(key)
        if not isinstance(text, str):
            self._add(key, "must be a JSONPath, such as $.order.total")
            return None
        try:
            # Names of headers have no case (RFC 9110 §5.1); we keep them in lower case.
            path = compile_path(text.lower() if source == "headers" else text)
        except InvalidPath as error:
            self._add(key, error.message)
            return None
        if source == "headers" and not path.singular:
            self._add(key, "must name one header, such as $['x-github-event']")
        return path

    def _quantifier(self, op: str) -> Quantifier:
        quantifier: Quantifier = self._choice("quantifier", QUANTIFIERS, "any")
        if quantifier != "any" and op in _PRESENCE:
            self._add("quantifier", f"means nothing for {op}")
        if quantifier == "count" and op not in _COUNTED:
            self._add("quantifier", f"count goes with {', '.join(sorted(_COUNTED))}")
        return quantifier

    def _when_missing(self, op: str, quantifier: str) -> bool | None:
        if "missing" in self.raw and (op in _PRESENCE or quantifier == "count"):
            self._add("missing", f"means nothing for {op if op in _PRESENCE else 'count'}")
        if op in _PRESENCE:
            return op == "not_exists"
        return MISSING[self._choice("missing", tuple(MISSING), "no_match")]

    def _ignores_case(self, operator: Operator) -> bool:
        said = self.raw.get("case_insensitive", False)
        if not isinstance(said, bool):
            self._add("case_insensitive", "must be true or false")
        elif said and not operator.folds:
            self._add("case_insensitive", "means nothing for this operator")
        return said is True

    def _other(self, operator: Operator, source: str) -> Path | None:
        if "value_path" not in self.raw:
            return None
        if not operator.compares:
            self._add("value_path", "is not taken by this operator")
            return None
        if "value" in self.raw:
            self._add("value_path", "stands instead of a value, not beside it")
        path = self._path("value_path", source)
        if path is not None and not path.singular:
            self._add("value_path", "must be a path of names and indices, which finds one value")
        return path

    def _value(self, operator: Operator) -> JsonValue:
        if operator.takes == "nothing":
            if "value" in self.raw:
                self._add("value", "is not taken by this operator")
            return None
        if "value_path" in self.raw:
            return None
        if "value" not in self.raw:
            self._add("value", "is required")
            return None
        return clean_json(self.raw["value"], f"{self.field}.value", self.problems)

    def _kind(self, operator: Operator) -> str | None:
        kind = self.raw.get("type")
        if kind is None:
            return None
        if isinstance(kind, str) and kind in operator.types:
            return kind
        allowed = ", ".join(sorted(operator.types)) or "left out"
        self._add("type", f"must be {allowed} for this operator")
        return None

    def _regex(self, value: JsonValue, *, ignores_case: bool) -> Regex | None:
        if not isinstance(value, str):
            self._add("value", "must be a text")
            return None
        try:
            return compile_regex(value, case_insensitive=ignores_case)
        except InvalidRegex as invalid:
            self._add("value", invalid.message)
            return None

    def _test(self, make: "_Make", value: JsonValue) -> Test | None:
        try:
            return make(value, None)
        except CannotJudge as fault:
            self._add("value", str(fault))
            return None


_Make = Callable[[JsonValue, Subject | None], Test]


@dataclass(frozen=True, slots=True)
class _Made:
    """How a clause's test is made for an event, or the test itself; `regex` is what it searches
    for."""

    make: _Make
    test: Test | None
    regex: Regex | None = None


def _maker(operator: Operator, value: JsonValue, kind: str | None, *, ignores_case: bool) -> _Make:
    """How the test is made from a value; for an operator that is `relative`, from the event.

    Making it raises CannotJudge for a value that the operator does not take, and so does the test.
    """
    read = _reader(kind or operator.reads_as, ignores_case=ignores_case)

    def of_value(expected: JsonValue, _subject: Subject | None) -> Test:
        read_as = expected if read is None else _read_each(read, expected, operator)
        if fault := accepts(operator, read_as):
            raise CannotJudge(fault)
        return _after(read, operator.build(read_as))

    def of_event(_expected: JsonValue, subject: Subject | None) -> Test:
        at = subject.at if subject else Decimal(0)
        return _after(read, operator.build((to_seconds(value), at)))

    return of_event if operator.relative else of_value


def _after(read: Callable[[JsonValue], JsonValue] | None, test: Test) -> Test:
    return test if read is None else lambda actual: test(read(actual))


def _reader(kind: str | None, *, ignores_case: bool) -> Callable[[JsonValue], JsonValue] | None:
    if kind is None:
        return folded if ignores_case else None
    coerce = COERCIONS[kind]
    return (lambda value: folded(coerce(value))) if ignores_case else coerce


def _read_each(
    read: Callable[[JsonValue], JsonValue], value: JsonValue, operator: Operator
) -> JsonValue:
    several = operator.takes in {"list", "range"} and isinstance(value, list)
    if several and len(value) > MAX_LIST:  # type: ignore[arg-type]
        return value  # too long for any operator, so not worth reading
    return [read(item) for item in value] if several else read(value)  # type: ignore[union-attr]


def _searching(regex: Regex, kind: str | None) -> Test:
    read = COERCIONS[kind] if kind else text_in
    return lambda actual: regex.search(text_in(read(actual)))
