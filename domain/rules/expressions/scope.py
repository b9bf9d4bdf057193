"""What is known while an expression is compiled: its names, its loops, what it reads."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from domain.rules.expressions.lookups import Steps, written
from domain.rules.expressions.texts import Fault
from domain.rules.expressions.tree import Node
from domain.rules.expressions.values import Evaluate, Kind, kind_of, named
from domain.rules.regexes import MAX_PROGRAM

VARIABLES = ("body", "headers", "query", "meta", "trigger")
MAX_NESTED_LOOPS = 2
MAX_LOOPS = 8

NOT_CONSTANT: Final[Any] = object()

Read: TypeAlias = tuple[str, Steps]
"""A variable and the steps into it."""

_LONGEST_PLACE = 80
_RESERVED = frozenset({
    "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop",
    "package", "namespace", "return", "var", "void", "while",
})  # fmt: skip
_SPELLED = {"True": "true", "False": "false", "None": "null", "nil": "null", "undefined": "null"}


@dataclass(frozen=True, slots=True)
class Code:
    """What became of a node: how it is evaluated, the kind that comes out if that is known, and
    what one evaluation costs in steps (the rounds of its loops pay for themselves)."""

    evaluate: Evaluate
    kind: Kind
    cost: int
    value: Any = NOT_CONSTANT

    @property
    def is_constant(self) -> bool:
        """Whether it is written out, so that `value` is what it comes to."""
        return self.value is not NOT_CONSTANT


def constant(value: Any) -> Code:
    """A value that is written out."""
    return Code(lambda _run: value, kind_of(value), 1, value)


class Scope:
    """One expression while it is compiled."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._variables: list[str] = []
        self._loops = 0
        self._patterns = 0
        self.names: set[str] = set()
        self.reads: dict[str, Read] = {}

    def place(self, node: Node) -> str:
        """The part of the text that `node` is, for an error's sentence."""
        text = " ".join(self._text[node.start : node.end].split())
        return text if len(text) <= _LONGEST_PLACE else text[:_LONGEST_PLACE] + "…"

    def slot(self, name: str) -> int | None:
        """Where the item of the loop with this variable stands in a run; None: it is no such."""
        return self._variables.index(name) if name in self._variables else None

    def read(self, name: str, steps: Steps, start: int) -> None:
        """Note that a variable is read. Raises Fault when there is none of this name."""
        if name not in VARIABLES:
            instead = f"; write {_SPELLED[name]}" if name in _SPELLED else ""
            known = ", ".join((*VARIABLES, *self._variables))
            raise Fault(f"`{name}` is not known here{instead or f'; known are {known}'}", start)
        self.names.add(name)
        self.reads.setdefault(written(name, steps), (name, steps))

    def pattern(self, size: int, start: int) -> None:
        """Note a pattern. Raises Fault when all of them are larger than a single one may be."""
        self._patterns += size
        if self._patterns > MAX_PROGRAM:
            raise Fault("the patterns of this expression are too large together", start)

    @contextmanager
    def loop(self, variable: str, start: int) -> Iterator[int]:
        """Inside it, the loop's variable is known; gives its slot. Raises Fault."""
        if variable in VARIABLES or variable in self._variables or variable in _RESERVED:
            raise Fault(f"`{variable}` has a meaning here; give the loop's variable another", start)
        self._loops += 1
        if self._loops > MAX_LOOPS:
            raise Fault(f"an expression has at most {MAX_LOOPS} loops", start)
        if len(self._variables) == MAX_NESTED_LOOPS:
            raise Fault(f"loops are nested at most {MAX_NESTED_LOOPS} deep", start)
        self._variables.append(variable)
        try:
            yield len(self._variables) - 1
        finally:
            self._variables.pop()


def need(code: Code, kinds: frozenset[str], what: str, start: int) -> None:
    """Raises Fault when it is known that something else comes out than `what` needs."""
    if code.kind is not None and code.kind not in kinds:
        wanted = " or ".join(map(named, sorted(kinds)))
        raise Fault(f"{what} needs {wanted}, not {named(code.kind)}", start)
