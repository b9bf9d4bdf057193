"""A JSON document as a folding tree, drawn a part at a time.

A page shows the first levels; what is folded is asked for when someone opens it, by its *address*:
which child of which child, counted from the root, and which of its rows (`0.3.1:100-200`), so
nothing that a sender wrote stands in an address. More than a hundred children are folded into
ranges. Each row knows its JSONPath, in the words that conditions use. Drawing is bounded by the
rows shown, never by the document.
"""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from domain.rules.json_values import Container, JsonValue, write_json

CHUNK = 100
ROWS_AT_FIRST = 250
LEVELS_AT_FIRST = 4
MOST_CHARACTERS = 2_000
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
# Digits are few, so that no number is too long to be one.
_PART = re.compile(
    r"(?P<address>(?:[0-9]{1,9}(?:\.[0-9]{1,9})*)?):(?P<start>[0-9]{1,9})-(?P<stop>[0-9]{1,9})"
)
_ESCAPED = re.compile(r"(['\\])")
Step = str | int


@dataclass(frozen=True, slots=True)
class Node:
    """A row. `kind` is object, list, text, figure, word, or range (some of a container's rows).

    `rows` are None while they were not asked for: `part` asks for those from `start` to `stop`.
    """

    key: str
    path: str
    kind: str
    text: str
    cut: int = 0
    address: str = ""
    start: int = 0
    stop: int = 0
    rows: "tuple[Node, ...] | None" = None

    @property
    def part(self) -> str:
        """What asks for its rows."""
        return f"{self.address}:{self.start}-{self.stop}"

    @property
    def folds(self) -> bool:
        """Whether there is something in it."""
        return self.stop > self.start


def path_of(steps: list[Step]) -> str:
    """`$.order.lines[0]['unit price']`."""
    return "$" + "".join(map(_written, steps))


def _written(step: Step) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    if _PLAIN_NAME.match(step):
        return f".{step}"
    return "['" + _ESCAPED.sub(r"\\\1", step) + "']"


def tree(document: JsonValue) -> Node:
    """The whole document, its first levels unfolded as far as a page should be long."""
    return _node("$", "$", document, "", _unfolded_at_first(document))


def _unfolded_at_first(document: JsonValue) -> frozenset[int]:
    """Which containers are drawn with their rows, by identity: level by level, within bounds."""
    chosen: set[int] = set()
    rows = 0
    waiting = deque([(document, 0)])
    while waiting:
        value, level = waiting.popleft()
        if not isinstance(value, dict | list) or level == LEVELS_AT_FIRST:
            continue
        rows += min(len(value), CHUNK)
        if rows > ROWS_AT_FIRST and chosen:
            break
        chosen.add(id(value))
        children = value.values() if isinstance(value, dict) else value
        waiting.extend((child, level + 1) for child, _ in zip(children, range(CHUNK), strict=False))
    return frozenset(chosen)


def branch(document: JsonValue, part: str) -> tuple[Node, ...] | None:
    """The rows that `part` names (`0.3.1:100-200`); None: there are none such."""
    named = _PART.fullmatch(part)
    if named is None:
        return None
    address, start, stop = named["address"], int(named["start"]), int(named["stop"])
    value, path = document, "$"
    for index in map(int, filter(None, address.split("."))):
        if not isinstance(value, dict | list) or index >= len(value):
            return None
        step, value = _child(value, index)
        path += _written(step)
    if not isinstance(value, dict | list):
        return None
    rows = range(start, min(stop, len(value)))
    return _rows(value, path, address, rows, frozenset())


def _child(container: Container, index: int) -> tuple[Step, JsonValue]:
    if isinstance(container, list):
        return index, container[index]
    key = next(key for number, key in enumerate(container) if number == index)
    return key, container[key]


def _rows(
    container: Container, path: str, address: str, part: range, unfolded: frozenset[int]
) -> tuple[Node, ...]:
    if len(part) > CHUNK:
        return tuple(_ranges(path, address, part))
    return tuple(
        _node(str(step), path + _written(step), value, f"{address}.{index}".lstrip("."), unfolded)
        for index, step, value in _members(container, part)
    )


def _ranges(path: str, address: str, part: range) -> Iterator[Node]:
    size = CHUNK
    while len(part) > CHUNK * size:
        size *= 10
    for start in part[::size]:
        stop = min(start + size, part.stop)
        label = f"{start:,} … {stop - 1:,}"
        yield Node(label, path, "range", "", address=address, start=start, stop=stop)


def _members(container: Container, part: range) -> Iterator[tuple[int, Step, JsonValue]]:
    if isinstance(container, list):
        for index in part:
            yield index, index, container[index]
        return
    for index, (key, value) in enumerate(container.items()):
        if index in part:
            yield index, key, value


def _node(key: str, path: str, value: JsonValue, address: str, unfolded: frozenset[int]) -> Node:
    if not isinstance(value, dict | list):
        return _leaf(key, path, value)
    kind, word = ("object", "key") if isinstance(value, dict) else ("list", "item")
    length = f"{len(value):,} {word}{'' if len(value) == 1 else 's'}"
    rows = None
    if id(value) in unfolded:
        rows = _rows(value, path, address, range(len(value)), unfolded)
    return Node(key, path, kind, length, address=address, stop=len(value), rows=rows)


def _leaf(key: str, path: str, value: JsonValue) -> Node:
    text = write_json(value).decode()
    cut = max(len(text) - MOST_CHARACTERS, 0)
    return Node(key, path, leaf_kind(value), text[:MOST_CHARACTERS], cut)


def leaf_kind(value: JsonValue) -> str:
    """text, figure, or word (true, false, null)."""
    if isinstance(value, str):
        return "text"
    return "word" if value is None or isinstance(value, bool) else "figure"
