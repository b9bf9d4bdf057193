"""From the tree of an expression to closures that evaluate it.

What can be known to be wrong without an event is refused on the way: names and functions that are
not on the lists, loops too many or too deep, patterns and times that are not valid, and operators
between values of kinds that are known and do not fit (`1 == "1"`, `null < 1`; row A43 of the attack
catalogue), as CEL's own checker does.
"""

from collections.abc import Callable
from typing import Any

from domain.rules.expressions import lookups, operators
from domain.rules.expressions.calls import compile_call
from domain.rules.expressions.numbers import result_kind
from domain.rules.expressions.scope import Code, Scope, constant, need
from domain.rules.expressions.texts import Fault
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
from domain.rules.expressions.values import KEYS, ORDERED, CannotEvaluate, no_order

_BOOLEAN = frozenset({"boolean"})
_OBJECT = frozenset({"object"})
_CONTAINERS = frozenset({"list", "object"})


def compile_node(node: Node, scope: Scope) -> Code:
    """The code of a tree. Raises Fault."""
    return _COMPILERS[type(node)](node, scope)


def _literal(node: Literal, _scope: Scope) -> Code:
    return constant(node.value)


def _name(node: Name, scope: Scope) -> Code:
    return _steps_of_name(node.name, (), node.start, scope)


def _steps_of_name(name: str, steps: lookups.Steps, start: int, scope: Scope) -> Code:
    cost = 1 + len(steps)
    slot = scope.slot(name)
    if slot is not None:
        return Code(lookups.item(slot, name, steps), None, cost)
    scope.read(name, steps, start)
    # All but the body are objects whatever the event.
    kind = "object" if not steps and name != "body" else None
    return Code(lookups.variable(name, steps), kind, cost)


def _chain(node: Chain, scope: Scope) -> Code:
    if isinstance(node.base, Name):
        return _steps_of_name(node.base.name, node.steps, node.base.start, scope)
    base = compile_node(node.base, scope)
    first = node.steps[0]
    need(base, _OBJECT if isinstance(first, str) else _CONTAINERS, "a step", node.start)
    evaluate = lookups.inside(base.evaluate, node.steps, scope.place(node.base))
    return Code(evaluate, None, base.cost + 1 + len(node.steps))


def _item(node: Item, scope: Scope) -> Code:
    base, key = compile_node(node.base, scope), compile_node(node.key, scope)
    need(base, _CONTAINERS, "[…]", node.start)
    need(key, KEYS, "[…]", node.key.start)
    evaluate = lookups.entry(base.evaluate, key.evaluate, scope.place(node))
    return Code(evaluate, None, base.cost + key.cost + 2)


def _not(node: Not, scope: Scope) -> Code:
    operand = compile_node(node.operand, scope)
    need(operand, _BOOLEAN, "!", node.start)
    evaluate = operators.negation(operand.evaluate, node.times, scope.place(node))
    return Code(evaluate, "boolean", operand.cost + 1)


def _opposite(node: Opposite, scope: Scope) -> Code:
    operand = compile_node(node.operand, scope)
    need(operand, frozenset({"number"}), "-", node.start)
    evaluate = operators.minus(operand.evaluate, node.times, scope.place(node))
    return Code(evaluate, operand.kind, operand.cost + 2)


def _arithmetic(node: Arithmetic, scope: Scope) -> Code:
    first = compile_node(node.first, scope)
    kind, cost = first.kind, first.cost
    rest = []
    for sign, operand in node.rest:
        code = compile_node(operand, scope)
        try:
            kind = result_kind(sign, kind, code.kind)
        except CannotEvaluate as error:
            raise Fault(error.reason, operand.start) from None
        cost += code.cost + 2
        rest.append((sign, code.evaluate))
    place = scope.place(node)
    return Code(operators.arithmetic(first.evaluate, rest, place), kind, cost)


