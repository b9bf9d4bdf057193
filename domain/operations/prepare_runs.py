"""Gathers what claimed executions need to run: versions, events, secrets, steps already done."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import msgspec

from domain.encryption import CannotOpen, Vault, secret_row
from domain.engines.http_step import content_of, facts_on_record
from domain.engines.plan import Failed, Run
from domain.logs import logger
from domain.operations.compiled_versions import CompiledVersions, CompiledWorkflow
from domain.rules.failures import UNSEEN_ENDS
from domain.rules.placeholders import EventFacts, RenderContext, StepFacts, TriggerFacts
from domain.rules.policies import retry_policy
from domain.rules.retries import RetryPolicy
from domain.store import events, executions, versions
from domain.store.database import Row, Unavailable

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A claimed execution, ready to run; or, instead of the run, why it cannot. Beside it, what its
    trigger and its workflow say about retries, if they do."""

    row: Row
    run: Run | Failed
    of_trigger: RetryPolicy | None
    of_workflow: RetryPolicy | None

    def policy_at(self, position: int) -> RetryPolicy:
        """How often the step there is tried."""
        steps = self.run.steps if isinstance(self.run, Run) else ()
        step = steps[position].retry if position < len(steps) else None
        return retry_policy(step, self.of_trigger, self.of_workflow)


class RunPreparer:
    """Prepares claimed executions, many with few queries."""

    def __init__(self, compiled: CompiledVersions, vault: Vault) -> None:
        self._compiled = compiled
        self._vault = vault

    async def prepare(self, rows: Sequence[Row]) -> list[Prepared]:
        """Everything that running `rows` needs, in their order."""
        workflows = await self._compiled.workflows({row["workflow_version_id"] for row in rows})
        triggers = await self._compiled.triggers({row["trigger_version_id"] for row in rows})
        contexts = {e["id"]: e for e in await events.contexts([row["event_id"] for row in rows])}
        earlier = await _earlier_steps(
            [row["id"] for row in rows if row["attempt"] > 1 or row["replay_of"]]
        )
        prepared = []
        for row in rows:
            workflow = workflows.get(row["workflow_version_id"])
            trigger = triggers.get(row["trigger_version_id"])
            event = contexts.get(row["event_id"])
            run = await self._run(row, workflow, event, earlier[row["id"]])
            of_trigger = trigger.retry if trigger else None
            of_workflow = workflow.policy.retry if workflow else None
            prepared.append(Prepared(row, run, of_trigger, of_workflow))
        return prepared

    async def _run(
        self, row: Row, workflow: CompiledWorkflow | None, event: Row | None, earlier: "_Earlier"
    ) -> Run | Failed:
        """The run of one execution. A fault in one must not stop its neighbours."""
        if workflow is None:
            return _cannot_run("unreadable_version", "The workflow version cannot be read.")
        if event is None:
            return _cannot_run("event_gone", "The event is past its retention.")
        try:
            secrets = await self._secrets(row["team_id"], workflow)
            return _run(row, workflow, event, secrets, earlier)
        except Unavailable:
            raise
        except Exception:
            log.exception("cannot_prepare", execution_id=str(row["id"]))
            return _cannot_run("internal", "Signalbox could not prepare this execution.")

    async def _secrets(self, team_id: UUID, workflow: CompiledWorkflow) -> dict[str, str]:
        names = {name for step in workflow.steps for name in step.references.secrets}
        if not names:
            return {}
        rows = await versions.secrets(team_id, sorted(names))
        opened = ((row["name"], self._open(team_id, row)) for row in rows)
        return {name: value for name, value in opened if value is not None}

    def _open(self, team_id: UUID, row: Row) -> str | None:
        try:
            return self._vault.open(row["ciphertext"], secret_row(team_id, row["id"]))
        except CannotOpen:
            return None  # as if it were not there: the step fails and names the placeholder


@dataclass(frozen=True, slots=True)
class _Earlier:
    """What earlier attempts have done, and what they may have."""

    done: dict[str, Any] = field(default_factory=dict)
    unsure: set[str] = field(default_factory=set)


async def _earlier_steps(ids: Sequence[UUID]) -> dict[UUID, _Earlier]:
    earlier: dict[UUID, _Earlier] = defaultdict(_Earlier)
    for row in await executions.earlier_steps(ids) if ids else ():
        one = earlier[row["execution_id"]]
        if row["done"]:
            one.done[row["key"]] = msgspec.json.decode(row["response"] or "null")
        else:
            one.unsure.add(row["key"])
    return earlier


def _cannot_run(reason: str, message: str) -> Failed:
    return Failed(reason, message, retryable=False, results=())


def _run(
    row: Row,
    workflow: CompiledWorkflow,
    event: Row,
    secrets: Mapping[str, str],
    earlier: _Earlier,
) -> Run:
    steps: dict[str, StepFacts] = {
        key: facts_on_record(value) for key, value in earlier.done.items()
    }
    return Run(
        execution_id=row["id"],
        team_id=row["team_id"],
        steps=workflow.steps,
        context=RenderContext(
            event=event_facts(event),
            trigger=TriggerFacts(str(event["trigger_id"]), event["trigger_name"], event["kind"]),
            steps=steps,
            secrets=secrets,
        ),
        secrets=secrets,
        done=earlier.done,
        after_loss=row["reason"] in UNSEEN_ENDS,
        unsure=earlier.unsure,
        deadline=row["deadline_at"],
    )


def event_facts(event: Row) -> EventFacts:
    """A stored event as placeholders know it."""
    headers: list[tuple[str, str]] = msgspec.json.decode(event["headers"])
    return EventFacts(
        id=str(event["id"]),
        received_at=event["received_at"],
        body=content_of(event["body"], event["content_type"]),
        headers={name.lower(): value for name, value in headers},
        query=dict(parse_qsl(event["query"], keep_blank_values=True)),
    )
