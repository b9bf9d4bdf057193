"""Conditions in words, and a body that would satisfy them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.rules.json_values import JsonValue, write_json

_OPERATORS = {
    "eq": "is",
    "ne": "is not",
    "gt": "is greater than",
    "gte": "is at least",
    "lt": "is less than",
    "lte": "is at most",
    "in": "is one of",
    "not_in": "is none of",
    "contains": "contains",
    "starts_with": "starts with",
    "ends_with": "ends with",
    "exists": "exists",
    "not_exists": "does not exist",
}
_WITHOUT_VALUE = frozenset({"exists", "not_exists"})
_MISSING = {"match": "or is missing", "error": "and must be there"}
_GROUPS = {
    "all": "All of these:",
    "any": "At least one of these:",
    "none": "None of these:",
}
_GROUP_WORDS = {"all": "all of", "any": "any of", "none": "none of"}


@dataclass(frozen=True, slots=True)
class ConditionLine:
    """A clause (`path`, `operator`, `value`, `missing`), or a group (`heading`, `members`)."""

    heading: str = ""
    members: tuple["ConditionLine", ...] = ()
    path: str = ""
    operator: str = ""
    value: str = ""
    missing: str = ""


def operator_words(op: str) -> str:
    """`is at least` for `gte`."""
    return _OPERATORS.get(op, op)


def group_words(group: str) -> str:
    """`all of / any of` for `all.1.any`: where a clause stands."""
    return " / ".join(_GROUP_WORDS[part] for part in group.split(".") if part in _GROUP_WORDS)


def json_words(value: JsonValue) -> str:
    """A value as people know it from JSON."""
    return write_json(value).decode()


def condition_lines(conditions: Any) -> ConditionLine | None:
    """Stored conditions in words; None when every event matches."""
    if not conditions or conditions == {"all": []}:
        return None
    return _line(conditions)


def _line(member: Mapping[str, Any]) -> ConditionLine:
    for kind, heading in _GROUPS.items():
        if kind in member:
            return ConditionLine(heading=heading, members=tuple(map(_line, member[kind])))
    op = str(member.get("op", ""))
    return ConditionLine(
        path=str(member.get("path", "")),
        operator=operator_words(op),
        value="" if op in _WITHOUT_VALUE else json_words(member.get("value")),
        missing=_MISSING.get(str(member.get("missing", "")), ""),
    )
