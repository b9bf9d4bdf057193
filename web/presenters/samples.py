"""A body to try a trigger with: its scheme's sample, bent so that the conditions match it."""

import re
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from domain.clock import utc_now
from domain.rules.bodies import UnreadableBody, read_json
from domain.rules.conditions import judge, parse_conditions
from domain.rules.instants import rfc3339
from domain.rules.json_values import JsonValue, number_of, write_json
from domain.rules.subjects import sample_event, subject_of
from domain.senders import SENDERS
from web.presenters.payload import pretty

_STEP = re.compile(
    r"\.(?P<name>[A-Za-z_][\w-]*)|\[(?P<index>\d{1,2}|\*)\]|\[['\"](?P<key>[^'\"]+)['\"]\]"
)
_Steps = list[str | int]


@dataclass(frozen=True, slots=True)
class Sample:
    """A body, and whether the trigger's conditions match it."""

    body: str
    matches: bool


def sample_for(scheme: str, conditions: Any, *, laid_out: bool = False) -> Sample:
    """The sample for a trigger with these stored conditions: on one line, or laid out to edit."""
    document = read_json(SENDERS[scheme].sample_body())
    if isinstance(conditions, Mapping):
        document = _bent(deepcopy(document), conditions)
    body = write_json(document).decode()
    subject = subject_of(sample_event(body.encode(), utc_now()), 1)
    matches = judge(parse_conditions(conditions), subject).result == "matched"
    return Sample(pretty(body) if laid_out else body, matches)


def _bent(document: JsonValue, member: Mapping[str, Any]) -> JsonValue:
    if "all" in member:
        for inner in member["all"]:
            document = _bent(document, inner)
    elif member.get("any"):
        document = _bent(document, member["any"][0])
    elif "path" in member and _is_plain(member):
        _satisfy(document, member)
    return document


def _is_plain(clause: Mapping[str, Any]) -> bool:
    """Whether a value at its path in the body can satisfy it."""
    usual = clause.get("source", "body") == "body" and "value_path" not in clause
    return usual and clause.get("quantifier", "any") in {"any", "all"}


def _satisfy(document: JsonValue, clause: Mapping[str, Any]) -> None:
    steps = _steps(str(clause["path"]))
    wanted = _WANTED.get(str(clause["op"]))
    if steps and wanted is not None:
        _set(document, steps, wanted(clause.get("value")))


def _steps(path: str) -> _Steps | None:
    """The keys and indexes of a plain path; None for one with filters or descendants."""
    steps: _Steps = []
    position = 1
    while position < len(path):
        match = _STEP.match(path, position)
        if match is None or not path.startswith("$"):
            return None
        index = match["index"]
        steps.append(
            (match["name"] or match["key"]) if index is None else int(index.replace("*", "0"))
        )
        position = match.end()
    return steps


def _set(document: JsonValue, steps: Sequence[str | int], value: JsonValue) -> None:
    """Put `value` where `steps` lead, making what is missing on the way; nothing at all where
    something else is in the way."""
    place: Any = document
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        if isinstance(place, dict) and isinstance(step, str):
            place.setdefault(step, None)
        elif isinstance(place, list) and isinstance(step, int):
            place.extend([None] * (step + 1 - len(place)))
        else:
            return
        if following is None:
            place[step] = value
        elif place[step] is None:
            place[step] = [] if isinstance(following, int) else {}
        place = place[step]


def _beyond(value: JsonValue) -> JsonValue:
    number = number_of(value)
    return f"{value}a" if number is None else number + 1


def _below(value: JsonValue) -> JsonValue:
    number = number_of(value)
    return "" if number is None else number - 1


def _first(value: JsonValue) -> JsonValue:
    return value[0] if isinstance(value, list) and value else value


def _holding(value: JsonValue) -> JsonValue:
    return value if isinstance(value, str) else [value]


def _as_it_is(value: JsonValue) -> JsonValue:
    return value


def _something(_value: JsonValue) -> JsonValue:
    return "something"


def _always(value: JsonValue) -> Callable[[JsonValue], JsonValue]:
    return lambda _value: value


def _of_length(value: JsonValue, more: int = 0) -> JsonValue:
    length = number_of(value) or 0
    return "x" * min(int(length) + more, _LONGEST)


def _longer(value: JsonValue) -> JsonValue:
    return _of_length(value, more=1)


def _of_type(value: JsonValue) -> JsonValue:
    return deepcopy(_OF_TYPES.get(str(value)))


def _just_now(_value: JsonValue) -> JsonValue:
    return rfc3339(utc_now())


_LONGEST = 200
_LONG_AGO, _LONG_AFTER = "1970-01-01T00:00:00Z", "2199-01-01T00:00:00Z"
_OF_TYPES: Mapping[str, JsonValue] = {
    "null": None, "boolean": True, "number": 1, "string": "something", "array": [], "object": {},
}  # fmt: skip


# What is left out (ne, not_in, not_exists) the scheme's own sample mostly fulfils as it is; a text
# for a pattern, and an event for an expression, are not for us to think up.
_WANTED: dict[str, Callable[[JsonValue], JsonValue]] = {
    "eq": _as_it_is,
    "gt": _beyond,
    "gte": _as_it_is,
    "lt": _below,
    "lte": _as_it_is,
    "in": _first,
    "contains": _holding,
    "starts_with": _as_it_is,
    "ends_with": _as_it_is,
    "exists": _something,
    "between": _first,
    "is_null": _always(None),
    "is_empty": _always(""),
    "is_type": _of_type,
    "length_eq": _of_length,
    "length_gt": _longer,
    "length_lt": _always(""),
    "before": _always(_LONG_AGO),
    "after": _always(_LONG_AFTER),
    "within_last": _just_now,
    "older_than": _always(_LONG_AGO),
}


def stored_json(text: str | None) -> Any:
    """Stored JSON with exact numbers; None when there is none, or nobody can read it any more."""
    try:
        return None if text is None else read_json(text.encode())
    except UnreadableBody:
        return None
