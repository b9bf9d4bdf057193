"""JSONPath into an event's body: `compile_path("$.order.lines[*].sku").find(document)`.

The grammar is jsonpath-ng's, read by its parser, less everything that can run away: tokens and tree
nodes are allow-lists (rows A44-A46 of the attack catalogue). What remains is RFC 9535 with names,
indices, slices, wildcards, one `..`, and filters of comparisons and existence tests.

The walk is our own (`path_walk.py`): jsonpath-ng's cannot be bounded while it runs, and it takes a
`Decimal` for no number at all. A plain path of names and indices skips even the parser.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from jsonpath_ng.exceptions import JSONPathError
from jsonpath_ng.ext.parser import ExtendedJsonPathLexer, ExtendedJsonPathParser

from domain.errors import SignalboxError
from domain.rules.json_values import JsonValue
from domain.rules.path_tree import PathNotAllowed, segments_of
from domain.rules.path_walk import MAX_VISITS, Segment, Walk, select

MAX_LENGTH = 512

_NAME = r"@?[A-Za-z_\u0080-\U0010ffff][A-Za-z0-9_@\-\u0080-\U0010ffff]*"
_PLAIN_STEP = re.compile(
    rf"\.({_NAME})"
    r"|\[(-?[0-9]{1,9})\]"
    r"""|\['((?:[^'\\]|\\['"\\/])*)'\]"""
    r"""|\["((?:[^"\\]|\\['"\\/])*)"\]"""
)
_ESCAPE = re.compile(r"\\(.?)", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")  # and halves of surrogate pairs
_FRACTION = re.compile(r"-?[0-9]+\.[0-9]+")
_COLUMN = re.compile(r"col (\d+)")
_REFUSED_TOKENS = {
    "NAMED_OPERATOR": "functions in backquotes are not supported",
    "WHERE": "`where` is not supported; write a filter like [?(@.price > 10)]",
    "WHERENOT": "`wherenot` is not supported; write a filter like [?(!@.price)]",
    "SORT_DIRECTION": "sorting is not supported",
    "|": "unions of paths are not supported",
    "&": "`&` is not supported; write `&&`",
    "~": "`~` is not supported",
    "+": "arithmetic is not supported",
    "-": "arithmetic is not supported",
    "/": "arithmetic is not supported",
}
_REFUSED_OPERATORS = {
    "=~": "regular expressions are not supported in a path",
    "=": "`=` is not supported; write `==`",
}


class InvalidPath(SignalboxError):
    """A path that cannot be used here."""

    code = "invalid_path"

    def __init__(self, message: str, column: int) -> None:
        self.column = column
        super().__init__(f"{message} (column {column})")


@dataclass(frozen=True, slots=True)
class Path:
    """A compiled path. `singular` paths (names and indices only) find one value at most."""

    text: str
    steps: tuple[str | int, ...] | None
    segments: tuple[Segment, ...]

    @property
    def singular(self) -> bool:
        """Whether the path can find one value at most, whatever the document."""
        return self.steps is not None

    def find(self, document: JsonValue, visits: int = MAX_VISITS) -> list[JsonValue]:
        """Every value that the path finds in `document`; none means that it is missing there.

        Raises PathTooCostly when it would visit more than `visits` nodes (a plain path never does).
        """
        if self.steps is None:
            return select([document], self.segments, Walk(document, visits))
        node = document
        for step in self.steps:
            if isinstance(step, str):
                if not isinstance(node, dict) or step not in node:
                    return []
                node = node[step]
            elif isinstance(node, list) and -len(node) <= step < len(node):
                node = node[step]
            else:
                return []
        return [node]


@lru_cache(maxsize=4096)
def compile_path(text: str) -> Path:
    """The path that `text` spells. Raises InvalidPath with a sentence and the column of the fault.

    In a filter, numbers compare exactly, text by code points, and what is missing follows RFC 9535
    §2.3.5.2.2. Keys such as `__class__` or `$where` are plain data: `$['$where']`.
    """
    _check_characters(text)
    steps = _plain_steps(text)
    if steps is not None:
        return Path(text, steps, ())
    return Path(text, None, _parsed(text))


def _check_characters(text: str) -> None:
    if len(text) > MAX_LENGTH:
        raise InvalidPath(f"the path is longer than {MAX_LENGTH} characters", MAX_LENGTH + 1)
    if not text.startswith("$"):
        raise InvalidPath("a path starts with $", 1)
    if control := _CONTROL.search(text):
        raise InvalidPath("control characters are not allowed", control.start() + 1)
    for escape in _ESCAPE.finditer(text):
        # jsonpath-ng reads \n as the letter n: refuse what RFC 9535 would read in another way.
        if escape[1] not in {"'", '"', "\\", "/"}:
            raise InvalidPath("only \\\\, \\/, \\' and \\\" can be escaped", escape.start() + 1)


def _plain_steps(text: str) -> tuple[str | int, ...] | None:
    steps: list[str | int] = []
    position = 1
    while position < len(text):
        step = _PLAIN_STEP.match(text, position)
        if step is None:
            return None
        steps.append(_step_of(step))
        position = step.end()
    return tuple(steps)


def _step_of(step: re.Match[str]) -> str | int:
    name, index, single, double = step.groups()
    if name is not None:
        return name
    if index is not None:
        return int(index)
    return _ESCAPE.sub(r"\1", double if single is None else single)


def _parsed(text: str) -> tuple[Segment, ...]:
    tokens = _Tokens(text)
    try:
        return segments_of(ExtendedJsonPathParser().parse_token_stream(iter(tokens)))
    except JSONPathError as error:
        raise tokens.refusal(error) from None
    except PathNotAllowed as error:
        raise InvalidPath(str(error), tokens.column) from None
    except (RecursionError, TypeError, ValueError, AttributeError):
        # The parser builds its tree by hand; whatever odd text trips it is no path.
        raise InvalidPath("the path is not valid here", tokens.column) from None


class _Tokens:
    """The tokens of a path, each let through only if it is on the list; knows the column."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.column = 1

    def refusal(self, error: JSONPathError) -> InvalidPath:
        """What to tell of `error`. The lexer says where in its text; else it is the last token."""
        told = _COLUMN.search(str(error))
        column = int(told[1]) + 1 if told else self.column
        if not self._text[column - 1 : column].isascii():
            return InvalidPath("put a name with such a letter in quotes: ['…']", column)
        return InvalidPath("the path is not valid here", column)

    def __iter__(self) -> Iterator[Any]:
        previous, descents = "", 0
        token: Any  # Its type is private to jsonpath-ng.
        for token in ExtendedJsonPathLexer().tokenize(self._text):
            self.column = token.lexpos + 1
            if token.type in {"WHERE", "WHERENOT"} and previous in {".", "DOUBLEDOT"}:
                token.type = "ID"
            descents += token.type == "DOUBLEDOT"
            self._check(token.type, token.value, descents)
            if token.type == "ID" and previous == "FILTER_OP":
                self._check_quoted(quoted=getattr(token, "quoted", False))
            if token.type == "FLOAT":
                token.value = self._fraction(token.lexpos)
            previous = token.type
            yield token
        self.column = len(self._text) + 1

    def _check(self, kind: str, value: object, descents: int) -> None:
        refusal = _REFUSED_TOKENS.get(kind)
        if kind == "FILTER_OP":
            refusal = _REFUSED_OPERATORS.get(str(value))
        if descents > 1:
            refusal = "only one `..` is allowed in a path"
        if refusal:
            raise InvalidPath(refusal, self.column)

    def _check_quoted(self, *, quoted: bool) -> None:
        if not quoted:
            raise InvalidPath("put the text to compare with in quotes", self.column)

    def _fraction(self, position: int) -> Decimal:
        # The lexer made a float of it; the text still has every digit.
        found = _FRACTION.match(self._text, position)
        if found is None:
            raise InvalidPath("the number is not valid", self.column)
        return Decimal(found[0])
