"""From what the parser has just read to a node of the tree, from the inside out.

What nests deeper than `MAX_DEPTH` is refused as soon as it is seen, so whatever walks a tree later
may recurse (row A42 of the attack catalogue).
"""

from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

from lark import Token, Transformer, v_args

from domain.rules.checking import is_in_range
from domain.rules.expressions.texts import Fault, read_raw_text, read_text
from domain.rules.expressions.tree import (
    Arithmetic,
    Call,
    Chain,
    Choice,
    Comparison,
    Item,
    Junction,
    ListOf,
    Literal,
    MapOf,
    Name,
    Node,
    Not,
    Opposite,
)
from domain.rules.json_values import MAX_NUMBER_DIGITS

MAX_DEPTH = 32

_CONSTANTS = {"true": True, "false": False, "null": None}


_Access: TypeAlias = tuple[str, Any, tuple[Node, ...], int, int]
"""One step behind a value: field, item or method; its name or key; arguments; start and end."""


@v_args(inline=True)
class Builder(Transformer[Token, Node]):
    """Each method is named after a rule of the grammar and is called with the rule's parts.

    Brackets are among them only so that a node knows where it starts and ends.
    """

    def constant(self, token: Token) -> Node:
        """`true`, `false`, `null`."""
        return _literal(token, _CONSTANTS[token])

    def whole(self, token: Token) -> Node:
        """`42`."""
        if len(token) > MAX_NUMBER_DIGITS:
            raise Fault(f"a number has at most {MAX_NUMBER_DIGITS} digits", _start(token))
        return _literal(token, int(token))

    def hexadecimal(self, token: Token) -> Node:
        """`0x2a`."""
        value = int(token, 16)
        if not is_in_range(value):
            raise Fault(f"a number has at most {MAX_NUMBER_DIGITS} digits", _start(token))
        return _literal(token, value)

    def fraction(self, token: Token) -> Node:
        """`1.5`, `2e3`: exact."""
        try:
            value = Decimal(token)
        except InvalidOperation:  # an exponent that no number has
            value = Decimal("Infinity")
        if not is_in_range(value):
            raise Fault(f"the number has over {MAX_NUMBER_DIGITS} digits", _start(token))
        return _literal(token, value)

    def text(self, token: Token) -> Node:
        """`"…"`, `'…'`, or three quotes at each end, with escapes."""
        return _literal(token, read_text(token, _start(token)))

    def raw_text(self, token: Token) -> Node:
        """`r"…"`: without escapes."""
        return _literal(token, read_raw_text(token))

    def unknown(self, token: Token) -> Node:
        """What CEL knows and this does not."""
        if token.type == "BYTES":
            raise Fault("bytes are not known here; write a text without the b", _start(token))
        raise Fault("unsigned numbers are not known here; leave out the u", _start(token))

    def name(self, token: Token) -> Node:
        """`body`."""
        return Name(_start(token), _end(token), 1, str(token))

    def group(self, opening: Token, node: Node, closing: Token) -> Node:
        """`(…)`: counts as nesting, so that what people see and what is counted agree."""
        depth = _checked(node.depth + 1, _start(opening))
        return replace(node, start=_start(opening), end=_end(closing), depth=depth)

    def list_of(self, opening: Token, *rest: Any) -> Node:
        """`[…]`."""
        start, items = _start(opening), rest[:-1]
        return ListOf(start, _end(rest[-1]), _depth(start, *items), items)

    def map_of(self, opening: Token, *rest: Any) -> Node:
        """`{…}`."""
        start, entries = _start(opening), rest[:-1]
        depth = _depth(start, *(node for entry in entries for node in entry))
        return MapOf(start, _end(rest[-1]), depth, entries)

    def entry(self, key: Node, value: Node) -> tuple[Node, Node]:
        """`"key": value`."""
        return key, value

    def arguments(self, *nodes: Node) -> tuple[Node, ...]:
        """What stands between the brackets of a call."""
        return nodes

    def call(
        self, name: Token, _opening: Token, arguments: tuple[Node, ...], closing: Token
    ) -> Node:
        """`size(…)`."""
        start = _start(name)
        depth = _depth(start, *arguments)
        return Call(start, _end(closing), depth, str(name), start, None, arguments)

    def field(self, name: Token) -> _Access:
        """`.name`."""
        return "field", str(name).strip("`"), (), _start(name), _end(name)

    def item(self, key: Node, closing: Token) -> _Access:
        """`[key]`."""
        return "item", key, (), key.start, _end(closing)

    def method(
        self, name: Token, _opening: Token, arguments: tuple[Node, ...], closing: Token
    ) -> _Access:
        """`.name(…)`."""
        return "method", str(name), arguments, _start(name), _end(closing)

    def chain(self, node: Node, *accesses: _Access) -> Node:
        """A value and what is looked up or called behind it."""
        steps: list[str | int] = []
        end, is_field = node.end, False
        for access in accesses:
            step = _step(access)
            if step is None:
                node = _with_steps(node, steps, end, ends_in_field=is_field)
                node, steps = _accessed(node, access), []
            else:
                steps.append(step)
            end, is_field = access[-1], access[0] == "field"
        return _with_steps(node, steps, end, ends_in_field=is_field)

    def negation(self, *parts: Any) -> Node:
        """`!a`, `!!a`."""
        *signs, node = parts
        start = _start(signs[0])
        return Not(start, node.end, _checked(node.depth + len(signs), start), len(signs), node)

    def opposite(self, *parts: Any) -> Node:
        """`-a`, `--a`; of a number that is written out, just another one."""
        *signs, node = parts
        start, times = _start(signs[0]), len(signs)
        depth = _checked(node.depth + times, start)
        if isinstance(node, Literal) and type(node.value) in {int, Decimal}:
            return Literal(start, node.end, depth, _negated(node.value, times))
        return Opposite(start, node.end, depth, times, node)

    def product(self, *parts: Any) -> Node:
        """`a * b / c`."""
        return _arithmetic(parts)

    def sum(self, *parts: Any) -> Node:
        """`a + b - c`."""
        return _arithmetic(parts)

    def comparison(self, left: Node, operator: Token, right: Node) -> Node:
        """`a < b`."""
        depth = _depth(left.start, left, right)
        return Comparison(left.start, right.end, depth, left, str(operator), right)

    def both(self, *parts: Node) -> Node:
        """`a && b`."""
        start, end = parts[0].start, parts[-1].end
        return Junction(start, end, _depth(start, *parts), True, parts)

    def either(self, *parts: Node) -> Node:
        """`a || b`."""
        start, end = parts[0].start, parts[-1].end
        return Junction(start, end, _depth(start, *parts), False, parts)

    def choice(self, condition: Node, then: Node, otherwise: Node) -> Node:
        """`a ? b : c`."""
        start = condition.start
        depth = _depth(start, condition, then, otherwise)
        return Choice(start, otherwise.end, depth, condition, then, otherwise)


