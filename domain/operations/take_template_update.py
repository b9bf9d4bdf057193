"""Take a newer version of its template into a workflow's draft."""

from collections.abc import Collection
from dataclasses import replace
from uuid import UUID

from domain.errors import Conflict, InvalidInput, Problem
from domain.operations.foresee_template_update import foresee_template_update
from domain.operations.saving import change_workflow, contents_of, won
from domain.rules.bodies import read_stored
from domain.rules.permissions import EDIT_WORKFLOWS, Actor
from domain.store import workflows
from domain.store.workflows import Contents, WorkflowRow


async def take_template_update(
    actor: Actor,
    workflow_id: UUID,
    version: int,
    *,
    take: Collection[str] = (),
    revision: int | None = None,
) -> WorkflowRow:
    """The workflow with `version`, which must be the template's newest, in its draft; nothing of it
    is published. `take` names the parts that were changed here as well in which the template wins
    (`steps.notify`, `input_schema`, `policy`).

    Raises NotFound, Conflict (also when there is nothing to take), and InvalidInput when what comes
    out could not be saved, such as a step that refers to one that is not there any more.
    """
    actor.require(EDIT_WORKFLOWS)

    async def take_over(seen: WorkflowRow) -> None:
        draft = await _updated(seen, version, take)
        won(await workflows.save_workflow(seen, name=seen.name, draft=draft))

    return await change_workflow(actor, workflow_id, revision, take_over, action="take_template")


async def _updated(seen: WorkflowRow, version: int, take: Collection[str]) -> Contents:
    update = await foresee_template_update(seen)
    if update is None:
        raise Conflict("There is nothing new in its template.")
    if update.newest.number != version:
        raise Conflict("The template has another version by now.")
    conflicts = {part.name for part in update.parts if part.outcome == "conflict"}
    _refuse_others(set(take) - conflicts)
    return _checked(update.result(take))


def _refuse_others(names: Collection[str]) -> None:
    if names:
        message = "was not changed on both sides"
        raise InvalidInput([Problem(f"take.{name}", message) for name in sorted(names)])


def _checked(draft: Contents) -> Contents:
    checked = contents_of(
        read_stored(draft.steps), read_stored(draft.input_schema), read_stored(draft.policy)
    )
    return replace(checked, template_version=draft.template_version)
