"""/api/v1/workflows: thin handlers; the guard has seen to the permission."""

from typing import Any

from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import UNSET

from domain.errors import InvalidInput, NotFound
from domain.operations.create_workflow import create_workflow
from domain.operations.delete_workflow import delete_workflow
from domain.operations.edit_workflow import WorkflowEdit, edit_workflow
from domain.operations.roll_back_workflow import roll_back_workflow
from domain.operations.saving import UNCHANGED
from domain.operations.template_versions import TemplateUse, require_template, require_version
from domain.rules.bodies import read_stored
from domain.rules.permissions import EDIT_WORKFLOWS, SEE_WORKFLOWS, Actor
from domain.store import workflows
from domain.store.workflows import Contents
from web.controllers.api.bodies import Body
from web.controllers.api.lists import DEFAULT_LIMIT, paging
from web.controllers.api.problems import PROBLEMS
from web.controllers.api.shapes import Page
from web.controllers.api.views import id_in_path, workflow_view
from web.controllers.api.workflow_shapes import (
    CreateWorkflow,
    EditWorkflow,
    RollBackWorkflow,
    WorkflowView,
)
from web.controllers.workflow_parts import nudge
from web.services import CurrentActor, OurServices


class WorkflowController(Controller):
    """Workflows: what gets run."""

    path = "/workflows"
    tags = ("Workflows",)

    @get(opt={"permission": SEE_WORKFLOWS}, responses=PROBLEMS, summary="List workflows")
    async def list_workflows(
        self,
        *,
        actor: CurrentActor,
        services: OurServices,
        limit: FromQuery[int] = DEFAULT_LIMIT,
        cursor: FromQuery[str | None] = None,
        name: FromQuery[str | None] = None,
    ) -> Page[WorkflowView]:
        """Newest first."""
        wanted = paging(services, actor, "workflows", limit, cursor)
        rows = await workflows.list_workflows(
            actor.team_id, name=name, before=wanted.before, limit=wanted.fetched
        )
        return wanted.page(rows, workflow_view, lambda row: row.id)

    @post(
        dto=Body[CreateWorkflow],
        return_dto=None,
        opt={"permission": EDIT_WORKFLOWS},
        responses=PROBLEMS,
        summary="Create a workflow",
    )
    async def create(
        self, data: JSONBody[CreateWorkflow], actor: CurrentActor, services: OurServices
    ) -> WorkflowView:
        """Published unless it is to be a draft."""
        made_from = await _template_in(actor, data)
        contents = await _contents_of(actor, made_from)
        made = await create_workflow(
            actor,
            data.name,
            _given(data.steps, contents.steps if contents else None),
            draft=data.draft,
            input_schema=_given(data.input_schema, contents.input_schema if contents else None),
            policy=_given(data.policy, contents.policy if contents else None),
            made_from=made_from,
        )
        nudge(services, actor, made.id)
        return workflow_view(made)

    @get(
        "/{workflow_id:str}",
        opt={"permission": SEE_WORKFLOWS},
        responses=PROBLEMS,
        summary="Show a workflow",
    )
    async def show(self, workflow_id: FromPath[str], actor: CurrentActor) -> WorkflowView:
        """With its published steps and its draft."""
        row = await workflows.find_workflow(actor.team_id, id_in_path(workflow_id))
        if row is None:
            raise NotFound
        return workflow_view(row)

    @patch(
        "/{workflow_id:str}",
        dto=Body[EditWorkflow],
        return_dto=None,
        opt={"permission": EDIT_WORKFLOWS},
        responses=PROBLEMS,
        summary="Edit a workflow",
    )
    async def edit(
        self,
        workflow_id: FromPath[str],
        data: JSONBody[EditWorkflow],
        actor: CurrentActor,
        services: OurServices,
    ) -> WorkflowView:
        """Takes only the fields to change. What would break triggers is published only when that
        is confirmed."""
        edit = WorkflowEdit(
            name=None if data.name is UNSET else data.name,
            steps=None if data.steps is UNSET else data.steps,
            input_schema=UNCHANGED if data.input_schema is UNSET else data.input_schema,
            policy=UNCHANGED if data.policy is UNSET else data.policy,
            draft=None if data.draft is UNSET else data.draft,
            revision=None if data.revision is UNSET else data.revision,
            confirm=data.confirm,
        )
        edited = await edit_workflow(actor, id_in_path(workflow_id), edit)
        nudge(services, actor, edited.id)
        return workflow_view(edited)

    @post(
        "/{workflow_id:str}/rollbacks",
        dto=Body[RollBackWorkflow],
        return_dto=None,
        status_code=200,
        opt={"permission": EDIT_WORKFLOWS},
        responses=PROBLEMS,
        summary="Roll a workflow back",
    )
    async def roll_back(
        self,
        workflow_id: FromPath[str],
        data: JSONBody[RollBackWorkflow],
        actor: CurrentActor,
        services: OurServices,
    ) -> WorkflowView:
        """The steps of an older version become the next version; a draft stays."""
        revision = None if data.revision is UNSET else data.revision
        known = id_in_path(workflow_id)
        now = await roll_back_workflow(
            actor, known, data.version, revision=revision, confirm=data.confirm
        )
        nudge(services, actor, known)
        return workflow_view(now)

    @delete(
        "/{workflow_id:str}",
        opt={"permission": EDIT_WORKFLOWS},
        responses=PROBLEMS,
        summary="Delete a workflow",
    )
    async def remove(
        self, workflow_id: FromPath[str], actor: CurrentActor, services: OurServices
    ) -> None:
        """Refused (409) while a trigger runs it."""
        await delete_workflow(actor, id_in_path(workflow_id))
        nudge(services, actor, id_in_path(workflow_id))


async def _template_in(actor: Actor, data: CreateWorkflow) -> TemplateUse | None:
    """The template's version that a workflow is to be made from."""
    if data.template is UNSET:
        if data.template_version is not UNSET:
            raise InvalidInput.at("template_version", "needs a template")
        if data.steps is UNSET:
            raise InvalidInput.at("steps", "is missing")
        return None
    if data.template_version is not UNSET:
        return TemplateUse(data.template, data.template_version)
    try:
        newest = await require_template(actor.team_id, data.template)
    except NotFound:
        raise InvalidInput.at("template", "there is no such template") from None
    return TemplateUse(data.template, newest.version)


async def _contents_of(actor: Actor, use: TemplateUse | None) -> Contents | None:
    return None if use is None else (await require_version(actor.team_id, use)).contents


def _given(value: Any, of_template: str | None) -> Any:
    """What was sent, or else what the template has."""
    return read_stored(of_template) if value is UNSET else value
