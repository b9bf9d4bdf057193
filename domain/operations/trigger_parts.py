"""What creating and editing a trigger have in common: reading its parts and making its versions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.errors import InvalidInput, Problem
from domain.operations.trigger_sources import Source
from domain.rules.bodies import read_json, read_stored
from domain.rules.checking import Problems
from domain.rules.conditions import parse_conditions
from domain.rules.expectations import parse_expectation
from domain.rules.ids import new_id
from domain.rules.json_values import write_json
from domain.rules.limits import check_kind, parse_limits
from domain.rules.retries import parse_retry
from domain.store import workflows
from domain.store.triggers import NewVersion, Pin, TriggerRow

MOST_FAILURES = 1_000
"""The most executions that fail in a row before a trigger switches itself off."""


@dataclass(frozen=True, slots=True)
class TriggerParts:
    """The parts of a trigger version, checked."""

    source: Source
    conditions: Any
    limits: Mapping[str, Any]
    retry: Mapping[str, Any]


def parse_parts(
    source: Callable[[], Source],
    conditions: Any,
    limits: Mapping[str, Any],
    retry: Mapping[str, Any],
    *,
    expected_by: Any = None,
    found: Sequence[Problem] = (),
) -> TriggerParts:
    """Check all parts of a trigger; `source` reads its config. Raises InvalidInput with every
    problem in any of them, and those that were `found` before."""
    problems = Problems()
    for problem in found:
        problems.add(problem.field, problem.message)
    read = problems.attempt(source)
    problems.attempt(lambda: parse_conditions(conditions))
    problems.attempt(lambda: parse_retry(retry))
    if expected_by is not None:
        problems.attempt(lambda: parse_expectation(expected_by))
    limited = problems.attempt(lambda: parse_limits(limits))
    if read is not None and limited is not None:
        problems.attempt(lambda: check_kind(limited, read.kind))
    problems.raise_any()
    assert read is not None  # or its problems were raised
    return TriggerParts(read, conditions, limits, retry)


def disable_after_problems(value: Any) -> list[Problem]:
    """What is wrong with after how many failures in a row a trigger is switched off (None: it never
    is)."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    if value is None or (whole and 1 <= value <= MOST_FAILURES):
        return []
    return [Problem("disable_after", f"must be a whole number from 1 to {MOST_FAILURES:,}")]


def new_version(
    parts: TriggerParts, number: int, workflow_id: UUID, pin: Pin | None, created_by: str
) -> NewVersion:
    """A version about to be stored."""
    return NewVersion(
        id=new_id(),
        number=number,
        workflow_id=workflow_id,
        pin=pin,
        watch=parts.source.watch,
        config=_json(parts.source.config),
        conditions=None if parts.conditions is None else _json(parts.conditions),
        limits=_json(dict(parts.limits)),
        retry=_json(dict(parts.retry)),
        created_by=created_by,
    )


def _json(value: Any) -> str:
    return write_json(value).decode()


async def require_workflow(team_id: UUID, workflow_id: UUID, pinned: int | None) -> Pin | None:
    """The version of the workflow that `pinned` names, if it does. Raises InvalidInput unless the
    team has this workflow, published, and the version.

    Within a transaction: the workflow stays locked, so nobody deletes it under the new trigger.
    """
    found = await workflows.lock_workflow(team_id, workflow_id)
    if found is None:
        raise InvalidInput.at("workflow_id", "there is no such workflow")
    if found.version is None:
        raise InvalidInput.at("workflow_id", "this workflow is a draft: publish it first")
    if pinned is None:
        return None
    version_id = await workflows.version_id_of(team_id, workflow_id, pinned)
    if version_id is None:
        raise InvalidInput.at("pinned_version", "the workflow has no such version")
    return Pin(pinned, version_id)


def trigger_facts(row: TriggerRow) -> dict[str, Any]:
    """What an audit entry keeps of a trigger."""
    return {
        "name": row.name,
        "kind": row.kind,
        "enabled": row.enabled,
        "workflow_id": row.workflow_id,
        "pinned_version": row.pinned_version,
        "version": row.version,
        "config": read_json(row.config.encode()),
        "conditions": read_stored(row.conditions),
        "limits": read_json(row.limits.encode()),
        "retry": read_json(row.retry.encode()),
        "expected_by": read_stored(row.expected_by),
        "disable_after": row.disable_after,
        **({} if row.enabled else {"holds": row.holds}),
    }
