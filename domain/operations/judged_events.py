"""An event with its verdict, on its way through the decide pass, and as it is stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from domain.operations.compiled_versions import CompiledTrigger
from domain.rules.subjects import Subject
from domain.rules.traces import Judgement
from domain.store import decisions
from domain.store.database import Row
from domain.store.decisions import NewDecision, NewExecution
from domain.store.events import NewEvent
from domain.store.executions import execution_id_for
from domain.store.jsonb import json_text


@dataclass(frozen=True, slots=True)
class Judged:
    """An event with its verdict, and the judgement that it comes from (or else what the trace
    says). `claim` is the sender's id found inside its body, if any. `trigger` and `subject` are
    there where its conditions were asked; `gates` and `deadline_s` are what it starts with.
    `batched_into` is the event that starts what this one asks for, with those of others.
    `execution_id` is that of what it starts, where that does not follow from the event: a replay's.
    """

    row: Row
    verdict: str
    reason: str | None
    trace: Mapping[str, object]
    judgement: Judgement | None = None
    claim: NewEvent | None = None
    trigger: CompiledTrigger | None = None
    subject: Subject | None = None
    gates: tuple[UUID, ...] = ()
    deadline_s: float | None = None
    batched_into: UUID | None = None
    execution_id: UUID | None = None

    @property
    def starts(self) -> bool:
        """Whether an execution of its own is to start."""
        return self.verdict == "fired" and self.batched_into is None


def new_decision(one: Judged, *, later: bool = False) -> NewDecision:
    """The judged event as its decision is stored; `later` as the one that ends its wait."""
    row = one.row
    id_for = decisions.later_decision_id_for if later else decisions.decision_id_for
    return NewDecision(
        id=id_for(row["id"], row["trigger_id"]),
        team_id=row["team_id"],
        event_id=row["id"],
        trigger_id=row["trigger_id"],
        trigger_version_id=row["trigger_version_id"],
        trigger_version=row["trigger_version"],
        verdict=one.verdict,
        reason=one.reason,
        trace=json_text(one.trace),
        execution_id=execution_id_of(one) if one.verdict == "fired" else None,
    )


def execution_id_of(one: Judged) -> UUID:
    """The id of the execution that the event starts, with others or alone."""
    if one.execution_id is not None:
        return one.execution_id
    return execution_id_for(one.batched_into or one.row["id"], one.row["workflow_id"])


def new_execution(one: Judged) -> NewExecution:
    """What an event that fired starts."""
    row = one.row
    return NewExecution(
        id=execution_id_of(one),
        team_id=row["team_id"],
        event_id=row["id"],
        trigger_id=row["trigger_id"],
        trigger_version_id=row["trigger_version_id"],
        workflow_id=row["workflow_id"],
        workflow_version_id=row["workflow_version_id"],
        workflow_version=row["workflow_version"],
        gates=one.gates,
        deadline_s=one.deadline_s,
    )
