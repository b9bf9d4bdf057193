"""The tree of an expression: plain values, one class a kind of node.

`start` and `end` say where a node stands in the text; `depth` counts what is nested in it. Steps
into a value whose names are written out (`body.order.lines[0]`) and operators in a row (`a && b &&
c`, `1 + 2 + 3`) are one node each, which nests nothing.
"""

from dataclasses import dataclass
from typing import TypeAlias

from domain.rules.expressions.values import Value


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that is written out."""

    start: int
    end: int
    depth: int
    value: Value


@dataclass(frozen=True, slots=True)
class Name:
    """`body`, or the variable of a loop."""

    start: int
    end: int
    depth: int
    name: str


@dataclass(frozen=True, slots=True)
class Chain:
    """`base.a["b"][0]`: steps that are written out. `ends_in_field`: the last one is a `.name`."""

    start: int
    end: int
    depth: int
    base: "Node"
    steps: tuple[str | int, ...]
    ends_in_field: bool


@dataclass(frozen=True, slots=True)
class Item:
    """`base[key]`, the key worked out."""

    start: int
    end: int
    depth: int
    base: "Node"
    key: "Node"


@dataclass(frozen=True, slots=True)
class Call:
    """`name(…)`, or `receiver.name(…)`. `named_at` is where the name stands."""

    start: int
    end: int
    depth: int
    name: str
    named_at: int
    receiver: "Node | None"
    arguments: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class ListOf:
    """`[a, b]`."""

    start: int
    end: int
    depth: int
    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class MapOf:
    """`{"a": b}`."""

    start: int
    end: int
    depth: int
    entries: tuple[tuple["Node", "Node"], ...]


@dataclass(frozen=True, slots=True)
class Not:
    """`!a`; `times` is how often."""

    start: int
    end: int
    depth: int
    times: int
    operand: "Node"


@dataclass(frozen=True, slots=True)
class Opposite:
    """`-a`; `times` is how often."""

    start: int
    end: int
    depth: int
    times: int
    operand: "Node"


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`first + a - b`, from left to right."""

    start: int
    end: int
    depth: int
    first: "Node"
    rest: tuple[tuple[str, "Node"], ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`a == b`, `a < b`, `a in b`."""

    start: int
    end: int
    depth: int
    left: "Node"
    operator: str
    right: "Node"


@dataclass(frozen=True, slots=True)
class Junction:
    """`a && b && c`, or the same with `||`."""

    start: int
    end: int
    depth: int
    is_and: bool
    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """`condition ? then : otherwise`."""

    start: int
    end: int
    depth: int
    condition: "Node"
    then: "Node"
    otherwise: "Node"


Node: TypeAlias = (
    Literal
    | Name
    | Chain
    | Item
    | Call
    | ListOf
    | MapOf
    | Not
    | Opposite
    | Arithmetic
    | Comparison
    | Junction
    | Choice
)
