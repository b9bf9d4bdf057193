"""Templates of workflows, and what is new in them, as people read it."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.operations.foresee_template_update import TemplateUpdate
from domain.rules.template_updates import SCHEMA, PartUpdate
from domain.rules.workflow_steps import parse_steps, references_in
from domain.store.templates import TemplateRow, TemplateVersion
from web.presenters.differences import Difference
from web.presenters.inputs import InputShown, inputs_shown
from web.presenters.samples import stored_json
from web.presenters.steps import StepShown, steps_shown
from web.presenters.workflows import contents_differences

_CHANGES = {"added": "New in the template", "changed": "Changed in the template",
            "removed": "Gone from the template"}  # fmt: skip
_OUTCOMES = {
    ("added", "taken"): "It is added here.",
    ("changed", "taken"): "It is changed here, too.",
    ("removed", "taken"): "It is removed here, too.",
    ("added", "here_already"): "It is here already.",
    ("changed", "here_already"): "It is so here already.",
    ("removed", "here_already"): "It is gone here already.",
    ("added", "conflict"): "Another one of this name is here: it stays, unless this is ticked.",
    ("changed", "conflict"): "It was changed here, too: it stays as it is here, unless this is "
    "ticked.",
    ("removed", "conflict"): "It was changed here: it stays, unless this is ticked.",
}


@dataclass(frozen=True, slots=True)
class VersionShown:
    """A version of a template, with what differs from the one before it (None: the first)."""

    version: TemplateVersion
    changes: tuple[Difference, ...] | None


@dataclass(frozen=True, slots=True)
class TemplateShown:
    """A template with its newest steps and inputs, and the names of the secrets they need."""

    row: TemplateRow
    steps: tuple[StepShown, ...]
    inputs: tuple[InputShown, ...]
    secrets: tuple[str, ...]
    versions: tuple[VersionShown, ...]


def template_shown(row: TemplateRow, versions: Sequence[TemplateVersion]) -> TemplateShown:
    """The template; `versions` are its own, newest first."""
    newest = versions[0].contents
    older = [*versions[1:], None]
    steps = stored_json(newest.steps)
    return TemplateShown(
        row,
        steps_shown(steps),
        inputs_shown(newest.input_schema),
        tuple(sorted(references_in(parse_steps(steps)).secrets)),
        tuple(
            VersionShown(
                each, contents_differences(before.contents, each.contents) if before else None
            )
            for each, before in zip(versions, older, strict=True)
        ),
    )


@dataclass(frozen=True, slots=True)
class PartShown:
    """A part that the template changed. `take` is the field that lets the template win, empty
    where nothing is to be decided."""

    what: str
    change: str
    outcome: str
    take: str
    ticked: bool


@dataclass(frozen=True, slots=True)
class UpdateShown:
    """A newer version of a workflow's template: what it changes of the older one, what becomes of
    that here, and the draft that would come of it beside what is kept now."""

    update: TemplateUpdate
    changes: tuple[Difference, ...]
    parts: tuple[PartShown, ...]
    result: tuple[Difference, ...]


def update_shown(update: TemplateUpdate, take: Sequence[str]) -> UpdateShown:
    """The update, with the template winning in the parts that `take` names."""
    return UpdateShown(
        update,
        contents_differences(update.base.contents, update.newest.contents),
        tuple(_part(part, take) for part in update.parts),
        contents_differences(update.kept, update.result(take)),
    )


def _part(part: PartUpdate, take: Sequence[str]) -> PartShown:
    conflict = part.outcome == "conflict"
    return PartShown(
        "Inputs" if part.name == SCHEMA else f"Step {part.name.removeprefix('steps.')}",
        _CHANGES[part.change],
        _OUTCOMES[part.change, part.outcome],
        f"take.{part.name}" if conflict else "",
        part.name in take,
    )
