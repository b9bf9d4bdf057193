"""What comparing two values may cost, in the visits that a path has (`path_walk.py`).

Most comparisons cost next to nothing and are not weighed. The others look at all of a text, a list
or an object, and those can be as large as a body: 200 clauses that each looked at 10 MiB would hold
up a worker for minutes.
"""

from collections.abc import Callable
from typing import TypeAlias

from domain.rules.json_values import JsonValue
from domain.rules.path_walk import children

LIGHT = 2_500
"""Visits of a clause that looks at one value only: so few that all clauses may have as many."""

_READ = 4
_CHARACTERS_READ = 32
_CHARACTERS_FOLDED = 64
_CHARACTERS_SEARCHED = 128
_ITEMS = 2
_LONGEST_READ = 1_024

Cost: TypeAlias = Callable[[JsonValue, int], int]
"""Of comparing a value that was found with one of this weight."""

_LOOK_INSIDE = frozenset({"contains", "not_contains"})


def looks_inside(op: str) -> bool:
    """Whether the operator looks at all of a text or a list."""
    return op in _LOOK_INSIDE


def cost_of(op: str, *, reads: bool, folds: bool) -> Cost:
    """What comparing costs where values are read as a type, or without regard to case."""
    inside = looks_inside(op)

    def cost(found: JsonValue, weight_of_expected: int) -> int:
        if isinstance(found, str):
            size = len(found)
            read = _READ + min(size, _LONGEST_READ) // _CHARACTERS_READ if reads else 0
            folded = size // _CHARACTERS_FOLDED if folds else 0
            return read + folded + (size // _CHARACTERS_SEARCHED if inside else 0)
        if not isinstance(found, list | dict):
            return _READ if reads else 0
        folded = weight(found, len(found)) if folds and isinstance(found, list) else 0
        return folded + weight_of_expected * (len(found) // _ITEMS if inside else 1)

    return cost


def weight(value: JsonValue, most: int) -> int:
    """How many values there are in it, a long text for several; counts to a little over `most`."""
    total, stack = 0, [value]
    while stack and total <= most:
        node = stack.pop()
        total += 1 + (len(node) // _CHARACTERS_FOLDED if isinstance(node, str) else 0)
        below = children(node)
        if total + len(below) > most:
            return total + len(below)
        stack.extend(below)
    return total
