"""A workflow's page: its steps in short, and its versions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from domain.rules.workflow_steps import DEFAULT_TIMEOUT_S
from domain.store.pages_workflows import VersionListed
from domain.store.workflows import WorkflowRow
from web.presenters.payload import pretty
from web.presenters.samples import stored_json


@dataclass(frozen=True, slots=True)
class StepSummary:
    """A step in a line."""

    key: str
    method: str
    url: str
    timeout: str


@dataclass(frozen=True, slots=True)
class WorkflowShown:
    """A workflow with the steps that run, and those of its draft."""

    row: WorkflowRow
    steps: tuple[StepSummary, ...]
    draft_steps: tuple[StepSummary, ...]


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version with its steps laid out for reading."""

    version: VersionListed
    steps: str


def workflow_shown(row: WorkflowRow) -> WorkflowShown:
    """The workflow with its steps read."""
    return WorkflowShown(row, _summaries(row.steps), _summaries(row.draft_steps))


def version_rows(versions: Sequence[VersionListed]) -> list[VersionRow]:
    """The versions of a workflow."""
    return [VersionRow(version, pretty(version.steps)) for version in versions]


def _summaries(text: str | None) -> tuple[StepSummary, ...]:
    steps = stored_json(text)
    return tuple(_summary(step) for step in steps) if isinstance(steps, list) else ()


def _summary(step: dict[str, Any]) -> StepSummary:
    return StepSummary(
        key=str(step.get("key", "")),
        method=str(step.get("method", "POST")),
        url=str(step.get("url", "")),
        timeout=f"{float(step.get('timeout_s', DEFAULT_TIMEOUT_S)):g} s",
    )
