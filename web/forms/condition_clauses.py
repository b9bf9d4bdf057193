"""A clause as a row of a form, and as the JSON that it stands for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from domain.errors import Problem
from domain.rules.json_values import JsonValue
from domain.rules.operators import OPERATORS
from web.forms.condition_values import (
    Unreadable,
    asked_for,
    in_pair,
    spelled,
    spelled_pair,
    value_in,
)

# What is said in a word, or not at all.
_SAID = ("source", "type", "quantifier", "missing")
_BOOLEANS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class ClauseRow:
    """A clause as it was typed. What is empty of `source` and below says nothing about it; `upto`
    is the upper bound where a value has two."""

    path: str = ""
    op: str = "eq"
    kind: str = "text"
    value: str = ""
    upto: str = ""
    source: str = ""
    type: str = ""
    quantifier: str = ""
    missing: str = ""
    case_insensitive: str = ""


CLAUSE_FIELDS = tuple(field.name for field in fields(ClauseRow))


def takes_value(op: str) -> bool:
    """Whether a clause with this operator has a value."""
    return asked_for(op).shape != "nothing"


def told(op: str) -> tuple[str, ...]:
    """Which of the fields that may be left out mean something to this operator."""
    operator = OPERATORS.get(op)
    if operator is not None and operator.takes == "expression":
        return ()
    if op in {"exists", "not_exists"}:
        return ("source",)
    types = operator is None or operator.types
    folds = operator is None or operator.folds
    return (
        "source", "quantifier", "missing",
        *(("type",) if types else ()), *(("case_insensitive",) if folds else ()),
    )  # fmt: skip


def clause_row(member: Mapping[str, JsonValue]) -> ClauseRow | None:
    """The row of a clause, or None for what its fields cannot say: that is seen by reading it
    again."""
    texts: Any = {name: member[name] for name in ("path", "op", *_SAID) if name in member}
    if not all(isinstance(text, str) and text.isprintable() for text in texts.values()):
        return None
    if texts.get("op") not in OPERATORS:
        return None
    folds = member.get("case_insensitive")
    if isinstance(folds, bool):
        texts["case_insensitive"] = str(folds).lower()
    return ClauseRow(**texts, **_value_texts(texts["op"], member))


def _value_texts(op: str, member: Mapping[str, JsonValue]) -> dict[str, str]:
    """Kind and texts of a clause's value, or of the path that stands for one."""
    path = member.get("value_path")
    if isinstance(path, str) and path.isprintable():
        return {"kind": "field", "value": path}
    if "value" not in member:
        return {}
    pair = spelled_pair(member["value"]) if asked_for(op).shape == "pair" else None
    if pair is not None:
        return dict(zip(("kind", "value", "upto"), pair, strict=True))
    return dict(zip(("kind", "value"), spelled(member["value"], op), strict=True))


def clause_json(row: ClauseRow, field: str, problems: list[Problem]) -> dict[str, JsonValue]:
    """The clause that the row says. What cannot be read of it goes to `problems`, and stands there
    as null."""
    clause: dict[str, JsonValue] = {"op": row.op}
    if asked_for(row.op).shape != "area":
        clause["path"] = row.path.lstrip()
    if takes_value(row.op):
        clause |= _value(row, field, problems)
    known = told(row.op)
    clause |= {name: said for name in _SAID if name in known and (said := getattr(row, name))}
    if "case_insensitive" in known and row.case_insensitive in _BOOLEANS:
        clause["case_insensitive"] = _BOOLEANS[row.case_insensitive]
    return clause


def _value(row: ClauseRow, field: str, problems: list[Problem]) -> dict[str, JsonValue]:
    """What the clause compares with. What cannot be read of it stands there as null."""
    if row.kind == "field":
        return {"value_path": row.value.lstrip()}

    def read(text: str, at: str) -> JsonValue:
        try:
            return value_in(row.kind, text)
        except Unreadable as reason:
            problems.append(Problem(f"{field}.{at}", str(reason)))
            return None

    if in_pair(row.op, row.kind):
        return {"value": [read(row.value, "value.0"), read(row.upto, "value.1")]}
    return {"value": read(row.value, "value")}


def clause_names(row: ClauseRow, path: str, name: str) -> Iterator[tuple[str, str]]:
    """The form field of each place in a clause that a problem may be at."""
    yield path, f"{name}.path"
    for field in ("path", "op", "value", *_SAID, "case_insensitive"):
        yield f"{path}.{field}", f"{name}.{field}"
    yield f"{path}.value_path", f"{name}.value"
    if in_pair(row.op, row.kind):
        yield f"{path}.value.0", f"{name}.value"
        yield f"{path}.value.1", f"{name}.upto"
