"""Conditions in words: as lines, and as one sentence."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.rules.json_values import JsonValue, write_json
from domain.rules.operators import OPERATORS

_OPERATORS = {
    "eq": "is",
    "ne": "is not",
    "gt": "is greater than",
    "gte": "is at least",
    "lt": "is less than",
    "lte": "is at most",
    "between": "is between",
    "in": "is one of",
    "not_in": "is none of",
    "contains": "contains",
    "not_contains": "does not contain",
    "starts_with": "starts with",
    "ends_with": "ends with",
    "matches": "matches the pattern",
    "exists": "exists",
    "not_exists": "does not exist",
    "is_null": "is null",
    "is_empty": "is empty",
    "is_type": "is of the type",
    "length_eq": "has the length",
    "length_gt": "is longer than",
    "length_lt": "is shorter than",
    "before": "is before",
    "after": "is after",
    "within_last": "is within the last",
    "older_than": "is older than",
    "expr": "expression",
}
OPERATOR_GROUPS = (
    ("Compare", ("eq", "ne", "gt", "gte", "lt", "lte", "between")),
    ("Text", ("contains", "not_contains", "starts_with", "ends_with", "matches")),
    ("Lists", ("in", "not_in")),
    ("Type and size", ("is_type", "is_empty", "length_eq", "length_gt", "length_lt")),
    ("Time", ("before", "after", "within_last", "older_than")),
    ("Presence", ("exists", "not_exists", "is_null")),
    ("Expression", ("expr",)),
)
WITHOUT_VALUE = frozenset(op for op, known in OPERATORS.items() if known.takes == "nothing")
_MISSING = {"match": "or is missing", "error": "and must be there"}
_IF_MISSING = {"match": "(or missing)", "error": "(an error if missing)"}
_SOURCES = {"headers": "header", "query": "query parameter", "meta": "event's"}
_WHOLE = {"headers": "the headers", "query": "the query", "meta": "the event's details"}
_QUANTIFIERS = {
    "all": "every value of",
    "none": "no value of",
    "count": "the number of values of",
}
TYPES = {"number": "a number", "string": "a text", "boolean": "true or false", "time": "a time"}
_GROUPS = {
    "all": "All of these:",
    "any": "At least one of these:",
    "none": "None of these:",
}
_GROUP_WORDS = {"all": "all of", "any": "any of", "none": "none of"}
_JOINED = {"all": " and ", "any": " or ", "none": " or "}
_QUOTED = re.compile(r"\['([^'\\]+)'\]")
LONGEST_VALUE = 200
LONGEST_SENTENCE = 4_000


@dataclass(frozen=True, slots=True)
class ConditionLine:
    """A clause (`about` says of what `path` is one, then `operator`, `value`, `missing`), or a
    group (`heading`, `members`)."""

    heading: str = ""
    members: tuple["ConditionLine", ...] = ()
    about: str = ""
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


def about_words(source: str, quantifier: str) -> str:
    """What stands before a path: `every value of header`; nothing for a plain one of the body."""
    return " ".join(
        word for word in (_QUANTIFIERS.get(quantifier, ""), _SOURCES.get(source, "")) if word
    )


def path_words(path: str, source: str = "body") -> str:
    """A path as people say it: `order.total` for `$.order.total`, the plain name of a header."""
    if path == "$":
        return _WHOLE.get(source, "the body")
    plain = path.removeprefix("$").removeprefix(".")
    named = _QUOTED.fullmatch(plain)
    return named[1] if named and source != "body" else plain or "…"


def field_words(path: str, source: str = "body", quantifier: str = "any") -> str:
    """`order.total`, `header x-github-event`, `every value of lines[*].sku`."""
    about = about_words("body" if path == "$" else source, quantifier)
    return f"{about} {path_words(path, source)}".lstrip()


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
    if op == "expr":
        return ConditionLine(operator=operator_words(op), value=str(member.get("value", "")))
    source, quantifier = str(member.get("source", "body")), str(member.get("quantifier", "any"))
    return ConditionLine(
        about=about_words(source, quantifier),
        path=str(member.get("path", "")),
        operator=operator_words(op),
        value=_value_words(op, member),
        missing=" ".join(filter(None, (_reading_words(member), _missing_words(member)))),
    )


def _value_words(op: str, clause: Mapping[str, Any]) -> str:
    """What a clause compares with."""
    if "value_path" in clause:
        path = path_words(str(clause["value_path"]), str(clause.get("source", "body")))
        return f"the value of {path}"
    if op in WITHOUT_VALUE:
        return ""
    value = clause.get("value")
    if op == "between" and isinstance(value, list) and len(value) == 2:  # noqa: PLR2004 - from, to
        return " and ".join(map(json_words, value))
    if op in {"within_last", "older_than", "is_type", "matches"} and isinstance(value, str):
        return value
    return json_words(value)


def _reading_words(clause: Mapping[str, Any]) -> str:
    words = []
    if clause.get("type") in TYPES:
        words.append(f"read as {TYPES[clause['type']]}")
    if clause.get("case_insensitive") is True:
        words.append("in upper or lower case")
    return ", ".join(words)


def _missing_words(clause: Mapping[str, Any]) -> str:
    return _MISSING.get(str(clause.get("missing", "")), "")


# --- In one sentence ---------------------------------------------------------------------------


def sentence(conditions: Any) -> str:
    """Checked conditions as one sentence: `order.total is greater than 100 and (a is 1 or …)`."""
    if not conditions or conditions == {"all": []}:
        return "Every event fires."
    text = _joined(conditions)
    return f"{text[:LONGEST_SENTENCE]}…" if len(text) > LONGEST_SENTENCE else text


def _joined(member: Mapping[str, Any]) -> str:
    for kind, joint in _JOINED.items():
        if kind in member:
            parts = [_part(inner, alone=len(member[kind]) == 1) for inner in member[kind]]
            text = joint.join(parts)
            return f"none of ({text})" if kind == "none" else text
    return clause_sentence(member)


def _part(member: Mapping[str, Any], *, alone: bool) -> str:
    """A member of a group: another group stands in parentheses where something is beside it."""
    text = _joined(member)
    grouped = next((kind for kind in ("all", "any") if kind in member), None)
    several = grouped is not None and len(member[grouped]) > 1
    return f"({text})" if several and not alone else text


def clause_sentence(clause: Mapping[str, Any]) -> str:
    """One clause: `order.total is greater than 100`."""
    op = str(clause.get("op", ""))
    if op == "expr":
        return f"the expression {_cut(str(clause.get('value', '')))}"
    source, quantifier = str(clause.get("source", "body")), str(clause.get("quantifier", "any"))
    field = field_words(str(clause.get("path", "")), source, quantifier)
    words = (
        field,
        operator_words(op),
        _cut(_value_words(op, clause)),
        f"({reading})" if (reading := _reading_words(clause)) else "",
        _IF_MISSING.get(str(clause.get("missing", "")), ""),
    )
    return " ".join(word for word in words if word)


def _cut(text: str) -> str:
    return f"{text[:LONGEST_VALUE]}…" if len(text) > LONGEST_VALUE else text
