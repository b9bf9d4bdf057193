"""Gates: what executions have to pass one by one, or a few at a time, before they run.

A gate's id derives from what it is for, so whoever needs one knows it without asking. A gate of an
order stands first among an execution's: it is found by that place.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from domain.rules.ids import derived_id
from domain.rules.lanes import Why, lane_id
from domain.rules.limits import Key, Limits
from domain.rules.subjects import Subject

Scope = Literal["trigger", "key", "workflow", "order", "singleton"]
WaitsFor = Literal["concurrency", "order"]

_IS = " = "
# What is gathered or becomes quiet is an event of its own afterwards, and has its place then.
_IN_LINE: tuple[Why, ...] = ("limit", "pause")


@dataclass(frozen=True, slots=True)
class Gate:
    """How many executions may be in it at once. `key` is path and value, as people see them."""

    id: UUID
    scope: Scope
    subject_id: UUID
    key: str | None
    most: int


def gates_of(limits: Limits, trigger_id: UUID, subject: Subject) -> tuple[Gate, ...]:
    """The gates that an execution of the trigger for this event has to pass, that of its order
    first; its singleton's is not among them."""
    found = []
    if limits.in_order is not None:
        found.append(_gate("order", trigger_id, limits.in_order.key, subject, 1))
    for cap in limits.concurrency:
        scope: Scope = "trigger" if cap.key is None else "key"
        found.append(_gate(scope, trigger_id, cap.key, subject, cap.most))
    return tuple(found)


def singleton_of(limits: Limits, trigger_id: UUID, subject: Subject) -> Gate | None:
    """The gate in which one execution may be until it has ended; None: there is no such limit."""
    if limits.singleton is None:
        return None
    return _gate("singleton", trigger_id, limits.singleton.key, subject, 1)


def gate_of_workflow(workflow_id: UUID, most: int) -> Gate:
    """The gate of all executions of a workflow, whichever trigger asks for them."""
    return Gate(_gate_id("workflow", workflow_id, None), "workflow", workflow_id, None, most)


def still_limited(gate: Gate, limits: Limits) -> Gate | None:
    """A gate of a trigger as its present limits have it; None: they know it no more."""
    if gate.scope == "order":
        kept = limits.in_order is not None and _is_of(gate, limits.in_order.key)
        return gate if kept else None
    caps = (cap for cap in limits.concurrency if _is_of(gate, cap.key))
    return next((Gate(gate.id, gate.scope, gate.subject_id, gate.key, cap.most) for cap in caps),
                None)  # fmt: skip


def _is_of(gate: Gate, key: Key | None) -> bool:
    if key is None or gate.key is None:
        return key is None and gate.key is None
    return gate.key.startswith(_shown(key, ""))


def _gate(scope: Scope, trigger_id: UUID, key: Key | None, subject: Subject, most: int) -> Gate:
    shown = None if key is None else _shown(key, key.value_of(subject))
    return Gate(_gate_id(scope, trigger_id, shown), scope, trigger_id, shown, most)


def lanes_before(trigger_id: UUID, key: str | None) -> tuple[UUID, ...] | None:
    """The lanes out of which events come to an order of this key, as it is shown; None: out of any
    lane of the trigger. A limit's key is the order's, if it has one: so it is the value alone."""
    if key is None:
        return None
    parts = key.split(_IS)
    values = [_IS.join(parts[place:]) for place in range(1, len(parts))]
    return tuple(lane_id(trigger_id, why, value) for why in _IN_LINE for value in (None, *values))


def _shown(key: Key, value: str) -> str:
    return f"{key.text}{_IS}{value}"


def _gate_id(scope: Scope, subject_id: UUID, key: str | None) -> UUID:
    return derived_id(subject_id, "gate", scope, *(() if key is None else (key,)))


@dataclass(frozen=True, slots=True)
class Candidate:
    """An execution that is due, with the gates that it has to pass."""

    id: UUID
    gates: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class GateNow:
    """How it stands at a gate whose row is locked: `places` that are free, and who `waits` there
    (the oldest, as many as there are places). Of an order: whose `turn` it is, if anybody's."""

    ordered: bool
    places: int = 0
    waits: tuple[UUID, ...] = ()
    turn: UUID | None = None


@dataclass(frozen=True, slots=True)
class Passed:
    """Who may run, and of the others at which gate each waits, and for what."""

    through: tuple[UUID, ...]
    held: Mapping[UUID, tuple[WaitsFor, UUID]]


def let_through(candidates: Sequence[Candidate], gates: Mapping[UUID, GateNow]) -> Passed:
    """Who of the `candidates` (oldest first) may run now. Nobody passes someone older who waits at
    the same gate: a free place is kept for them. A gate that is not in `gates` is gone, and holds
    nobody back."""
    ours = {one.id for one in candidates}
    taken = dict.fromkeys(gates, 0)
    through: list[UUID] = []
    held: dict[UUID, tuple[WaitsFor, UUID]] = {}
    for one in candidates:
        present = [gate_id for gate_id in one.gates if gate_id in gates]
        closed = _first_closed(one.id, present, gates, taken, ours)
        if closed is not None:
            held[one.id] = ("order" if gates[closed].ordered else "concurrency", closed)
            continue
        through.append(one.id)
        for gate_id in present:
            taken[gate_id] += 1
    return Passed(tuple(through), held)


def _first_closed(
    execution_id: UUID,
    present: Iterable[UUID],
    gates: Mapping[UUID, GateNow],
    taken: Mapping[UUID, int],
    ours: set[UUID],
) -> UUID | None:
    for gate_id in present:
        gate = gates[gate_id]
        if gate.ordered:
            is_open = gate.turn == execution_id
        else:
            before = sum(other < execution_id and other not in ours for other in gate.waits)
            is_open = gate.places - taken[gate_id] - before > 0
        if not is_open:
            return gate_id
    return None
