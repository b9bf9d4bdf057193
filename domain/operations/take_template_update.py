"""Take a newer version of its template into a workflow's draft."""

from collections.abc import Collection
from dataclasses import replace
from uuid import UUID

from domain.errors import Conflict, InvalidInput, NotFound, Problem
from domain.operations.foresee_template_update import foresee_template_update
from domain.operations.saving import check_revision, contents_of, won, workflow_facts
from domain.rules.bodies import read_stored
from domain.rules.permissions import EDIT_WORKFLOWS, Actor
from domain.store import audit, workflows
from domain.store.database import transaction
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
    (`steps.notify`, `input_schema`).

    Raises NotFound, Conflict (also when there is nothing to take), and InvalidInput when what comes
    out could not be saved, such as a step that refers to one that is not there any more.
    """
    actor.require(EDIT_WORKFLOWS)
    async with transaction():
        seen = await workflows.lock_workflow(actor.team_id, workflow_id)
        if seen is None:
            raise NotFound
        check_revision(seen.revision, revision)
        update = await foresee_template_update(seen)
        if update is None:
            raise Conflict("There is nothing new in its template.")
        if update.newest.number != version:
            raise Conflict("The template has another version by now.")
        conflicts = {part.name for part in update.parts if part.outcome == "conflict"}
        _refuse_others(set(take) - conflicts)
        draft = _checked(update.result(take))
        won(await workflows.save_workflow(seen, name=seen.name, draft=draft))
        now = await workflows.find_workflow(actor.team_id, workflow_id)
        if now is None:
            raise NotFound
        await audit.record(
            actor,
            "take_template",
            "workflow",
            workflow_id,
            before=workflow_facts(seen),
            after=workflow_facts(now),
        )
    return now


def _refuse_others(names: Collection[str]) -> None:
    if names:
        message = "was not changed on both sides"
        raise InvalidInput([Problem(f"take.{name}", message) for name in sorted(names)])


def _checked(draft: Contents) -> Contents:
    checked = contents_of(read_stored(draft.steps), read_stored(draft.input_schema))
    return replace(checked, template_version=draft.template_version)
