"""A workflow's pages: what runs, what its draft would change, and one version beside another."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from domain.rules.json_values import JsonValue
from domain.store.pages_workflows import TriggerOfWorkflow, VersionListed
from domain.store.workflows import Contents, WorkflowRow
from web.presenters.differences import Difference
from web.presenters.inputs import InputShown, inputs_shown
from web.presenters.policies import policy_shown
from web.presenters.samples import stored_json
from web.presenters.steps import StepShown, steps_shown, workflow_differences


@dataclass(frozen=True, slots=True)
class WorkflowShown:
    """A workflow with the steps that run, the inputs they take and the policy they run under, those
    of its draft, and what publishing that changes."""

    row: WorkflowRow
    steps: tuple[StepShown, ...]
    draft_steps: tuple[StepShown, ...]
    changes: tuple[Difference, ...]
    inputs: tuple[InputShown, ...]
    draft_inputs: tuple[InputShown, ...]
    policy: tuple[tuple[str, str], ...]
    draft_policy: tuple[tuple[str, str], ...]

    @property
    def template_version(self) -> int | None:
        """The version of its template that is in the draft, or else in what runs."""
        shown = self.row.draft or self.row.published
        return shown.template_version if shown else None

    def held_back(self, triggers: Iterable[TriggerOfWorkflow]) -> int:
        """How many of the triggers are pinned to an older version than the one that is current."""
        return sum(
            each.pinned_version is not None and each.pinned_version != self.row.version
            for each in triggers
        )


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions and what differs between their steps."""

    older: VersionListed
    newer: VersionListed
    changes: tuple[Difference, ...]


def workflow_shown(row: WorkflowRow) -> WorkflowShown:
    """The workflow with its steps read."""
    published, draft = row.published, row.draft
    return WorkflowShown(
        row,
        steps=steps_shown(stored_json(row.steps)),
        draft_steps=steps_shown(stored_json(row.draft_steps)),
        changes=contents_differences(published, draft) if published and draft else (),
        inputs=inputs_shown(row.input_schema),
        draft_inputs=inputs_shown(row.draft_input_schema if draft else None),
        policy=policy_shown(row.policy),
        draft_policy=policy_shown(row.draft_policy if draft else None),
    )


def compared(older: VersionListed, newer: VersionListed) -> Comparison:
    """What publishing `newer` changed of `older`."""
    before = Contents(older.steps, older.input_schema, policy=older.policy)
    after = Contents(newer.steps, newer.input_schema, policy=newer.policy)
    return Comparison(older, newer, contents_differences(before, after))


def contents_differences(before: Contents, after: Contents) -> tuple[Difference, ...]:
    """What differs between two versions."""
    return workflow_differences(_json(before), _json(after))


def _json(contents: Contents) -> Mapping[str, JsonValue]:
    """A version as it is compared. No schema or policy is told as one that was added or removed."""
    told: dict[str, JsonValue] = {"steps": stored_json(contents.steps)}
    parts = {"input_schema": stored_json(contents.input_schema)}
    parts["policy"] = stored_json(contents.policy) or None
    return {**told, **{name: part for name, part in parts.items() if part is not None}}