def _comparison(node: Comparison, scope: Scope) -> Code:
    left, right = compile_node(node.left, scope), compile_node(node.right, scope)
    _check_kinds(node, left, right)
    place = scope.place(node)
    if right.is_constant:
        compared = operators.comparison_with(node.operator, left.evaluate, right.value, place)
    else:
        compared = operators.comparison(node.operator, left.evaluate, right.evaluate, place)
    return Code(compared, "boolean", left.cost + right.cost + 1)


def _check_kinds(node: Comparison, left: Code, right: Code) -> None:
    if node.operator == "in":
        need(right, _CONTAINERS, "in", node.right.start)
        if right.kind == "object":
            need(left, KEYS, "in an object, in", node.left.start)
        return
    by_order = node.operator not in {"==", "!="}
    if left.kind is None or right.kind is None:
        known = left.kind or right.kind
        if by_order and known is not None and known not in ORDERED:
            raise Fault(no_order(known, known), node.start)
    elif by_order and (left.kind != right.kind or left.kind not in ORDERED):
        raise Fault(no_order(left.kind, right.kind), node.right.start)
    elif left.kind != right.kind:
        told = f"a value of the kind {left.kind} never equals one of the kind {right.kind}"
        raise Fault(told, node.right.start)


def _junction(node: Junction, scope: Scope) -> Code:
    codes = [compile_node(part, scope) for part in node.parts]
    for part, code in zip(node.parts, codes, strict=True):
        need(code, _BOOLEAN, "&&" if node.is_and else "||", part.start)
    places = [scope.place(part) for part in node.parts]
    parts = [code.evaluate for code in codes]
    cost = sum(code.cost for code in codes) + len(codes)
    return Code(operators.junction(parts, places, is_and=node.is_and), "boolean", cost)


def _choice(node: Choice, scope: Scope) -> Code:
    condition = compile_node(node.condition, scope)
    then, otherwise = compile_node(node.then, scope), compile_node(node.otherwise, scope)
    need(condition, _BOOLEAN, "?", node.start)
    place = scope.place(node.condition)
    evaluate = operators.choice(condition.evaluate, then.evaluate, otherwise.evaluate, place)
    kind = then.kind if then.kind == otherwise.kind else None
    return Code(evaluate, kind, condition.cost + then.cost + otherwise.cost + 1)


def _list_of(node: ListOf, scope: Scope) -> Code:
    codes = [compile_node(item, scope) for item in node.items]
    if all(code.is_constant for code in codes):
        return constant([code.value for code in codes])
    cost = 1 + sum(code.cost for code in codes)
    return Code(operators.list_of([code.evaluate for code in codes]), "list", cost)


def _map_of(node: MapOf, scope: Scope) -> Code:
    entries = [(compile_node(k, scope), compile_node(v, scope)) for k, v in node.entries]
    seen: set[Any] = set()
    for (key, _value), (written, _node) in zip(entries, node.entries, strict=True):
        need(key, frozenset({"text"}), "a key", written.start)
        if key.is_constant and key.value in seen:
            raise Fault("an object has each key once", written.start)
        seen.add(key.value if key.is_constant else written)
    if all(key.is_constant and value.is_constant for key, value in entries):
        return constant({key.value: value.value for key, value in entries})
    pairs = [(key.evaluate, value.evaluate) for key, value in entries]
    cost = 1 + sum(1 + key.cost + value.cost for key, value in entries)
    return Code(operators.map_of(pairs, scope.place(node)), "object", cost)


def _call(node: Call, scope: Scope) -> Code:
    return compile_call(node, scope, compile_node)


_COMPILERS: dict[type, Callable[[Any, Scope], Code]] = {
    Literal: _literal,
    Name: _name,
    Chain: _chain,
    Item: _item,
    Call: _call,
    ListOf: _list_of,
    MapOf: _map_of,
    Not: _not,
    Opposite: _opposite,
    Arithmetic: _arithmetic,
    Comparison: _comparison,
    Junction: _junction,
    Choice: _choice,
}
