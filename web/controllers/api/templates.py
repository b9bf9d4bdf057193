"""/api/v1/workflow-templates and what they have for a workflow: thin handlers; the guard has seen
to the permission."""

from uuid import UUID

from litestar import Controller, delete, get, post
from litestar.params import FromPath, JSONBody
from msgspec import UNSET

from domain.errors import InvalidInput
from domain.operations.add_template_version import add_template_version
from domain.operations.create_template import create_template
from domain.operations.delete_template import delete_template
from domain.operations.foresee_template_update import foresee_template_update
from domain.operations.take_template_update import take_template_update
from domain.operations.template_versions import require_template
from domain.rules.ids import parse_id
from domain.rules.permissions import EDIT_WORKFLOWS, SEE_WORKFLOWS, Actor
from domain.store.templates import list_templates, versions_of_template
from domain.store.workflows import find_workflow
from web.controllers.api.bodies import Body
from web.controllers.api.problems import PROBLEMS
from web.controllers.api.shapes import Page
from web.controllers.api.template_shapes import (
    AddTemplateVersion,
    CreateTemplate,
    TakeTemplateUpdate,
    TemplateDetail,
    TemplateView,
    WhatIsNew,
)
from web.controllers.api.template_views import template_detail, template_view, update_view
from web.controllers.api.views import id_in_path, workflow_view
from web.controllers.api.workflow_shapes import WorkflowView
from web.controllers.workflow_parts import find_or_404, nudge
from web.services import CurrentActor, OurServices


async def _workflow_in(actor: Actor, text: str) -> UUID:
    """The team's workflow that the body names. Raises InvalidInput at the field."""
    known = parse_id(text)
    if known is None or await find_workflow(actor.team_id, known) is None:
        raise InvalidInput.at("workflow_id", "there is no such workflow")
    return known


class TemplateController(Controller):
    """Templates: what workflows can be made from."""

    path = "/workflow-templates"
    tags = ("Workflow templates",)

    @get(opt={"permission": SEE_WORKFLOWS}, responses=PROBLEMS, summary="List templates")
    async def list_all(self, actor: CurrentActor) -> Page[TemplateView]:
        """The team's own (200 at most), then those that come with Signalbox."""
        found = await list_templates(actor.team_id)
        return Page([template_view(row) for row in found], None)

    @post(
        dto=Body[CreateTemplate],
        return_dto=None,
        opt={"permission": EDIT_WORKFLOWS},
        responses=PROBLEMS,
        summary="Create a template",
    )
    async def create(
        self, data: JSONBody[CreateTemplate], actor: CurrentActor, services: OurServices
    ) -> TemplateView:
        """From what a workflow runs."""
        workflow_id = await _workflow_in(actor, data.workflow_id)
        made = await create_template(actor, workflow_id, data.name, data.description)
        services.feed.nudge(actor.team_id, "workflow-templates")
        return template_view(made)

    @get(
        "/{template_id:str}",
        opt={"permission": SEE_WORKFLOWS},
        responses=PROBLEMS,
        summary="Show a template",
    )
    async def show(self, template_id: FromPath[str], actor: CurrentActor) -> TemplateDetail:
        """With all its versions."""
        row = await require_template(actor.team_id, template_id)
        return template_detail(row, await versions_of_template(actor.team_id, template_id))

    @post(
        "/{template_id:str}/versions",
        dto=Body[AddTemplateVersion],
        return_dto=None,
        opt={"permission": EDIT_WORKFLOWS},
        responses=PROBLEMS,
        summary="Add a version to a template",
    )
    async def add_version(
        self,
        template_id: FromPath[str],
        data: JSONBody[AddTemplateVersion],
        actor: CurrentActor,
        services: OurServices,
    ) -> TemplateView:
        """From what a workflow runs. Workflows made from the template are offered it."""
        await require_template(actor.team_id, template_id)
        workflow_id = await _workflow_in(actor, data.workflow_id)
        now = await add_template_version(actor, template_id, workflow_id, data.note)
        services.feed.nudge(actor.team_id, "workflow-templates", "workflows")
        return template_view(now)

    @delete(
        "/{template_id:str}",
        opt={"permission": EDIT_WORKFLOWS},
        responses=PROBLEMS,
        summary="Delete a template",
    )
    async def remove(
        self, template_id: FromPath[str], actor: CurrentActor, services: OurServices
    ) -> None:
        """One of the team's own. Workflows made from it stay as they are."""
        await delete_template(actor, template_id)
        services.feed.nudge(actor.team_id, "workflow-templates", "workflows")


class TemplateUpdateController(Controller):
    """A newer version of the template that a workflow was made from."""

    path = "/workflows/{workflow_id:str}/template-update"
    tags = ("Workflow templates",)

    @get(opt={"permission": SEE_WORKFLOWS}, responses=PROBLEMS, summary="Show what is new")
    async def show(self, workflow_id: FromPath[str], actor: CurrentActor) -> WhatIsNew:
        """With what becomes of it in the workflow."""
        row = await find_or_404(actor, workflow_id)
        found = await foresee_template_update(row)
        return WhatIsNew(update_view(row, found) if found else None)

    @post(
        dto=Body[TakeTemplateUpdate],
        return_dto=None,
        status_code=200,
        opt={"permission": EDIT_WORKFLOWS},
        responses=PROBLEMS,
        summary="Take what is new into the draft",
    )
    async def take(
        self,
        workflow_id: FromPath[str],
        data: JSONBody[TakeTemplateUpdate],
        actor: CurrentActor,
        services: OurServices,
    ) -> WorkflowView:
        """Publishes nothing."""
        known, revision = id_in_path(workflow_id), data.revision
        now = await take_template_update(
            actor,
            known,
            data.version,
            take=data.take,
            revision=None if revision is UNSET else revision,
        )
        nudge(services, actor, known)
        return workflow_view(now)