def _with_steps(node: Node, steps: list[str | int], end: int, *, ends_in_field: bool) -> Node:
    if not steps:
        return node
    if isinstance(node, Chain):  # the one in brackets of `(body.a).b`
        steps = [*node.steps, *steps]
        return replace(node, end=end, steps=tuple(steps), ends_in_field=ends_in_field)
    depth = _depth(node.start, node)
    return Chain(node.start, end, depth, node, tuple(steps), ends_in_field)


def _accessed(node: Node, access: _Access) -> Node:
    word, what, arguments, start, end = access
    if word == "method":
        depth = _depth(node.start, node, *arguments)
        return Call(node.start, end, depth, what, start, node, arguments)
    return Item(node.start, end, _depth(node.start, node, what), node, what)


def _step(access: _Access) -> str | int | None:
    """The step, if it is written out."""
    word, what, *_rest = access
    if word == "field":
        return str(what)
    if word == "item" and isinstance(what, Literal) and _is_plain_key(what.value):
        return what.value  # type: ignore[return-value]  # A plain key is one of these.
    return None


def _is_plain_key(value: object) -> bool:
    # Python counts a negative index from the end; CEL does not know it, and finds nothing there.
    return type(value) is str or (type(value) is int and value >= 0)


def _arithmetic(parts: tuple[Any, ...]) -> Node:
    first, start = parts[0], parts[0].start
    rest = tuple((str(sign), node) for sign, node in zip(parts[1::2], parts[2::2], strict=True))
    return Arithmetic(start, parts[-1].end, _depth(start, *parts[::2]), first, rest)


def _negated(value: Any, times: int) -> Any:
    if times % 2 == 0:
        return value
    # `-` on a Decimal would round it as the thread's context says.
    return -value if type(value) is int else value.copy_negate()


def _literal(token: Token, value: Any) -> Node:
    return Literal(_start(token), _end(token), 1, value)


def _start(token: Token) -> int:
    return token.start_pos or 0


def _end(token: Token) -> int:
    return token.end_pos or 0


def _depth(start: int, *nested: Node) -> int:
    return _checked(1 + max((node.depth for node in nested), default=0), start)


def _checked(depth: int, start: int) -> int:
    if depth > MAX_DEPTH:
        raise Fault(f"the expression is nested deeper than {MAX_DEPTH}", start)
    return depth
