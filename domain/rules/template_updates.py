"""Taking a newer version of a template into a workflow that was made from an older one.

Three states are compared, part by part, a part being a step (by its key), the input schema or the
policy: the template's version that the workflow has (`base`), the newer one (`theirs`), and the
workflow (`mine`). What only the template changed is taken; what only the workflow changed stays;
what both changed in different ways is a matter for people, and stays as it is here unless they say
otherwise.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from domain.rules.json_values import JsonValue, same

Change = Literal["added", "changed", "removed"]
Outcome = Literal["taken", "here_already", "conflict"]
SCHEMA: Final = "input_schema"
POLICY: Final = "policy"
"""The names of the input schema and of the policy as parts. No step is called so: keys of steps
stand for themselves below `steps.`."""

_ABSENT: Final[Any] = object()


@dataclass(frozen=True, slots=True)
class Side:
    """Steps, input schema and policy of one of the three."""

    steps: Sequence[dict[str, Any]]
    input_schema: JsonValue
    policy: JsonValue = None

    def part(self, name: str) -> Any:
        """The part of that name; `_ABSENT` when it has none."""
        if name == SCHEMA:
            return _ABSENT if self.input_schema is None else self.input_schema
        if name == POLICY:
            return self.policy or _ABSENT
        key = name.removeprefix("steps.")
        return next((step for step in self.steps if step["key"] == key), _ABSENT)

    @property
    def names(self) -> list[str]:
        """The names of its parts."""
        return [SCHEMA, POLICY, *(f"steps.{step['key']}" for step in self.steps)]


@dataclass(frozen=True, slots=True)
class PartUpdate:
    """A part that the template changed, and what becomes of that here."""

    name: str
    change: Change
    outcome: Outcome


def updates(base: Side, theirs: Side, mine: Side) -> tuple[PartUpdate, ...]:
    """Every part that the template changed between `base` and `theirs`."""
    names = dict.fromkeys([*theirs.names, *base.names])
    found = (_update(name, base.part(name), theirs.part(name), mine.part(name)) for name in names)
    return tuple(each for each in found if each is not None)


def _update(name: str, base: Any, theirs: Any, mine: Any) -> PartUpdate | None:
    if _alike(base, theirs):
        return None
    change: Change = "added" if base is _ABSENT else "removed" if theirs is _ABSENT else "changed"
    if _alike(mine, theirs):
        return PartUpdate(name, change, "here_already")
    return PartUpdate(name, change, "taken" if _alike(mine, base) else "conflict")


def _alike(one: Any, other: Any) -> bool:
    if one is _ABSENT or other is _ABSENT:
        return one is other
    return same(one, other)


def merged(base: Side, theirs: Side, mine: Side, also: Collection[str] = ()) -> Side:
    """`mine` with what is taken of `theirs`; `also` names the conflicts in which theirs wins."""
    taken = {
        each.name
        for each in updates(base, theirs, mine)
        if each.outcome == "taken" or (each.outcome == "conflict" and each.name in also)
    }
    schema = theirs.input_schema if SCHEMA in taken else mine.input_schema
    policy = theirs.policy if POLICY in taken else mine.policy
    return Side(_ordered(base, theirs, mine, _steps(theirs, mine, taken)), schema, policy)


def _steps(theirs: Side, mine: Side, taken: Collection[str]) -> list[dict[str, Any]]:
    """My steps with theirs in their place; new ones come after the step that they follow there."""
    steps = []
    for step in mine.steps:
        name = f"steps.{step['key']}"
        kept = theirs.part(name) if name in taken else step
        if kept is not _ABSENT:
            steps.append(kept)
    place = 0
    for step in theirs.steps:
        known = next((at for at, mine_ in enumerate(steps) if mine_["key"] == step["key"]), None)
        if known is not None:
            place = known + 1
        elif f"steps.{step['key']}" in taken:
            steps.insert(place, step)
            place += 1
    return steps


def _ordered(
    base: Side, theirs: Side, mine: Side, steps: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The steps in the template's new order, if it has one and the old one was kept here."""
    shared = _keys(base) & _keys(theirs) & _keys(mine) & {step["key"] for step in steps}
    before, after, here = ([step["key"] for step in side.steps if step["key"] in shared]
                           for side in (base, theirs, mine))  # fmt: skip
    if before == after or here != before:
        return steps
    by_key = {step["key"]: step for step in steps}
    following = iter(after)
    return [by_key[next(following)] if step["key"] in shared else step for step in steps]


def _keys(side: Side) -> set[str]:
    return {step["key"] for step in side.steps}
