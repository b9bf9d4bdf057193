"""Make replays, of one execution or of many: from locked originals to what is queued."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from domain.operations.compiled_versions import CompiledVersions, CompiledWorkflow
from domain.operations.replay_gates import Asked, pass_all
from domain.rules.replays import Original, Plan, ReplayOptions, replay_id_for, why_not
from domain.store import replays
from domain.store.database import Row
from domain.store.replays import NewReplay

NO_PLACE = "Its trigger lets only one run at a time, and another one runs."


@dataclass(frozen=True, slots=True)
class Edited:
    """An event that takes the place of the original's, and the execution that it starts."""

    event_id: UUID
    execution_id: UUID
    body: bytes


@dataclass(frozen=True, slots=True)
class Made:
    """The replays that were queued, by their originals, and why others were not, in sentences."""

    replays: dict[UUID, UUID] = field(default_factory=dict)
    refused: dict[UUID, str] = field(default_factory=dict)


async def make_replays(
    rows: Sequence[Row],
    options: ReplayOptions,
    versions: CompiledVersions,
    *,
    bulk_id: UUID | None = None,
    edited: Edited | None = None,
) -> Made:
    """Queue replays of the team's executions that this transaction has locked (`lock_originals`).
    With `edited` it is the only one, and runs with that event."""
    made = Made()
    if not rows:
        return made
    done = await _done_steps(rows)
    workflows = await versions.workflows(
        {row["workflow_version_id"] for row in rows if row["workflow_version_id"]}
    )
    asked: list[Asked] = []
    for row in rows:
        steps = done.get(row["execution_id"], ())
        workflow = workflows.get(row["workflow_version_id"])
        told = why_not(_original(row, steps), options, _plan(workflow))
        if told is not None:
            made.refused[row["execution_id"]] = told
        else:
            taken_over = steps if options.start == "failed_step" else ()
            new = _new(row, taken_over, bulk_id, edited)
            asked.append(Asked(row, new, edited.body if edited else None))
    passed = await pass_all(asked, versions)
    let_through = {one.new.id for one in passed}
    made.refused.update(
        {one.row["execution_id"]: NO_PLACE for one in asked if one.new.id not in let_through}
    )
    known = await replays.add_replays(rows[0]["team_id"], [one.new for one in passed])
    made.replays.update({one.new.original_id: one.new.id for one in passed if one.new.id in known})
    return made


async def _done_steps(rows: Sequence[Row]) -> Mapping[UUID, tuple[Row, ...]]:
    found: dict[UUID, tuple[Row, ...]] = {}
    ids = [row["execution_id"] for row in rows]
    for step in await replays.done_steps(rows[0]["team_id"], ids):
        found[step["execution_id"]] = (*found.get(step["execution_id"], ()), step)
    return found


def _original(row: Row, steps: Sequence[Row]) -> Original:
    return Original(
        state=row["state"],
        replays=row["replays"],
        workflow_deleted=row["workflow_deleted"],
        workflow_version=row["workflow_version"],
        has_event=row["size"] is not None,
        done=tuple(step["key"] for step in steps),
        cut=frozenset(step["key"] for step in steps if step["cut"]),
    )


def _plan(workflow: CompiledWorkflow | None) -> Plan | None:
    if workflow is None:
        return None
    refers_to = tuple(frozenset(step.references.steps) for step in workflow.steps)
    return Plan(tuple(step.key for step in workflow.steps), refers_to)


def _new(
    row: Row, taken_over: Sequence[Row], bulk_id: UUID | None, edited: Edited | None
) -> NewReplay:
    number = row["replays"] + 1
    new = NewReplay(
        id=replay_id_for(row["execution_id"], number),
        original_id=row["execution_id"],
        number=number,
        event_id=row["id"],
        workflow_version_id=row["workflow_version_id"],
        workflow_version=row["workflow_version"],
        bulk_id=bulk_id,
        taken_over=tuple(taken_over),
    )
    if edited is None:
        return new
    return replace(new, id=edited.execution_id, event_id=edited.event_id)
