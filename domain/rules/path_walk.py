"""Walking a document along the segments of a path, within a budget of visited nodes.

Weakness, known and wanted: a path that would visit more than `MAX_VISITS` nodes is an error, also
where a cleverer walk would have stopped early. It makes the worst case a matter of arithmetic
(rows A44 and A45 of the attack catalogue) instead of one of the document's shape.
"""

import operator
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from domain.errors import SignalboxError
from domain.rules.json_values import JsonValue, number_of, same

MAX_VISITS = 50_000
"""What a visit takes was seen to be 0.3 to 0.6 µs on one core of a shared machine: so no path takes
more than about 30 ms, whatever the document. 50 ms are promised."""

_CHARACTERS_A_VISIT = 64

_ORDERINGS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_HOLD_WHEN_EQUAL = frozenset({"==", "<=", ">="})


class PathTooCostly(SignalboxError):
    """The path would visit too much of this document."""

    code = "path_too_costly"


class Walk:
    """One walk: the document that `$` means, and how many more nodes it may visit."""

    __slots__ = ("document", "left")

    def __init__(self, document: JsonValue, visits: int = MAX_VISITS) -> None:
        self.document = document
        self.left = visits

    def spend(self, visits: int) -> None:
        """Pay for `visits` nodes. Raises PathTooCostly when the budget is used up."""
        self.left -= visits
        if self.left < 0:
            raise PathTooCostly

    def reach(self, nodes: int) -> None:
        """Raises PathTooCostly, before so many nodes are gathered, when they cannot be paid for."""
        if nodes > self.left:
            raise PathTooCostly

    def weigh(self, value: JsonValue) -> None:
        """Pay for looking at all of `value`."""
        stack = [value]
        while stack:
            node = stack.pop()
            self.spend(2 + (len(node) // _CHARACTERS_A_VISIT if isinstance(node, str) else 0))
            below = children(node)
            self.reach(len(below))
            stack.extend(below)


class Segment(Protocol):
    """One part of a path: from a node to the nodes that it selects below."""

    def select(self, node: JsonValue, walk: Walk) -> Iterable[JsonValue]:
        """The nodes selected from `node`, in document order."""


class Test(Protocol):
    """What a filter asks of a node."""

    def holds(self, node: JsonValue, walk: Walk) -> bool:
        """Whether `node` stays."""


def select(nodes: list[JsonValue], segments: Sequence[Segment], walk: Walk) -> list[JsonValue]:
    """The nodes that `segments`, one after the other, select from `nodes`."""
    for segment in segments:
        found: list[JsonValue] = []
        for node in nodes:
            found.extend(segment.select(node, walk))
            if len(found) > walk.left:  # so it is never gathered whole only to be refused
                raise PathTooCostly
        nodes = found
        walk.spend(1 + len(nodes))
        if not nodes:
            break
    return nodes


def children(node: JsonValue) -> Collection[JsonValue]:
    """The members of an object or the items of a list; nothing for anything else."""
    if isinstance(node, dict):
        return node.values()
    return node if isinstance(node, list) else ()


@dataclass(frozen=True, slots=True)
class Names:
    """`.name` or `['a','b']`: members of an object."""

    names: tuple[str, ...]

    def select(self, node: JsonValue, _walk: Walk) -> Iterable[JsonValue]:
        """The members that exist."""
        return [node[name] for name in self.names if name in node] if type(node) is dict else ()


@dataclass(frozen=True, slots=True)
class Indices:
    """`[0]` or `[0,-1]`: items of a list, from its end when negative."""

    indices: tuple[int, ...]

    def select(self, node: JsonValue, _walk: Walk) -> Iterable[JsonValue]:
        """The items that exist."""
        if not isinstance(node, list):
            return ()
        return [node[index] for index in self.indices if -len(node) <= index < len(node)]


@dataclass(frozen=True, slots=True)
class Slices:
    """`[start:end:step]` of a list, as in Python; a step of 0 selects nothing (RFC 9535 §2.3.4)."""

    bounds: slice

    def select(self, node: JsonValue, walk: Walk) -> Iterable[JsonValue]:
        """The items inside the bounds."""
        if not isinstance(node, list) or self.bounds.step == 0:
            return ()
        walk.reach(len(range(*self.bounds.indices(len(node)))))
        return node[self.bounds]


@dataclass(frozen=True, slots=True)
class Every:
    """`*`: all members or items."""

    def select(self, node: JsonValue, walk: Walk) -> Iterable[JsonValue]:
        """All children."""
        found = children(node)
        walk.reach(len(found))
        return found


@dataclass(frozen=True, slots=True)
class Descend:
    """`..`: the inner segments, tried on the node and everything below it."""

    inner: tuple[Segment, ...]

    def select(self, node: JsonValue, walk: Walk) -> Iterator[JsonValue]:
        """What the inner segments select, parents before their children."""
        stack = [node]
        while stack:
            node = stack.pop()
            yield from select([node], self.inner, walk)
            below = children(node)
            walk.spend(1 + len(below))
            stack.extend(reversed(list(below)))


@dataclass(frozen=True, slots=True)
class Where:
    """`[?(…)]`: the children for which the test holds."""

    test: Test

    def select(self, node: JsonValue, walk: Walk) -> Iterator[JsonValue]:
        """The children that pass."""
        for child in children(node):
            walk.spend(4)  # A test is dearer than a step.
            if self.test.holds(child, walk):
                yield child


@dataclass(frozen=True, slots=True)
class Query:
    """A path inside a filter: from the node (`@`) or from the document (`$`)."""

    from_root: bool
    segments: tuple[Segment, ...]

    def values(self, node: JsonValue, walk: Walk) -> list[JsonValue]:
        """What it finds."""
        walk.spend(1)
        return select([walk.document if self.from_root else node], self.segments, walk)


@dataclass(frozen=True, slots=True)
class Literal:
    """A value written into a filter."""

    value: JsonValue

    def values(self, _node: JsonValue, _walk: Walk) -> list[JsonValue]:
        """Itself."""
        return [self.value]


@dataclass(frozen=True, slots=True)
class Exists:
    """`@.a`, or `!@.a` when not wanted."""

    query: Query
    wanted: bool

    def holds(self, node: JsonValue, walk: Walk) -> bool:
        """Whether something was found, as wanted."""
        return bool(self.query.values(node, walk)) is self.wanted


@dataclass(frozen=True, slots=True)
class Comparison:
    """`@.a > 1` or `@.a == $.b`. It holds when it holds for any pair of values found."""

    left: Query
    op: str
    right: Query | Literal

    def holds(self, node: JsonValue, walk: Walk) -> bool:
        """Nothing found equals only nothing found (RFC 9535 §2.3.5.2.2)."""
        left, right = self.left.values(node, walk), self.right.values(node, walk)
        if not left or not right:
            return _by_equality(self.op, equal=not left and not right)
        return any(_compares(self.op, one, other, walk) for one in left for other in right)


@dataclass(frozen=True, slots=True)
class AllOf:
    """Tests joined by `&&`."""

    tests: tuple[Test, ...]

    def holds(self, node: JsonValue, walk: Walk) -> bool:
        """Whether all of them hold."""
        return all(test.holds(node, walk) for test in self.tests)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Tests joined by `||`."""

    tests: tuple[Test, ...]

    def holds(self, node: JsonValue, walk: Walk) -> bool:
        """Whether one of them holds."""
        return any(test.holds(node, walk) for test in self.tests)


def _by_equality(op: str, *, equal: bool) -> bool:
    if op == "!=":
        return not equal
    return equal and op in _HOLD_WHEN_EQUAL


def _compares(op: str, left: JsonValue, right: JsonValue, walk: Walk) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        walk.spend(1 + min(len(left), len(right)) // _CHARACTERS_A_VISIT)
        return _ORDERINGS[op](left, right)
    number, other = number_of(left), number_of(right)
    if number is not None and other is not None:
        return _ORDERINGS[op](number, other)
    walk.weigh(left)
    return _by_equality(op, equal=same(left, right))
