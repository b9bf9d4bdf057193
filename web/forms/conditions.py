"""Conditions as rows of a form: groups, clauses, and (for what has no fields here) JSON.

The rows travel as form fields that name their place: `conditions.group` is what the outermost group
asks for, `conditions.1.0.path` the path of the first clause in the second row, which is a group.
Rows and JSON say the same: reading the fields of conditions gives those conditions again.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from domain.errors import InvalidInput, Problem
from domain.rules.conditions import MAX_CLAUSES, MAX_GROUP_DEPTH
from domain.rules.json_values import JsonValue, same, write_json
from web.forms.condition_clauses import (
    CLAUSE_FIELDS,
    ClauseRow,
    clause_json,
    clause_names,
    clause_row,
)
from web.forms.reading import Fields, json_in
from web.presenters.payload import pretty

ROOT = "conditions"
GROUP_KINDS = ("all", "any", "none")
MOST_ROWS = 3 * MAX_CLAUSES
"""More rows than this are no form of ours."""

Place = tuple[int, ...]
_FIELD = re.compile(
    rf"conditions((?:\.[0-9]{{1,4}}){{0,{MAX_GROUP_DEPTH + 2}}})"
    r"\.(group|source|path|op|kind|value|upto|type|quantifier|missing|case_insensitive|raw)"
)


@dataclass(frozen=True, slots=True)
class RawRow:
    """A member that the fields of a clause cannot say, as JSON."""

    raw: str


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group of rows."""

    group: str = "all"
    members: tuple["Row", ...] = ()


Row = ClauseRow | RawRow | GroupRow


@dataclass(frozen=True, slots=True)
class ConditionsForm:
    """Conditions as they were typed: in rows, or, when `text` is not None, as JSON."""

    root: GroupRow = GroupRow()
    text: str | None = None

    @classmethod
    def typed(cls, given: Fields) -> Self:
        """What was sent. Raises InvalidInput for more rows than there can be."""
        text = given.get(ROOT)
        return cls(root=rows_in(given)) if text is None else cls(text=text)

    @classmethod
    def of(cls, conditions: JsonValue) -> Self:
        """Stored conditions: in rows, unless they are of a shape that rows do not have."""
        try:
            return cls(root=rows_of(conditions))
        except InvalidInput:
            return cls(text=pretty(write_json(conditions).decode()))

    def read(self) -> tuple[JsonValue, list[Problem]]:
        """The conditions, and what cannot be read of them: that stands there as null."""
        if self.text is None:
            problems: list[Problem] = []
            return (_group(self.root, ROOT, problems) if self.root.members else None), problems
        try:
            return json_in(self.text, ROOT), []
        except InvalidInput as refused:
            return None, list(refused.problems)

    def names(self) -> dict[str, str]:
        """The form field of each place that a problem may be at."""
        return {} if self.text is not None else dict(_names(self.root, ROOT, ROOT))

    def as_json(self) -> Self:
        """The same as JSON. Raises InvalidInput for values that cannot be read."""
        value, problems = self.read()
        if problems:
            raise InvalidInput(problems)
        return type(self)(text="" if value is None else pretty(write_json(value).decode()))

    def as_rows(self) -> Self:
        """The same in rows. Raises InvalidInput for what is no JSON, or no group of conditions."""
        value, problems = self.read()
        if problems:
            raise InvalidInput(problems)
        return type(self)(root=rows_of(value))


# --- Rows and JSON -----------------------------------------------------------------------------


def rows_of(conditions: JsonValue) -> GroupRow:
    """The rows of conditions. Raises InvalidInput for a shape that rows do not have."""
    if conditions is None or conditions == {}:
        return GroupRow()
    kind = _kind_of(conditions)
    if kind is None:
        raise InvalidInput.at(ROOT, "must be a group with exactly one of all, any, none")
    return _group_row(kind, conditions, 1)


