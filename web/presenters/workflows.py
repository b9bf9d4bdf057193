"""A workflow's pages: what runs, what its draft would change, and one version beside another."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.rules.json_values import JsonValue
from domain.store.pages_workflows import VersionListed
from domain.store.workflows import WorkflowRow
from web.presenters.differences import Difference
from web.presenters.samples import stored_json
from web.presenters.steps import StepShown, steps_shown, workflow_differences


@dataclass(frozen=True, slots=True)
class WorkflowShown:
    """A workflow with the steps that run, those of its draft, and what publishing that changes."""

    row: WorkflowRow
    steps: tuple[StepShown, ...]
    draft_steps: tuple[StepShown, ...]
    changes: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions and what differs between their steps."""

    older: VersionListed
    newer: VersionListed
    changes: tuple[Difference, ...]


def workflow_shown(row: WorkflowRow) -> WorkflowShown:
    """The workflow with its steps read."""
    published, draft = stored_json(row.steps), stored_json(row.draft_steps)
    compared = published is not None and draft is not None
    changes = workflow_differences(_steps(published), _steps(draft)) if compared else ()
    return WorkflowShown(row, steps_shown(published), steps_shown(draft), changes)


def compared(older: VersionListed, newer: VersionListed) -> Comparison:
    """What publishing `newer` changed of `older`."""
    before, after = _steps(stored_json(older.steps)), _steps(stored_json(newer.steps))
    return Comparison(older, newer, workflow_differences(before, after))


def _steps(steps: JsonValue) -> Mapping[str, JsonValue]:
    return {"steps": steps}
