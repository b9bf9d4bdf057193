"""Conditions that are being written, tried on an event: as much of them as can be judged.

Somebody who types leaves clauses unfinished. Those are left out, with what is wrong of them told at
its field, and the others are judged all the same; only the verdict waits until all can be.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from domain.errors import InvalidInput, Problem
from domain.rules.conditions import MAX_CLAUSES, MAX_GROUP_DEPTH, Conditions, explain
from domain.rules.conditions import parse_conditions as parse
from domain.rules.json_values import JsonValue
from domain.rules.subjects import Subject
from domain.rules.traces import ClauseTrace, Result

ROOT = "conditions"
GROUPS = ("all", "any", "none")


@dataclass(frozen=True, slots=True)
class Draft:
    """Conditions as far as they can be judged. `fields` name each of their clauses by its place in
    what was written (`conditions.all.1`), in written order; `problems` are those of the others."""

    conditions: Conditions
    fields: tuple[str, ...]
    problems: tuple[Problem, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether nothing had to be left out."""
        return not self.problems


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of the clauses that could be judged, by their fields. `result` is None while
    some could not be, which `error` and the draft's problems explain."""

    clauses: tuple[tuple[str, ClauseTrace], ...]
    result: Result | None
    error: str | None = None


def read_draft(raw: JsonValue, problems: Sequence[Problem] = ()) -> Draft:
    """The part of `raw` that can be judged. `problems` were found before, where a value could not
    even be read."""
    known = {problem.field for problem in problems}
    found = (*problems, *(p for p in _problems(raw) if p.field not in known))
    if not found:
        return Draft(parse(raw), tuple(_fields(raw, ROOT, 1)))
    faulty = {_clause_of(raw, p.field) for p in found}
    kept = [] if ROOT in faulty else _kept(raw, ROOT, faulty, 1)
    if not kept:
        return Draft(Conditions(None), (), found)
    try:
        conditions = parse(kept[0])
    except InvalidInput:  # a fault that is no clause's: too many of them
        return Draft(Conditions(None), (), found)
    fields = tuple(field for field in _fields(raw, ROOT, 1) if not _within(field, faulty))
    return Draft(conditions, fields, found)


def try_draft(draft: Draft, subject: Subject) -> Trial:
    """What the draft makes of an event. Never raises, whatever the event holds."""
    judged = explain(draft.conditions, subject)
    clauses = tuple(zip(draft.fields, judged.clauses, strict=True))
    if not draft.whole:
        return Trial(clauses, None)
    return Trial(clauses, judged.result, judged.error)


def _problems(raw: JsonValue) -> Sequence[Problem]:
    try:
        parse(raw)
    except InvalidInput as refused:
        return refused.problems
    return ()


def _group_of(member: JsonValue) -> tuple[str, list[JsonValue]] | None:
    """The kind and the members of a group; None for a clause, and for what is neither."""
    if not isinstance(member, dict) or len(member) != 1:
        return None
    (kind, members), *_ = member.items()
    return (kind, members) if kind in GROUPS and isinstance(members, list) else None


def _members(member: JsonValue, field: str) -> Iterator[tuple[str, JsonValue]]:
    found = _group_of(member)
    if found:
        kind, members = found
        for index, inner in enumerate(members[: MAX_CLAUSES + 1]):
            yield f"{field}.{kind}.{index}", inner


def _fields(member: JsonValue, field: str, depth: int) -> Iterator[str]:
    if _group_of(member) is None:
        if field != ROOT:
            yield field
    elif depth <= MAX_GROUP_DEPTH:
        for place, inner in _members(member, field):
            yield from _fields(inner, place, depth + 1)


def _clause_of(raw: JsonValue, field: str) -> str:
    """The innermost member (a clause, or a group that is faulty itself) that a problem is in."""
    place, member = ROOT, raw
    for _ in range(MAX_GROUP_DEPTH + 1):
        inner = next((each for each in _members(member, place) if _within(field, each[:1])), None)
        if inner is None:
            break
        place, member = inner
    return place


def _kept(member: JsonValue, field: str, faulty: Collection[str], depth: int) -> list[JsonValue]:
    """The member without what is faulty in it: alone in a list, or, when nothing is left, none."""
    if field in faulty or depth > MAX_GROUP_DEPTH + 1:
        return []
    found = _group_of(member)
    if found is None:
        return [member]
    inner: list[JsonValue] = []
    for place, each in _members(member, field):
        inner += _kept(each, place, faulty, depth + 1)
    return [{found[0]: inner}] if inner else []


def _within(field: str, places: Iterable[str]) -> bool:
    return any(f"{field}.".startswith(f"{place}.") for place in places)
