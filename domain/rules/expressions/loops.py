"""The loops of expressions: `all`, `exists`, `exists_one`, `filter`, `map` over a list's items or
an object's keys.

`all` and `exists` are `&&` and `||` over the items: an error is passed over when another item
decides. In the other three an error is the outcome. Each round pays for all nodes of the loop's
body, whether or not it comes to them, so that a round costs the same for every item.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from domain.rules.expressions.numbers import MAX_ITEMS
from domain.rules.expressions.values import (
    ABSORBED,
    CannotEvaluate,
    Evaluate,
    Kind,
    Run,
    StepsUsedUp,
    kind_of,
    named,
)


@dataclass(frozen=True, slots=True)
class Loop:
    """The compiled parts of a loop. `slot` is where its item stands in a run, `cost` what a round
    takes, `test` and `value` what is asked of an item and what is made of it."""

    over: Evaluate
    slot: int
    cost: int
    test: Evaluate | None
    value: Evaluate | None
    place: str

    def items(self, run: Run) -> list[Any]:
        """What it runs over. Raises CannotEvaluate."""
        over = self.over(run)
        if type(over) is list:
            return over
        if type(over) is dict:
            run.spend(len(over) // 8)
            return list(over)
        told = f"a loop needs a list or an object, not {named(kind_of(over))}"
        raise CannotEvaluate(told, self.place)

    def fault(self, answer: Any) -> CannotEvaluate:
        """The error of a test that is neither true nor false."""
        told = f"a loop asks for true or false, not for {named(kind_of(answer))}"
        return CannotEvaluate(told, self.place)


def _decided_by(loop: Loop, *, decisive: bool) -> Evaluate:
    test, slot, cost = loop.test, loop.slot, loop.cost
    assert test is not None

    def evaluate(run: Run) -> bool:
        held, fault = run.items, None
        for item in loop.items(run):
            run.left -= cost
            if run.left < 0:
                raise StepsUsedUp
            held[slot] = item
            try:
                answer: object = test(run)
            except CannotEvaluate as error:
                run.left -= ABSORBED
                fault = fault or (error.reason, error.place)
                continue
            if answer is decisive:
                return decisive
            if answer is not (not decisive):
                fault = fault or (loop.fault(answer).reason, loop.place)
        if fault:
            raise CannotEvaluate(*fault)
        return not decisive

    return evaluate


def _all(loop: Loop) -> Evaluate:
    return _decided_by(loop, decisive=False)


def _exists(loop: Loop) -> Evaluate:
    return _decided_by(loop, decisive=True)


def _exists_one(loop: Loop) -> Evaluate:
    def evaluate(run: Run) -> bool:
        return sum(1 for _item in _passing(loop, run)) == 1

    return evaluate


def _passing(loop: Loop, run: Run) -> Any:
    """The items for which the test holds, each while it is the loop's item."""
    test, slot, cost, held = loop.test, loop.slot, loop.cost, run.items
    for item in loop.items(run):
        run.left -= cost
        if run.left < 0:
            raise StepsUsedUp
        held[slot] = item
        answer = True if test is None else test(run)
        if answer is True:
            yield item
        elif answer is not False:
            raise loop.fault(answer)


def _collected(loop: Loop) -> Evaluate:
    value = loop.value

    def evaluate(run: Run) -> list[Any]:
        made: list[Any] = []
        for item in _passing(loop, run):
            if len(made) == MAX_ITEMS:
                raise CannotEvaluate(f"the list would have over {MAX_ITEMS:,} items", loop.place)
            made.append(item if value is None else value(run))
        return made

    return evaluate


@dataclass(frozen=True, slots=True)
class Macro:
    """How a loop is written (`tests`, then `makes` a value, after the variable), and its result."""

    make: Callable[[Loop], Evaluate]
    gives: Kind
    tests: bool = True
    makes: bool = False


LOOPS: dict[tuple[str, int], Macro] = {
    ("all", 2): Macro(_all, "boolean"),
    ("exists", 2): Macro(_exists, "boolean"),
    ("exists_one", 2): Macro(_exists_one, "boolean"),
    ("filter", 2): Macro(_collected, "list"),
    ("map", 2): Macro(_collected, "list", tests=False, makes=True),
    ("map", 3): Macro(_collected, "list", makes=True),
}
"""By name and number of arguments."""
