"""Expressions of `expr` clauses: `compile_expression("body.total > 100").judge(variables)`.

The language is a part of CEL (Common Expression Language, https://cel.dev), which people may know
from Kubernetes, Google Cloud or Firebase: no loops but those over what is there, no assignment, no
way out to the machine. Its grammar is read by lark, and it is evaluated here, by closures that
count their steps, and not by Google's evaluator (cel-cpp), because

- cel-cpp cannot be interrupted, and its memory is not bounded: what it is given must be guarded by
  guesses about the text, or be run in a process that can be killed;
- its whole numbers end at 64 bits and its fractions are binary, whereas ours are exact;
- a verdict must be the same when it is worked out again years later, on any machine: so the cost is
  counted in steps and not by a clock.

cel-cpp is what the tests compare with. docs/expressions.md says what the language knows, and where
it differs from CEL.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from domain.rules.expressions.compiler import compile_node
from domain.rules.expressions.grammar import InvalidExpression, parse
from domain.rules.expressions.lookups import find
from domain.rules.expressions.scope import Read, Scope, need
from domain.rules.expressions.texts import Fault
from domain.rules.expressions.values import (
    CannotEvaluate,
    Evaluate,
    Run,
    StepsUsedUp,
    kind_of,
    named,
)
from domain.rules.json_values import JsonValue

__all__ = ["STEPS", "Expression", "InvalidExpression", "Outcome", "compile_expression"]

STEPS = 150_000
"""Steps of one evaluation. Of some 150 expressions written to be slow, over bodies of 1 MiB made
for them (tests/rules/test_expressions_are_bounded.py has the worst), none took more than 33 ms of
processor time (40 ms on a busy machine); a plain step takes 0.05 to 0.1 µs, so that
`exists(x, x.kind == "a" && x.n > 1)` looks at some 12,000 items."""

MOST_VALUES = 20

_BOOLEAN = frozenset({"boolean"})


@dataclass(slots=True)
class Outcome:
    """What an expression comes to over one event: `result` is None on an error, which `error`
    explains in a sentence."""

    result: bool | None
    error: str | None
    _reads: Mapping[str, Read]
    _variables: Mapping[str, JsonValue]

    @property
    def values(self) -> dict[str, JsonValue]:
        """What stands in this event where the expression reads, for whoever wants to know why;
        whether or not it came to read it. What is missing is left out; 20 values at most."""
        values: dict[str, JsonValue] = {}
        for name, (variable, steps) in self._reads.items():
            if len(values) == MOST_VALUES:
                break
            found = find(self._variables, variable, steps)
            if found:
                values[name] = found[0]
        return values


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression, immutable.

    `names` are the variables that it uses, `reads` the chains of names that it reads from them, in
    the order in which they are written (`body.order.total`).
    """

    text: str
    names: frozenset[str]
    reads: tuple[str, ...]
    _evaluate: Evaluate
    _cost: int
    _chains: Mapping[str, Read]

    def judge(self, variables: Mapping[str, JsonValue], steps: int = STEPS) -> Outcome:
        """What it comes to with these variables; one that is left out is missing, as is a field.

        Never raises, whatever they hold, and takes a time in proportion to `steps` at most.
        """
        run = Run(variables, steps - self._cost)
        try:
            answer = self._evaluate(run)
        except CannotEvaluate as error:
            return Outcome(None, str(error), self._chains, variables)
        except StepsUsedUp:
            return Outcome(None, _too_costly(steps), self._chains, variables)
        except (ArithmeticError, ValueError):
            # A value that no body can hold (bodies.py): a Decimal that is not a number, half of a
            # surrogate pair, a number of 5,000 digits.
            return Outcome(None, "a value is not valid JSON", self._chains, variables)
        if run.left < 0:
            return Outcome(None, _too_costly(steps), self._chains, variables)
        if answer is True or answer is False:
            return Outcome(answer, None, self._chains, variables)
        told = f"the expression comes to {named(kind_of(answer))}, not to true or false"
        return Outcome(None, told, self._chains, variables)


def _too_costly(steps: int) -> str:
    return f"the expression takes more than {steps:,} steps over this event"


# The usual expression takes 5 KiB when it is compiled, the largest some 350.
@lru_cache(maxsize=512)
def compile_expression(text: str) -> Expression:
    """The expression that `text` spells. Raises InvalidExpression with a sentence and the column.

    Takes a time in proportion to the length, of which there is little, whatever the text.
    """
    tree = parse(text)
    scope = Scope(text)
    try:
        code = compile_node(tree, scope)
        need(code, _BOOLEAN, "a condition", tree.start)
    except Fault as fault:
        raise InvalidExpression(str(fault), text, fault.position) from None
    return Expression(
        text, frozenset(scope.names), tuple(scope.reads), code.evaluate, code.cost, scope.reads
    )
