"""Templates: the list, one of them, and making one of a workflow."""

from dataclasses import dataclass
from typing import Any

from litestar import Controller, Response, delete, get, post
from litestar.params import FromPath
from litestar.response import Template

from domain.errors import Conflict, InvalidInput
from domain.operations.add_template_version import add_template_version
from domain.operations.create_template import create_template
from domain.operations.delete_template import delete_template
from domain.operations.template_versions import require_template
from domain.rules.permissions import EDIT_WORKFLOWS, SEE_WORKFLOWS, Actor
from domain.store.templates import TemplateRow, list_templates, versions_of_template
from domain.store.workflows import WorkflowRow
from web.controllers.workflow_parts import find_or_404
from web.forms.reading import FORM, Errors, Fields, errors_by_field, read_form
from web.htmx import CurrentActor, HtmxRequest, OurServices, go_to, page_or_partial
from web.presenters.templates import template_shown

_FIELDS = ("name", "description", "note", "of")


@dataclass(frozen=True, slots=True)
class _Form:
    """What was typed. `of` is the template that gets another version, empty for a new one."""

    of: str = ""
    name: str = ""
    description: str = ""
    note: str = ""

    @classmethod
    def typed(cls, given: Fields) -> "_Form":
        return cls(**{name: given.get(name, "") for name in _FIELDS})


class TemplatePages(Controller):
    """/workflow-templates."""

    path = "/workflow-templates"

    @get(opt={"permission": SEE_WORKFLOWS})
    async def index(self, request: HtmxRequest, actor: CurrentActor) -> Template:
        """The team's own, and those that come with Signalbox."""
        context = {"templates": await list_templates(actor.team_id)}
        whole, part = "workflow_templates/index.html", "workflow_templates/_list.html"
        return page_or_partial(request, whole, part, context)

    @get("/{template_id:str}", opt={"permission": SEE_WORKFLOWS})
    async def show(
        self, request: HtmxRequest, template_id: FromPath[str], actor: CurrentActor
    ) -> Template:
        """Its steps and inputs, and its versions."""
        row = await require_template(actor.team_id, template_id)
        versions = await versions_of_template(actor.team_id, template_id)
        context = {"template": template_shown(row, versions)}
        whole, part = "workflow_templates/show.html", "workflow_templates/_show.html"
        return page_or_partial(request, whole, part, context)

    @delete("/{template_id:str}", status_code=200, opt={"permission": EDIT_WORKFLOWS})
    async def remove(
        self,
        request: HtmxRequest,
        template_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """One of the team's own. Workflows that were made from it stay."""
        await delete_template(actor, template_id)
        services.feed.nudge(actor.team_id, "workflow-templates", "workflows")
        return go_to(request, "/workflow-templates")


class TemplateForm(Controller):
    """/workflows/{id}/template: what runs becomes a template, or another version of one."""

    path = "/workflows/{workflow_id:str}/template"

    @get(opt={"permission": EDIT_WORKFLOWS})
    async def new(
        self, request: HtmxRequest, workflow_id: FromPath[str], actor: CurrentActor
    ) -> Template:
        """The form, with the template that the workflow was made from if it is the team's."""
        row = await find_or_404(actor, workflow_id)
        own = await _own(actor)
        of = row.template if row.template in {each.reference for each in own} else ""
        return _form(request, row, own, _Form(of=of or "", name=row.name))

    @post(opt={"permission": EDIT_WORKFLOWS})
    async def create(
        self,
        request: HtmxRequest,
        workflow_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """The template's page, or the form again."""
        row = await find_or_404(actor, workflow_id)
        form = _Form.typed(await read_form(request))
        try:
            saved = await _saved(actor, row, form)
        except InvalidInput as refused:
            errors = errors_by_field(refused.problems, _FIELDS, {"workflow_id": "of"})
            return _form(request, row, await _own(actor), form, errors=errors, status=422)
        except Conflict as conflict:
            errors = {FORM: [conflict.message]}
            return _form(request, row, await _own(actor), form, errors=errors, status=409)
        services.feed.nudge(actor.team_id, "workflow-templates", "workflows")
        return go_to(request, f"/workflow-templates/{saved.reference}")


async def _saved(actor: Actor, row: WorkflowRow, form: _Form) -> TemplateRow:
    if form.of:
        return await add_template_version(actor, form.of, row.id, form.note)
    return await create_template(actor, row.id, form.name.strip(), form.description.strip())


async def _own(actor: Actor) -> list[TemplateRow]:
    return [each for each in await list_templates(actor.team_id) if each.own]


def _form(
    request: HtmxRequest,
    row: WorkflowRow,
    own: list[TemplateRow],
    form: _Form,
    *,
    errors: Errors | None = None,
    status: int = 200,
) -> Template:
    context = {"row": row, "own": own, "form": form, "errors": errors or {}}
    whole, part = "workflow_templates/new.html", "workflow_templates/_form.html"
    return page_or_partial(request, whole, part, context, status=status)
