"""Evaluators that look into values: chains of written steps, `has`, and worked-out keys.

Objects are plain data: a step is a key of an object or a place in a list, and never an attribute
of anything (row A39 of the attack catalogue).
"""

import json
import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from domain.rules.checking import is_in_range
from domain.rules.expressions.values import CannotEvaluate, Evaluate, Run, kind_of, named
from domain.rules.json_values import number_of

Steps: TypeAlias = tuple[str | int, ...]

_LONGEST_NAME = 200
_NO_FIELDS: dict[str, Any] = {}
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def written(name: str, steps: Steps) -> str:
    """The steps as an expression spells them: `body.lines[0]["unit price"]`."""
    return _names(name, steps)[-1]


def _written_step(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    if _PLAIN_NAME.fullmatch(step):
        return f".{step}"
    return f"[{json.dumps(step, ensure_ascii=False)}]"


def _names(name: str, steps: Steps) -> tuple[str, ...]:
    """How each part of a chain is written, from the shortest to all of it."""
    names = [name]
    for step in steps:
        text = names[-1] + _written_step(step) if len(names[-1]) < _LONGEST_NAME else names[-1]
        names.append(text if len(text) <= _LONGEST_NAME else text[:_LONGEST_NAME] + "…")
    return tuple(names)


def variable(name: str, steps: Steps) -> Evaluate:
    """What stands at `steps` of a variable."""
    names = _names(name, steps)
    if any(isinstance(step, int) for step in steps):
        return lambda run: _walked(_variable(run, name), steps, names)
    keys = (name, *steps)

    def evaluate(run: Run) -> Any:
        value = run.variables
        try:
            for key in keys:
                value = value[key]
        except (KeyError, TypeError):  # nothing but an object has a text as a key
            return _walked(_variable(run, name), steps, names)
        return value

    return evaluate


def _variable(run: Run, name: str) -> Any:
    try:
        return run.variables[name]
    except KeyError:
        raise CannotEvaluate(f"no such field: {name}") from None


def item(slot: int, name: str, steps: Steps) -> Evaluate:
    """What stands at `steps` of a loop's item, which the expression calls `name`."""
    if not steps:
        return lambda run: run.items[slot]
    names = _names(name, steps)
    if any(isinstance(step, int) for step in steps):
        return lambda run: _walked(run.items[slot], steps, names)

    def evaluate(run: Run) -> Any:
        value = start = run.items[slot]
        try:
            for step in steps:
                value = value[step]
        except (KeyError, TypeError):
            return _walked(start, steps, names)
        return value

    return evaluate


def inside(base: Evaluate, steps: Steps, name: str) -> Evaluate:
    """What stands at `steps` of any other value, which is written `name`."""
    names = _names(name, steps)
    return lambda run: _walked(base(run), steps, names)


def has_field(base: Evaluate, field: str, place: str) -> Evaluate:
    """Whether the object that `base` gives has the field."""

    def evaluate(run: Run) -> bool:
        value = base(run)
        if type(value) is dict:
            return field in value
        raise CannotEvaluate(f"{named(kind_of(value))} has no fields", place)

    return evaluate


def variable_or_nothing(name: str) -> Evaluate:
    """A variable; where there is none (an event without a body) an object without fields."""
    return lambda run: run.variables.get(name, _NO_FIELDS)


def entry(base: Evaluate, key: Evaluate, place: str) -> Evaluate:
    """`base[key]`, with a key that is worked out: the text of a field, or the place in a list."""

    def evaluate(run: Run) -> Any:
        value, wanted = base(run), key(run)
        kind = type(value)
        if kind is dict:
            if type(wanted) is str and wanted in value:
                return value[wanted]
            raise CannotEvaluate("no such field", place)
        if kind is not list:
            raise CannotEvaluate(f"{named(kind_of(value))} has no fields and no items", place)
        index = _index(wanted)
        if index is None:
            raise CannotEvaluate(f"an item has a whole number, not {_told(wanted)}", place)
        if not 0 <= index < len(value):
            raise CannotEvaluate("no such item", place)
        return value[index]

    return evaluate


def _index(wanted: Any) -> int | None:
    if type(wanted) is int:
        return wanted
    number = number_of(wanted)
    if number is None or not is_in_range(number) or number != int(number):
        return None
    return int(number)  # 1.0 is the same number as 1.


def _told(value: Any) -> str:
    kind = kind_of(value)
    return "a fraction" if kind == "number" else named(kind)


def _walked(value: Any, steps: Steps, names: tuple[str, ...]) -> Any:
    """The value at `steps`, or the reason why there is none, with the name of the step."""
    for number, step in enumerate(steps):
        kind = type(value)
        if type(step) is int:
            if kind is list and step < len(value):
                value = value[step]
                continue
            lost = "no such item" if kind is list else "no such field" if kind is dict else ""
        else:
            if kind is dict and step in value:
                value = value[step]
                continue
            lost = "no such field" if kind is dict else ""
        if lost:
            raise CannotEvaluate(f"{lost}: {names[number + 1]}")
        what = "items" if type(step) is int else "fields"
        raise CannotEvaluate(f"{names[number]} is {named(kind_of(value))}, which has no {what}")
    return value


def find(variables: Mapping[str, Any], name: str, steps: Steps) -> list[Any]:
    """What stands at `steps` of a variable; nothing when it is missing."""
    try:
        return [_walked(variables[name], steps, _names(name, steps))]
    except (KeyError, CannotEvaluate):
        return []
