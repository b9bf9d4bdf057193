"""Compiling what is called: functions, methods, `has`, `matches`, and loops."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

from domain.rules.expressions import lookups
from domain.rules.expressions.functions import (
    CHECKED_WHEN_SAVED,
    FUNCTIONS,
    MATCHES,
    METHODS,
    Function,
    searching,
)
from domain.rules.expressions.loops import LOOPS, Loop
from domain.rules.expressions.scope import Code, Scope, constant, need
from domain.rules.expressions.texts import Fault
from domain.rules.expressions.times import GETTERS
from domain.rules.expressions.tree import Call, Chain, Name, Node
from domain.rules.expressions.values import CannotEvaluate, Evaluate, Run, kind_of, named
from domain.rules.regexes import InvalidRegex, Regex, compile_regex

Compile: TypeAlias = Callable[[Node, Scope], Code]

_BOOLEAN = frozenset({"boolean"})
_TEXT = frozenset({"text"})
_OBJECT = frozenset({"object"})
_CONTAINERS = frozenset({"list", "object"})
_LOOP_NAMES = frozenset(name for name, _arguments in LOOPS)


def compile_call(node: Call, scope: Scope, compile_node: Compile) -> Code:
    """The code of a call. Raises Fault."""
    if node.receiver is None and node.name == "has":
        return _has(node, scope, compile_node)
    if node.receiver is not None and node.name in _LOOP_NAMES:
        return _loop(node, node.receiver, scope, compile_node)
    arguments = node.arguments if node.receiver is None else (node.receiver, *node.arguments)
    if node.name == MATCHES:
        return _matches(node, arguments, scope, compile_node)
    known = FUNCTIONS if node.receiver is None else METHODS
    if node.name not in known:
        what = "function" if node.receiver is None else "method"
        told = f"there is no {what} `{node.name}`; known are {_names(node.receiver)}"
        raise Fault(told, node.named_at)
    function = known[node.name]
    codes = [compile_node(argument, scope) for argument in arguments]
    _check(node, function, arguments, codes)
    if node.name in CHECKED_WHEN_SAVED and codes[0].is_constant:
        return _worked_out(node, function, codes[0].value)
    evaluate = _calling(node.name, function, [code.evaluate for code in codes], scope.place(node))
    return Code(evaluate, function.gives, sum(code.cost for code in codes) + 2)


def _names(receiver: Node | None) -> str:
    if receiver is None:
        return ", ".join(sorted({*FUNCTIONS, "has", MATCHES}))
    methods = sorted({*METHODS, *_LOOP_NAMES, MATCHES}.difference(GETTERS))
    return f"{', '.join(methods)}, and such as {GETTERS[0]}"


def _check(node: Call, function: Function, arguments: tuple[Node, ...], codes: list[Code]) -> None:
    most = len(function.takes)
    least = most - function.optional
    if not least <= len(codes) <= most:
        receiver = 0 if node.receiver is None else 1
        raise Fault(
            f"{node.name}() takes {_count(least - receiver, most - receiver)}", node.named_at
        )
    for argument, code, kinds in zip(arguments, codes, function.takes, strict=False):
        need(code, kinds, f"{node.name}()", argument.start)


def _count(least: int, most: int) -> str:
    at_most = "at most " if least < most else ""
    return f"{at_most}{most} argument{'' if most == 1 else 's'}"


def _worked_out(node: Call, function: Function, value: Any) -> Code:
    try:
        return constant(function.call(Run({}, 1_000), value))
    except CannotEvaluate as error:
        raise Fault(error.reason, node.start) from None


def _calling(name: str, function: Function, parts: list[Evaluate], place: str) -> Evaluate:
    call, pairs = function.call, tuple(zip(parts, function.takes, strict=False))

    def evaluate(run: Run) -> Any:
        values = []
        for part, kinds in pairs:
            value = part(run)
            if kind_of(value) not in kinds:
                wanted = " or ".join(map(named, sorted(kinds)))
                told = f"{name}() needs {wanted}, not {named(kind_of(value))}"
                raise CannotEvaluate(told, place)
            values.append(value)
        try:
            return call(run, *values)
        except CannotEvaluate as error:
            error.place = place
            raise

    return evaluate


def _has(node: Call, scope: Scope, compile_node: Compile) -> Code:
    chain = node.arguments[0] if len(node.arguments) == 1 else None
    if not isinstance(chain, Chain) or not chain.ends_in_field:
        raise Fault("has() takes a field, as in has(body.order.total)", node.start)
    *before, field = chain.steps
    place = scope.place(node)
    if isinstance(chain.base, Name):
        base = _steps_before(chain.base, chain.steps, scope)
        return Code(lookups.has_field(base, str(field), place), "boolean", 2 + len(before))
    inner = replace(chain, steps=tuple(before)) if before else chain.base
    code = compile_node(inner, scope)
    need(code, _OBJECT, "has()", inner.start)
    return Code(lookups.has_field(code.evaluate, str(field), place), "boolean", code.cost + 1)


def _steps_before(base: Name, steps: lookups.Steps, scope: Scope) -> Evaluate:
    """The object that has the last of the steps, or not; what is noted as read is all of them."""
    slot = scope.slot(base.name)
    if slot is not None:
        return lookups.item(slot, base.name, steps[:-1])
    scope.read(base.name, steps, base.start)
    if len(steps) == 1:
        return lookups.variable_or_nothing(base.name)
    return lookups.variable(base.name, steps[:-1])


def _matches(node: Call, arguments: tuple[Node, ...], scope: Scope, compile_node: Compile) -> Code:
    if len(arguments) != 2:  # noqa: PLR2004  # A text and a pattern.
        takes = "a text and a pattern" if node.receiver is None else "a pattern"
        raise Fault(f"matches() takes {takes}", node.named_at)
    text, pattern = (compile_node(argument, scope) for argument in arguments)
    need(text, _TEXT, "matches()", arguments[0].start)
    if not isinstance(pattern.value, str):
        raise Fault("the pattern of matches() is written out, in quotes", arguments[1].start)
    regex = _regex(pattern.value, arguments[1].start)
    scope.pattern(regex.size, arguments[1].start)
    search = Function((_TEXT,), "boolean", searching(regex))
    evaluate = _calling(MATCHES, search, [text.evaluate], scope.place(node))
    return Code(evaluate, "boolean", text.cost + 2)


def _regex(pattern: str, start: int) -> Regex:
    try:
        return compile_regex(pattern)
    except InvalidRegex as error:
        raise Fault(error.message, start) from None


def _loop(node: Call, over: Node, scope: Scope, compile_node: Compile) -> Code:
    macro = LOOPS.get((node.name, len(node.arguments)))
    if macro is None:
        raise Fault(f"{node.name}() takes a variable and a condition", node.named_at)
    variable, *bodies = node.arguments
    if not isinstance(variable, Name):
        raise Fault(f"the first argument of {node.name}() is a name", variable.start)
    target = compile_node(over, scope)
    need(target, _CONTAINERS, f"{node.name}()", over.start)
    with scope.loop(variable.name, variable.start) as slot:
        codes = [compile_node(body, scope) for body in bodies]
    test = codes[0] if macro.tests else None
    if test is not None:
        need(test, _BOOLEAN, f"{node.name}()", bodies[0].start)
    value = codes[-1] if macro.makes else None
    loop = Loop(
        over=target.evaluate, slot=slot, cost=2 + sum(code.cost for code in codes),
        test=test.evaluate if test else None, value=value.evaluate if value else None,
        place=scope.place(over),
    )  # fmt: skip
    return Code(macro.make(loop), macro.gives, target.cost + 2)
