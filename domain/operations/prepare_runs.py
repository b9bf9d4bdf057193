"""Gathers what claimed executions need to run: versions, events, secrets, steps already done."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import msgspec

from domain.encryption import CannotOpen, Vault, secret_row
from domain.engines.http_step import content_of, facts_on_record
from domain.engines.plan import Failed, Run
from domain.logs import logger
from domain.operations.compiled_versions import CompiledVersions, CompiledWorkflow
from domain.rules.placeholders import EventFacts, RenderContext, StepFacts, TriggerFacts
from domain.rules.retries import RetryPolicy
from domain.store import events, executions, versions
from domain.store.database import Row, Unavailable

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A claimed execution, ready to run; or, instead of the run, why it cannot."""

    row: Row
    run: Run | Failed
    policy: RetryPolicy


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
        done = await _done_steps([row["id"] for row in rows if row["attempt"] > 1])
        prepared = []
        for row in rows:
            workflow = workflows.get(row["workflow_version_id"])
            trigger = triggers.get(row["trigger_version_id"])
            event = contexts.get(row["event_id"])
            run = await self._run(row, workflow, event, done[row["id"]])
            prepared.append(Prepared(row, run, trigger.retry if trigger else RetryPolicy()))
        return prepared

    async def _run(
        self, row: Row, workflow: CompiledWorkflow | None, event: Row | None, done: dict[str, Any]
    ) -> Run | Failed:
        """The run of one execution. A fault in one must not stop its neighbours."""
        if workflow is None:
            return _cannot_run("unreadable_version", "The workflow version cannot be read.")
        if event is None:
            return _cannot_run("event_gone", "The event is past its retention.")
        try:
            return _run(row, workflow, event, await self._secrets(row["team_id"], workflow), done)
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


async def _done_steps(ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    done: dict[UUID, dict[str, Any]] = defaultdict(dict)
    for row in await executions.finished_steps(ids) if ids else ():
        done[row["execution_id"]][row["key"]] = msgspec.json.decode(row["response"] or "null")
    return done


def _cannot_run(reason: str, message: str) -> Failed:
    return Failed(reason, message, retryable=False, results=())


def _run(
    row: Row,
    workflow: CompiledWorkflow,
    event: Row,
    secrets: Mapping[str, str],
    done: Mapping[str, Any],
) -> Run:
    steps: dict[str, StepFacts] = {key: facts_on_record(value) for key, value in done.items()}
    return Run(
        execution_id=row["id"],
        steps=workflow.steps,
        context=RenderContext(
            event=event_facts(event),
            trigger=TriggerFacts(str(event["trigger_id"]), event["trigger_name"], event["kind"]),
            steps=steps,
            secrets=secrets,
        ),
        secrets=secrets,
        done=done,
        after_loss=row["reason"] in {"worker_lost", "worker_stopped"},
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
