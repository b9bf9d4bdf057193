"""Edit a workflow: its name, and its steps, input schema and policy as a new version or a draft."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from domain.errors import InvalidInput, NotFound
from domain.operations.saving import (
    UNCHANGED,
    change_workflow,
    check_revision,
    policy_text,
    publish,
    schema_text,
    steps_text,
    won,
)
from domain.operations.weigh_publication import ask_first
from domain.rules.checking import Problems
from domain.rules.names import name_problems
from domain.rules.permissions import EDIT_WORKFLOWS, Actor
from domain.store import workflows
from domain.store.workflows import Contents, WorkflowRow


@dataclass(frozen=True, slots=True)
class WorkflowEdit:
    """What to change; None: as it was (an input schema or policy of None is taken away). Steps,
    schema and policy are published at once unless `draft`; without any of them, `draft=False`
    publishes the draft that is there. `confirm`: publish although it would break triggers."""

    name: str | None = None
    steps: object | None = None
    input_schema: Any = UNCHANGED
    policy: Any = UNCHANGED
    draft: bool | None = None
    revision: int | None = None
    confirm: bool = False

    @property
    def changes_contents(self) -> bool:
        """Whether there are new steps, or a new schema or policy."""
        others = self.input_schema is not UNCHANGED or self.policy is not UNCHANGED
        return self.steps is not None or others


async def edit_workflow(actor: Actor, workflow_id: UUID, edit: WorkflowEdit) -> WorkflowRow:
    """The workflow as it is now.

    Raises NotFound, InvalidInput, Conflict when `edit.revision` is not the present one, and
    WouldBreak when publishing would break triggers and that is not confirmed.
    """
    actor.require(EDIT_WORKFLOWS)
    given = _read(edit)
    found = await workflows.find_workflow(actor.team_id, workflow_id)
    if found is None:
        raise NotFound
    check_revision(found.revision, edit.revision)
    # Asked before the lock: events are read, which takes its time.
    if to_publish := _to_publish(found, edit, given):
        await ask_first(found, to_publish, confirm=edit.confirm)
    return await change_workflow(
        actor, workflow_id, edit.revision, lambda seen: _save(actor, seen, edit, given)
    )


@dataclass(frozen=True, slots=True)
class _Given:
    """What was sent, checked, as it is stored; None: not sent, or no schema."""

    steps: str | None
    input_schema: str | None
    policy: str | None


def _read(edit: WorkflowEdit) -> _Given:
    problems = Problems()
    for problem in [] if edit.name is None else name_problems(edit.name):
        problems.add(problem.field, problem.message)
    steps = schema = policy = None
    if edit.steps is not None:
        steps = problems.attempt(lambda: steps_text(edit.steps))
    if edit.input_schema is not UNCHANGED:
        schema = problems.attempt(lambda: schema_text(edit.input_schema))
    if edit.policy is not UNCHANGED:
        policy = problems.attempt(lambda: policy_text(edit.policy))
    problems.raise_any()
    return _Given(steps, schema, policy)


async def _save(actor: Actor, seen: WorkflowRow, edit: WorkflowEdit, given: _Given) -> None:
    name = edit.name or seen.name
    to_publish = _to_publish(seen, edit, given)
    if to_publish is not None:
        await publish(seen, name, to_publish, actor.name)
        return
    draft = _changed(seen, edit, given) if edit.changes_contents else seen.draft
    won(await workflows.save_workflow(seen, name=name, draft=draft))


def _to_publish(seen: WorkflowRow, edit: WorkflowEdit, given: _Given) -> Contents | None:
    """What becomes the next version; None: nothing does."""
    if edit.changes_contents:
        return None if edit.draft else _changed(seen, edit, given)
    if edit.draft is None:
        return None
    if edit.draft:
        raise InvalidInput.at("draft", "needs steps, an input schema or a policy beside it")
    if seen.draft is None:
        raise InvalidInput.at("draft", "there is no draft to publish")
    return seen.draft


def _changed(seen: WorkflowRow, edit: WorkflowEdit, given: _Given) -> Contents:
    """The draft, or else what runs, with what was sent in its place. Steps that are published over
    a draft have nothing to do with it."""
    kept = seen.published if edit.draft is None and given.steps else seen.draft or seen.published
    kept = kept or seen.draft
    if kept is None:
        raise NotFound
    if given.steps is None and edit.draft is None and seen.draft is not None:
        sent = "policy" if edit.input_schema is UNCHANGED else "input_schema"
        raise InvalidInput.at(
            sent, 'there is a draft: send "draft" to say whether this goes into it'
        )
    return replace(
        kept,
        steps=given.steps or kept.steps,
        input_schema=kept.input_schema if edit.input_schema is UNCHANGED else given.input_schema,
        policy=given.policy or kept.policy,
    )
