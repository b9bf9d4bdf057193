"""Workflows: the list, one with its versions, the forms, and publishing."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from litestar import Controller, Response, delete, get, post
from litestar.params import FromPath
from litestar.response import Template

from domain.errors import Conflict, InvalidInput, NotFound
from domain.operations.create_workflow import create_workflow
from domain.operations.delete_workflow import delete_workflow
from domain.operations.edit_workflow import edit_workflow
from domain.operations.publish_workflow import publish_workflow
from domain.rules.permissions import EDIT_WORKFLOWS, SEE_WORKFLOWS, Actor
from domain.store.pages import Position
from domain.store.pages_triggers import page_of_triggers
from domain.store.pages_workflows import page_of_workflows, versions_of
from domain.store.workflows import WorkflowRow, find_workflow
from web.controllers.api.views import id_in_path
from web.forms.reading import FORM, Errors, read_form, whole_number_in
from web.forms.workflow import WorkflowForm, workflow_errors
from web.htmx import CurrentActor, HtmxRequest, OurServices, go_to, list_or_table, page_or_partial
from web.presenters.pagers import pager, position_in
from web.presenters.workflows import version_rows, workflow_shown
from web.services import Services

_STALE = (
    "Someone else saved this workflow after you opened it. What you see here is what you typed: "
    "compare it with the present state, then save again to replace that."
)


async def _find(actor: Actor, workflow_id: str) -> WorkflowRow:
    found = await find_workflow(actor.team_id, id_in_path(workflow_id))
    if found is None:
        raise NotFound
    return found


async def _show(
    request: HtmxRequest, row: WorkflowRow, *, trouble: str | None = None, status: int = 200
) -> Template:
    """The workflow's page, with what stood in the way of the last button if anything did."""
    triggers = await page_of_triggers(row.team_id, row.id, Position())
    context = {
        "workflow": workflow_shown(row),
        "versions": version_rows(await versions_of(row.team_id, row.id)),
        "triggers": triggers.rows,
        "trouble": trouble,
    }
    return page_or_partial(
        request, "workflows/show.html", "workflows/_show.html", context, status=status
    )


def _form(
    request: HtmxRequest, name: str, form: WorkflowForm, errors: Errors, status: int, **more: Any
) -> Template:
    context = {"form": form, "errors": errors, **more}
    return page_or_partial(
        request, f"workflows/{name}.html", "workflows/_form.html", context, status=status
    )


def _nudge(services: Services, actor: Actor, workflow_id: UUID) -> None:
    services.feed.nudge(actor.team_id, "workflows", f"workflow:{workflow_id}", "triggers")


class WorkflowPages(Controller):
    """Pages under /workflows."""

    path = "/workflows"

    @get(opt={"permission": SEE_WORKFLOWS})
    async def index(self, request: HtmxRequest, actor: CurrentActor) -> Template:
        """Newest first."""
        position = position_in(request.query_params)
        found = await page_of_workflows(actor.team_id, position)
        links = pager("/workflows", {}, position, found)
        context = {"workflows": found.rows, "pager": links}
        return list_or_table(request, "workflows", context)

    @get("/new", opt={"permission": EDIT_WORKFLOWS})
    async def new(self, request: HtmxRequest) -> Template:
        """A form with a sample step."""
        return _form(request, "new", WorkflowForm(), {}, 200)

    @post(opt={"permission": EDIT_WORKFLOWS})
    async def create(
        self, request: HtmxRequest, actor: CurrentActor, services: OurServices
    ) -> Response[Any]:
        """The workflow, or the form again with everything that was typed."""
        form = WorkflowForm.typed(await read_form(request))
        try:
            steps = form.parsed_steps()
            made = await create_workflow(actor, form.name.strip(), steps, draft=form.draft)
        except InvalidInput as refused:
            return _form(request, "new", form, workflow_errors(refused), 422)
        _nudge(services, actor, made.id)
        return go_to(request, f"/workflows/{made.id}")

    @get("/{workflow_id:str}", opt={"permission": SEE_WORKFLOWS})
    async def show(
        self, request: HtmxRequest, workflow_id: FromPath[str], actor: CurrentActor
    ) -> Template:
        """Its steps, its versions, and the triggers that run it."""
        return await _show(request, await _find(actor, workflow_id))

    @get("/{workflow_id:str}/edit", opt={"permission": EDIT_WORKFLOWS})
    async def edit(
        self, request: HtmxRequest, workflow_id: FromPath[str], actor: CurrentActor
    ) -> Template:
        """The form with the draft, or else with what is published."""
        row = await _find(actor, workflow_id)
        return _form(request, "edit", WorkflowForm.of(row), {}, 200, row=row)

    @post("/{workflow_id:str}", opt={"permission": EDIT_WORKFLOWS})
    async def update(
        self,
        request: HtmxRequest,
        workflow_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """Saved as a draft or published, unless someone else saved in the meantime."""
        row, form = await _find(actor, workflow_id), WorkflowForm.typed(await read_form(request))
        try:
            await edit_workflow(actor, row.id, form.edit())
        except InvalidInput as refused:
            return _form(request, "edit", form, workflow_errors(refused), 422, row=row)
        except Conflict:
            form = replace(form, revision=row.revision)  # saving again is meant
            return _form(request, "edit", form, {FORM: [_STALE]}, 409, row=row)
        _nudge(services, actor, row.id)
        return go_to(request, f"/workflows/{row.id}")

    @delete("/{workflow_id:str}", status_code=200, opt={"permission": EDIT_WORKFLOWS})
    async def remove(
        self,
        request: HtmxRequest,
        workflow_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """Gone from the list, unless a trigger runs it."""
        row = await _find(actor, workflow_id)
        try:
            await delete_workflow(actor, row.id)
        except Conflict as conflict:
            return await _show(request, row, trouble=conflict.message, status=409)
        _nudge(services, actor, row.id)
        return go_to(request, "/workflows")


class PublicationPages(Controller):
    """/workflows/{id}/publication: what makes the draft the version that runs."""

    path = "/workflows/{workflow_id:str}/publication"

    @post(opt={"permission": EDIT_WORKFLOWS})
    async def create(
        self,
        request: HtmxRequest,
        workflow_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """The draft that was looked at becomes the next version."""
        row, given = await _find(actor, workflow_id), await read_form(request)
        revision = whole_number_in(given.get("revision", ""))
        try:
            await publish_workflow(actor, row.id, revision=revision)
        except (InvalidInput, Conflict) as refused:
            return await _show(request, row, trouble=refused.message, status=409)
        _nudge(services, actor, row.id)
        return go_to(request, f"/workflows/{row.id}")
