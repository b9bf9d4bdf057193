"""Conditions: nested groups `all`, `any`, `none` of clauses, parsed once and judged per event.

An error in a clause is neither true nor false: it is unknown, as NULL is in SQL (Kleene's logic).
`any` with one true clause is true whatever the others are, `all` with one false clause is false;
otherwise an error makes the group an error, and at the top the verdict `error`. Any other reading
would make the outcome hang on the order of the clauses, or make a judgement that stops at the first
decisive clause (`judge`) differ from the one that explains them all (`explain`).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from domain.rules.bodies import read_stored
from domain.rules.checking import Problems
from domain.rules.clause_parsing import parse_clause
from domain.rules.clauses import Clause
from domain.rules.expression_clauses import ExpressionClause, parse_expression_clause
from domain.rules.path_walk import MAX_VISITS
from domain.rules.subjects import Subject
from domain.rules.traces import ClauseTrace, Judgement, Result

GroupKind = Literal["all", "any", "none"]

MAX_GROUP_DEPTH = 8
MAX_CLAUSES = 200
FULL_BUDGETS = 4
"""So many clauses may spend the whole node budget; more of them share what these would have had."""

_KINDS: tuple[GroupKind, ...] = ("all", "any", "none")
_RESULTS: dict[bool | None, Result] = {True: "matched", False: "not_matched", None: "error"}
_MATCHED = Judgement("matched", ())

AnyClause: TypeAlias = Clause | ExpressionClause
Reasons: TypeAlias = tuple[AnyClause, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Clauses and groups that are true together, one at least, or none of them."""

    kind: GroupKind
    members: tuple["Group | AnyClause", ...]

    def judge(self, subject: Subject, visits: int) -> tuple[bool | None, Reasons]:
        """The outcome, and the clauses that it comes from. Stops at the first decisive member."""
        decisive = self.kind != "all"  # a true member settles `any` and `none`, a false one `all`
        unknown: Reasons = ()
        others: Reasons = ()
        for member in self.members:
            outcome, reasons = member.judge(subject, visits)
            if outcome is decisive:
                return self.kind == "any", reasons
            if outcome is None:
                unknown += reasons
            else:
                others += reasons
        return (None, unknown) if unknown else (self.kind != "any", others)

    def clauses(self) -> Iterator[AnyClause]:
        """Every clause in it, in written order."""
        for member in self.members:
            if isinstance(member, Group):
                yield from member.clauses()
            else:
                yield member


@dataclass(frozen=True, slots=True)
class Conditions:
    """Checked conditions, immutable. Without a root they always match.

    `visits` is the node budget of each clause, fixed here so that no clause's outcome depends on
    what another one spent.
    """

    root: Group | None
    visits: int = MAX_VISITS

    def clauses(self) -> list[AnyClause]:
        """Every clause in written order."""
        return [] if self.root is None else list(self.root.clauses())


def judge(conditions: Conditions, subject: Subject) -> Judgement:
    """Judge an event, and trace only the clauses that kept it from matching. Never raises,
    whatever the event holds.
    """
    if conditions.root is None:
        return _MATCHED
    outcome, reasons = conditions.root.judge(subject, conditions.visits)
    if outcome:
        return _MATCHED
    traces = tuple(clause.explain(subject, conditions.visits) for clause in reasons)
    return Judgement(_RESULTS[outcome], traces)


def explain(conditions: Conditions, subject: Subject) -> Judgement:
    """Judge an event and trace every clause. The result is that of `judge`, always."""
    if conditions.root is None:
        return _MATCHED
    traces: list[ClauseTrace] = []

    def passed(clause: AnyClause) -> bool | None:
        trace = clause.explain(subject, conditions.visits)
        traces.append(trace)
        return trace.passed

    outcome = _outcome(conditions.root, passed)
    return Judgement(_RESULTS[outcome], tuple(traces))


def _outcome(member: Group | AnyClause, passed: Callable[[AnyClause], bool | None]) -> bool | None:
    if not isinstance(member, Group):
        return passed(member)
    return combine(member.kind, [_outcome(inner, passed) for inner in member.members])


def combine(kind: GroupKind, outcomes: list[bool | None]) -> bool | None:
    """Kleene's conjunction (`all`), disjunction (`any`), or its negation (`none`)."""
    if kind == "all":
        return False if False in outcomes else None if None in outcomes else True
    some = True if True in outcomes else None if None in outcomes else False
    if kind == "any" or some is None:
        return some
    return not some


def parse_conditions(raw: object, field: str = "conditions") -> Conditions:
    """The conditions that `raw` spells: a group such as `{"all": [clause or group, …]}`.

    None, `{}` and `{"all": []}` always match. Raises InvalidInput with every problem at its field
    (`conditions.all.0.path`). Cheap enough to be called on what is read back from the database.
    """
    if raw is None or raw in ({}, {"all": []}):
        return Conditions(None)
    parser = _Parser()
    root = parser.group(raw, field, "", 1)
    parser.finish(field)
    return Conditions(root, parser.visits)


def read_conditions(stored: str | None) -> Conditions:
    """Conditions as they are stored: JSON text, None for those that always match.

    Raises UnreadableBody and InvalidInput for what was never saved through `parse_conditions`.
    """
    return parse_conditions(read_stored(stored))


class _Parser:
    def __init__(self) -> None:
        self.problems = Problems()
        self._clauses = 0
        self._heavy = 0

    @property
    def visits(self) -> int:
        """What each clause may visit, so that all of them together stay bounded."""
        return MAX_VISITS * FULL_BUDGETS // max(self._heavy, FULL_BUDGETS)

    def finish(self, field: str) -> None:
        """Raise what was found wrong."""
        if self._clauses > MAX_CLAUSES:
            self.problems.add(field, f"has more than {MAX_CLAUSES} clauses")
        self.problems.raise_any()

    def group(self, raw: object, field: str, group: str, depth: int) -> Group | None:
        kind = _kind_of_group(raw)
        if not isinstance(raw, Mapping) or kind is None:
            self.problems.add(field, "must be a group with exactly one of all, any, none")
            return None
        if depth > MAX_GROUP_DEPTH:
            self.problems.add(field, f"has groups nested deeper than {MAX_GROUP_DEPTH}")
            return None
        members = raw[kind]
        if not isinstance(members, list) or not members:
            self.problems.add(f"{field}.{kind}", "must be a list of at least one clause or group")
            return None
        where = f"{group}.{kind}" if group else kind
        parsed = [
            self._member(member, f"{field}.{kind}.{index}", where, index, depth)
            for index, member in enumerate(members[: MAX_CLAUSES + 1])
        ]
        return Group(kind, tuple(member for member in parsed if member is not None))

    def _member(
        self, raw: object, field: str, where: str, index: int, depth: int
    ) -> Group | AnyClause | None:
        if not isinstance(raw, Mapping):
            self.problems.add(field, "must be a clause or a group")
            return None
        if any(kind in raw for kind in _KINDS):
            return self.group(raw, field, f"{where}.{index}", depth + 1)
        self._clauses += 1
        if self._clauses > MAX_CLAUSES:
            return None
        parse = parse_expression_clause if raw.get("op") == "expr" else parse_clause
        clause = parse(raw, field, where, self._clauses - 1, self.problems)
        self._heavy += clause is not None and clause.heavy
        return clause


def _kind_of_group(raw: object) -> GroupKind | None:
    if not isinstance(raw, Mapping) or len(raw) != 1:
        return None
    return next((kind for kind in _KINDS if kind in raw), None)
