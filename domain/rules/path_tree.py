"""From jsonpath-ng's parse tree to our own segments, letting through only what is on the list.

The tree is what decides: a node type that is not named here is refused, whatever new syntax a
release of jsonpath-ng may bring.
"""

from collections.abc import Sequence

from jsonpath_ng import jsonpath as tree
from jsonpath_ng.ext import filter as filters

from domain.rules.path_walk import (
    AllOf,
    AnyOf,
    Comparison,
    Descend,
    Every,
    Exists,
    Indices,
    Literal,
    Names,
    Query,
    Segment,
    Slices,
    Test,
    Where,
)

MAX_FILTER_NESTING = 4
COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})


class PathNotAllowed(ValueError):
    """A part of the path is not supported; the text says which."""


def segments_of(node: tree.JSONPath) -> tuple[Segment, ...]:
    """The segments of a whole path, which starts at the document (`$`)."""
    query = _query(node, 0)
    if not query.from_root:
        raise PathNotAllowed("a path starts with $")
    return query.segments


def _query(node: tree.JSONPath, nesting: int) -> Query:
    first, rest = _spine(node)
    if isinstance(first, tree.Root | tree.This):
        return Query(isinstance(first, tree.Root), _all_segments(rest, nesting))
    if type(first) is tree.Fields:
        raise PathNotAllowed("a path in a filter starts with @ or $")
    raise PathNotAllowed(f"{_word_for(first)} not supported in a path")


def _spine(node: tree.JSONPath) -> tuple[tree.JSONPath, list[tree.JSONPath]]:
    """The left-most node, and what follows it in reading order. No recursion: paths are long."""
    rest: list[tree.JSONPath] = []
    while isinstance(node, tree.Child | tree.Descendants):
        rest.append(node)
        node = node.left
    return node, rest[::-1]


def _all_segments(nodes: Sequence[tree.JSONPath], nesting: int) -> tuple[Segment, ...]:
    found: list[Segment] = []
    for node in nodes:
        if isinstance(node, tree.Descendants):
            found.append(Descend(_right_side(node.right, nesting)))
        elif isinstance(node, tree.Child):
            found.extend(_right_side(node.right, nesting))
    return tuple(found)


def _right_side(node: tree.JSONPath, nesting: int) -> tuple[Segment, ...]:
    first, rest = _spine(node)
    return (_segment(first, nesting), *_all_segments(rest, nesting))


def _segment(node: tree.JSONPath, nesting: int) -> Segment:
    # A name written twice selects once: repeating it must not multiply the work.
    kind = type(node)
    if kind is tree.Fields:
        return Names(tuple(dict.fromkeys(map(str, node.fields))))  # type: ignore[attr-defined]
    if kind is tree.Index:
        return Indices(tuple(dict.fromkeys(node.indices)))  # type: ignore[attr-defined]
    if kind is tree.Slice:
        return Slices(slice(node.start, node.end, node.step))  # type: ignore[attr-defined]
    if kind is tree.Wildcard:
        return Every()
    if kind is filters.Filter:
        return Where(_conjunction(node.expressions, nesting + 1))  # type: ignore[attr-defined]
    raise PathNotAllowed(f"{_word_for(node)} not supported in a path")


def _word_for(node: tree.JSONPath) -> str:
    words = {
        "Operation": "arithmetic is",
        "Root": "`$` inside is",
        "This": "`@` outside a filter is",
    }
    return words.get(type(node).__name__, "this is")


def _conjunction(expressions: Sequence[tree.JSONPath], nesting: int) -> Test:
    if nesting > MAX_FILTER_NESTING:
        raise PathNotAllowed(f"filters may be nested {MAX_FILTER_NESTING} deep")
    tests = tuple(_test(expression, nesting) for expression in expressions)
    return tests[0] if len(tests) == 1 else AllOf(tests)


def _test(node: tree.JSONPath, nesting: int) -> Test:
    kind = type(node)
    if kind is filters.And:
        return AllOf(tuple(_test(part, nesting) for part in node.operands))  # type: ignore[attr-defined]
    if kind is filters.Or:
        return AnyOf(tuple(_test(part, nesting) for part in node.operands))  # type: ignore[attr-defined]
    if kind is filters.Expression:
        return _expression(node, nesting)  # type: ignore[arg-type]
    raise PathNotAllowed("this is not supported in a filter")


def _expression(node: filters.Expression, nesting: int) -> Test:
    target = _query(node.target, nesting)
    if node.op is None or node.op == "!":
        return Exists(target, wanted=node.op is None)
    if node.op not in COMPARISONS:
        raise PathNotAllowed(f"the operator {node.op} is not supported")
    if isinstance(node.value, tree.JSONPath):
        return Comparison(target, node.op, _query(node.value, nesting))
    return Comparison(target, node.op, Literal(node.value))
