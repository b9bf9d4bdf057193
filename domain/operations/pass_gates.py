"""Gates in the decide pass: what an execution has to pass once it is due, and singletons, of which
no second one starts.

A singleton is looked at under the lock of its gate, which is held until the decisions are on
record: so of two passes that decide events of the same one the second sees what the first began.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from domain.operations.compiled_versions import CompiledVersions, CompiledWorkflow
from domain.operations.judged_events import Judged, execution_id_of
from domain.rules.gates import Gate, gate_of_workflow, gates_of, singleton_of
from domain.rules.limits import NO_LIMITS
from domain.rules.permissions import Actor
from domain.store import audit, executions, gates
from domain.store.slots import SUPERSEDED

ALREADY_RUNNING = "already_running"


async def skip_running(judged: Sequence[Judged]) -> list[Judged]:
    """The same, where those whose singleton runs already are skipped, before they could wait for
    anything or be counted by a limit. What `gates_for` says in the end it says again, under the
    lock. Here nothing is locked: lanes come before gates, or two passes could wait in a circle."""
    wanted = [one for one in judged if one.starts and _skips(one)]
    if not wanted:
        return list(judged)
    inside = await _not_ended(wanted)
    return [_skipped(one, inside) if one.starts and _skips(one) else one for one in judged]


async def gates_for(judged: Sequence[Judged], versions: CompiledVersions) -> list[Judged]:
    """The same, where those that fire have the gates of their executions: what becomes of their
    singletons is settled, and the gates are there. Within the transaction of the decisions, after
    everything else that is decided about them. Costs nothing where there are no gates."""
    started = {_capped_by(one) for one in judged if one.starts}
    if not started:
        return list(judged)
    workflows = await versions.workflows(started)
    if not any(_needs_gates(one, workflows) for one in judged):
        return list(judged)
    settled = await _settle_singletons(judged)
    needed = {one.row["id"]: _gates(one, workflows) for one in settled if one.starts}
    await gates.keep(
        [(one.row["team_id"], gate) for one in settled for gate in needed.get(one.row["id"], ())]
    )
    return [
        replace(one, gates=tuple(gate.id for gate in needed.get(one.row["id"], ())))
        for one in settled
    ]


def _needs_gates(one: Judged, workflows: Mapping[UUID, CompiledWorkflow]) -> bool:
    if not one.starts:
        return False
    limits = one.trigger.limits if one.trigger is not None else NO_LIMITS
    workflow = workflows.get(_capped_by(one))
    return bool(
        limits.in_order
        or limits.concurrency
        or limits.singleton
        or (workflow is not None and workflow.policy.concurrency)
    )


def _capped_by(one: Judged) -> UUID:
    """The version whose policy says how many executions of the workflow may run at once: the one
    that is published, whichever runs. All of them pass one gate, and it has one size."""
    version_id: UUID = one.row["published_version_id"] or one.row["workflow_version_id"]
    return version_id


def _gates(one: Judged, workflows: Mapping[UUID, CompiledWorkflow]) -> tuple[Gate, ...]:
    found: tuple[Gate, ...] = ()
    if one.trigger is not None and one.subject is not None:
        found = gates_of(one.trigger.limits, one.row["trigger_id"], one.subject)
    workflow = workflows.get(_capped_by(one))
    if workflow is not None and workflow.policy.concurrency is not None:
        found += (gate_of_workflow(one.row["workflow_id"], workflow.policy.concurrency),)
    singleton = _singleton(one)
    return found if singleton is None else (*found, singleton)


def _singleton(one: Judged) -> Gate | None:
    if one.trigger is None or one.subject is None:
        return None
    return singleton_of(one.trigger.limits, one.row["trigger_id"], one.subject)


def _skips(one: Judged) -> bool:
    singleton = one.trigger.limits.singleton if one.trigger is not None else None
    return singleton is not None and singleton.mode == "skip"


async def _settle_singletons(judged: Sequence[Judged]) -> list[Judged]:
    """Of each singleton at most one starts: the first where others are skipped, else the last, and
    whoever is in it then is canceled."""
    wanted = [one for one in judged if one.starts and _singleton(one) is not None]
    if not wanted:
        return list(judged)
    inside = await _who_is_in(wanted)
    told: dict[UUID, Judged] = {}
    for one in sorted(wanted, key=lambda each: each.row["id"]):
        gate_id, execution_id = _gate_id(one), execution_id_of(one)
        others = [each for each in inside.get(gate_id, ()) if each != execution_id]
        if _skips(one):
            told[one.row["id"]] = _skipped(one, inside)
            if not others:
                inside[gate_id] = [execution_id]
            continue
        for before in (each for each in wanted if execution_id_of(each) in others):
            told[before.row["id"]] = _kept_out(before, SUPERSEDED, execution_id)
        told[one.row["id"]] = one
        inside[gate_id] = [*inside.get(gate_id, ()), execution_id]
    await _cancel_superseded(wanted, told, inside)
    return [told.get(one.row["id"], one) for one in judged]


async def _cancel_superseded(
    wanted: Sequence[Judged], told: Mapping[UUID, Judged], inside: Mapping[UUID, Sequence[UUID]]
) -> None:
    """End the executions whose place a later one takes. Audited: nobody asked for it by hand."""
    new = {execution_id_of(one) for one in wanted}
    for one in wanted:
        if _skips(one) or not told[one.row["id"]].starts:
            continue
        others = [each for each in inside.get(_gate_id(one), ()) if each not in new]
        ended = await executions.cancel(one.row["team_id"], others, SUPERSEDED) if others else []
        actor = Actor(one.row["team_id"], "system", None, "Signalbox", "admin")
        after = {"reason": SUPERSEDED, "superseded_by": str(execution_id_of(one))}
        for execution_id in ended:
            await audit.record(actor, "cancel", "execution", execution_id, after=after)


async def _who_is_in(wanted: Sequence[Judged]) -> dict[UUID, list[UUID]]:
    """By singleton, locked from now on, the executions that have not ended."""
    found = [(one.row["team_id"], gate) for one in wanted if (gate := _singleton(one)) is not None]
    await gates.keep(found)
    await gates.lock_singletons(sorted({gate.id for _, gate in found}))
    return await _not_ended(wanted)


async def _not_ended(wanted: Sequence[Judged]) -> dict[UUID, list[UUID]]:
    """By singleton, the executions that have not ended."""
    ids = sorted({_gate_id(one) for one in wanted})
    inside: dict[UUID, list[UUID]] = {}
    for row in await gates.not_ended(ids):
        for gate_id in set(row["gates"]).intersection(ids):
            inside.setdefault(gate_id, []).append(row["id"])
    return inside


def _gate_id(one: Judged) -> UUID:
    gate = _singleton(one)
    assert gate is not None  # Only those that have one are asked.
    return gate.id


def _skipped(one: Judged, inside: Mapping[UUID, Sequence[UUID]]) -> Judged:
    others = [each for each in inside.get(_gate_id(one), ()) if each != execution_id_of(one)]
    return _kept_out(one, ALREADY_RUNNING, others[0]) if others else one


def _kept_out(one: Judged, reason: str, by: UUID) -> Judged:
    gate = _singleton(one)
    told = {"key": gate.key if gate else None, "execution_id": str(by)}
    return replace(
        one, verdict="rate_limited", reason=reason, trace={**one.trace, "singleton": told}
    )