def _kind_of(member: JsonValue) -> str | None:
    if not isinstance(member, dict) or len(member) != 1:
        return None
    (kind, members), *_ = member.items()
    return kind if kind in GROUP_KINDS and isinstance(members, list) else None


def _group_row(kind: str, raw: Any, depth: int) -> GroupRow:
    if depth > MAX_GROUP_DEPTH:
        raise InvalidInput.at(ROOT, f"has groups nested deeper than {MAX_GROUP_DEPTH}")
    if len(raw[kind]) > MAX_CLAUSES:
        raise InvalidInput.at(ROOT, f"has more than {MAX_CLAUSES} clauses")
    return GroupRow(kind, tuple(_row_of(member, depth) for member in raw[kind]))


def _row_of(member: JsonValue, depth: int) -> Row:
    kind = _kind_of(member)
    if kind is not None:
        return _group_row(kind, member, depth + 1)
    row = clause_row(member) if isinstance(member, dict) else None
    if row is not None and same(clause_json(row, "", []), member):
        return row
    return RawRow(write_json(member).decode())


def _member(row: Row, field: str, problems: list[Problem]) -> JsonValue:
    if isinstance(row, GroupRow):
        return _group(row, field, problems)
    if isinstance(row, ClauseRow):
        return clause_json(row, field, problems)
    try:
        return json_in(row.raw, field)
    except InvalidInput as refused:
        problems.extend(refused.problems)
        return None


def _group(group: GroupRow, field: str, problems: list[Problem]) -> JsonValue:
    return {
        group.group: [
            _member(row, f"{field}.{group.group}.{index}", problems)
            for index, row in enumerate(group.members)
        ]
    }


# --- Rows and form fields ----------------------------------------------------------------------


def rows_in(given: Fields) -> GroupRow:
    """The rows that a form holds. Raises InvalidInput for more than there can be."""
    found: dict[Place, dict[str, str]] = {}
    for name, text in given.items():
        if field := _FIELD.fullmatch(name):
            place = tuple(map(int, field[1].split(".")[1:]))
            found.setdefault(place, {})[field[2]] = text
    inner: dict[Place, set[int]] = {}
    for place in found:
        for depth, index in enumerate(place):
            inner.setdefault(place[:depth], set()).add(index)
    if len(found) > MOST_ROWS:
        raise InvalidInput.at(ROOT, f"has more than {MAX_CLAUSES} clauses")
    return _group_at((), found, inner)


def _group_at(
    place: Place, found: Mapping[Place, Mapping[str, str]], inner: Mapping[Place, set[int]]
) -> GroupRow:
    group = found.get(place, {}).get("group", "all")
    return GroupRow(
        group if group in GROUP_KINDS else "all",
        tuple(_row_at((*place, index), found, inner) for index in sorted(inner.get(place, ()))),
    )


def _row_at(
    place: Place, found: Mapping[Place, Mapping[str, str]], inner: Mapping[Place, set[int]]
) -> Row:
    texts = found.get(place, {})
    if "group" in texts or place in inner:
        return _group_at(place, found, inner)
    if "raw" in texts:
        return RawRow(texts["raw"])
    return ClauseRow(**{name: texts[name] for name in CLAUSE_FIELDS if name in texts})


def fields_of(row: Row, name: str = ROOT) -> dict[str, str]:
    """The form fields of a row, at its place."""
    if isinstance(row, RawRow):
        return {f"{name}.raw": row.raw}
    if isinstance(row, ClauseRow):
        return {f"{name}.{field}": getattr(row, field) for field in CLAUSE_FIELDS}
    found = {f"{name}.group": row.group}
    for index, member in enumerate(row.members):
        found |= fields_of(member, f"{name}.{index}")
    return found


def _names(row: Row, path: str, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(row, GroupRow):
        yield path, f"{name}.group"
        for index, member in enumerate(row.members):
            yield from _names(member, f"{path}.{row.group}.{index}", f"{name}.{index}")
    elif isinstance(row, RawRow):
        yield path, f"{name}.raw"
    else:
        yield from clause_names(row, path, name)
