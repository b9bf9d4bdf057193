"""The form in which workflows are made and edited."""

from dataclasses import dataclass, replace
from typing import Any

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from domain.errors import Conflict, InvalidInput, WouldBreak
from domain.operations.create_workflow import create_workflow
from domain.operations.edit_workflow import edit_workflow
from domain.operations.template_versions import TemplateUse, require_template, require_version
from domain.rules.permissions import EDIT_WORKFLOWS, SEE_PAYLOADS, Actor
from domain.store.pages_workflows import newest_body
from domain.store.secrets import list_secrets
from domain.store.workflows import WorkflowRow
from web.controllers.workflow_parts import find_or_404, nudge
from web.forms.policy import POLICY_FIELDS
from web.forms.reading import Errors, read_form
from web.forms.steps import METHOD_CHOICES
from web.forms.workflow import REVIEW, WorkflowForm, opened_in, state_of, workflow_errors
from web.htmx import CurrentActor, HtmxRequest, OurServices, go_to, page, page_or_partial
from web.presenters.differences import Difference
from web.presenters.inputs import schema_told
from web.presenters.placeholders import PlaceholderGroup, placeholder_groups
from web.presenters.policies import KIND_CHOICES
from web.presenters.steps import mistakes, workflow_differences


@dataclass(frozen=True, slots=True)
class Overtaken:
    """Someone else saved first: what they changed since the form was opened (None when that is not
    known), and what saving it would change of theirs."""

    theirs: tuple[Difference, ...] | None
    mine: tuple[Difference, ...]


async def _form(
    request: HtmxRequest,
    form: WorkflowForm,
    row: WorkflowRow | None = None,
    *,
    errors: Errors | None = None,
    overtaken: Overtaken | None = None,
    status: int = 200,
) -> Template:
    name = "new" if row is None else "edit"
    context = {
        "form": form,
        "row": row,
        "errors": errors or {},
        "mistakes": mistakes(errors or {}, form.rows),
        "overtaken": overtaken,
        "methods": METHOD_CHOICES,
        "kinds": KIND_CHOICES,
        "policy_errors": any(name in POLICY_FIELDS for name in errors or {}),
        "groups": await _placeholders(request.user, form, row),
        "told": schema_told(form),
    }
    return page_or_partial(
        request, f"workflows/{name}.html", "workflows/_form.html", context, status=status
    )


async def _placeholders(
    actor: Actor, form: WorkflowForm, row: WorkflowRow | None
) -> tuple[PlaceholderGroup, ...]:
    """What the steps can refer to; with the newest event's values for who may see payloads."""
    secrets = [secret["name"] for secret in await list_secrets(actor.team_id)]
    known = row is not None and actor.may(SEE_PAYLOADS)
    body = await newest_body(actor.team_id, row.id) if row and known else None
    return placeholder_groups([step.key for step in form.rows], secrets, body)


async def _first_form(actor: Actor, request: HtmxRequest) -> WorkflowForm:
    """What a new workflow begins with."""
    reference = request.query_params.get("template", "")
    if not reference:
        return WorkflowForm()
    row = await require_template(actor.team_id, reference)
    newest = TemplateUse(reference, row.version)
    return WorkflowForm.of_template(row, await require_version(actor.team_id, newest))


def _overtaken(form: WorkflowForm, row: WorkflowRow) -> Overtaken:
    theirs, opened = state_of(row), opened_in(form)
    steps, schema, policy = form.parsed()
    mine = {
        "name": form.name.strip(),
        "steps": steps,
        "input_schema": schema,
        "policy": policy,
    }
    return Overtaken(
        theirs=None if opened is None else workflow_differences(opened, theirs),
        mine=workflow_differences(theirs, mine),
    )


async def _conflict(
    request: HtmxRequest, actor: Actor, form: WorkflowForm, workflow_id: str
) -> Template:
    """The form with what was typed, beside what someone else saved; saving again is meant."""
    now = await find_or_404(actor, workflow_id)
    form, overtaken = replace(form, revision=now.revision), _overtaken(form, now)
    return await _form(request, form, now, overtaken=overtaken, status=409)


async def _redrawn(
    request: HtmxRequest, form: WorkflowForm, act: str, row: WorkflowRow | None
) -> Template:
    """The form after one of its own buttons: nothing is saved."""
    drawn, errors = form.after(act)
    return await _form(request, drawn, row, errors=errors, status=422 if errors else 200)


async def _saved(actor: Actor, row: WorkflowRow, form: WorkflowForm) -> str:
    """Where to go on after saving. What would break triggers is kept as a draft and asked about."""
    edit = form.edit()
    try:
        await edit_workflow(actor, row.id, edit)
    except WouldBreak:
        await edit_workflow(actor, row.id, replace(edit, draft=True))
        return REVIEW
    return form.leads_to


class WorkflowForms(Controller):
    """/workflows/new and /workflows/{id}/edit."""

    path = "/workflows"

    @get("/new", opt={"permission": EDIT_WORKFLOWS})
    async def new(self, request: HtmxRequest, actor: CurrentActor) -> Template:
        """A form with a sample step, or with what a `template` has."""
        return await _form(request, await _first_form(actor, request))

    @post("/input-schema", status_code=200, opt={"permission": EDIT_WORKFLOWS})
    async def check_schema(self, request: HtmxRequest) -> Template:
        """What an input schema asks for, or what is wrong with it, while it is typed."""
        form = WorkflowForm.typed(await read_form(request))
        return page(request, "workflows/_schema_told.html", {"told": schema_told(form)})

    @post("/form", status_code=200, opt={"permission": EDIT_WORKFLOWS})
    async def redraw_new(self, request: HtmxRequest) -> Template:
        """The form of a workflow that is not saved yet, after one of its own buttons."""
        given = await read_form(request)
        return await _redrawn(request, WorkflowForm.typed(given), given.get("act", ""), None)

    @post(opt={"permission": EDIT_WORKFLOWS})
    async def create(
        self, request: HtmxRequest, actor: CurrentActor, services: OurServices
    ) -> Response[Any]:
        """The workflow, or the form again with everything that was typed."""
        form = WorkflowForm.typed(await read_form(request))
        try:
            steps, schema, policy = form.parsed()
            made = await create_workflow(
                actor,
                form.name.strip(),
                steps,
                draft=form.draft,
                input_schema=schema,
                policy=policy,
                made_from=form.made_from,
            )
        except InvalidInput as refused:
            return await _form(request, form, errors=workflow_errors(refused, form), status=422)
        nudge(services, actor, made.id)
        return go_to(request, f"/workflows/{made.id}")

    @get("/{workflow_id:str}/edit", opt={"permission": EDIT_WORKFLOWS})
    async def edit(
        self, request: HtmxRequest, workflow_id: FromPath[str], actor: CurrentActor
    ) -> Template:
        """The form with the draft, or else with what is published."""
        row = await find_or_404(actor, workflow_id)
        return await _form(request, WorkflowForm.of(row), row)

    @post("/{workflow_id:str}/form", status_code=200, opt={"permission": EDIT_WORKFLOWS})
    async def redraw(
        self, request: HtmxRequest, workflow_id: FromPath[str], actor: CurrentActor
    ) -> Template:
        """The form of a workflow, after one of its own buttons."""
        row, given = await find_or_404(actor, workflow_id), await read_form(request)
        return await _redrawn(request, WorkflowForm.typed(given), given.get("act", ""), row)

    @post("/{workflow_id:str}", opt={"permission": EDIT_WORKFLOWS})
    async def update(
        self,
        request: HtmxRequest,
        workflow_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """Saved as a draft or published, unless someone else saved in the meantime."""
        row, form = (
            await find_or_404(actor, workflow_id),
            WorkflowForm.typed(await read_form(request)),
        )
        try:
            leads_to = await _saved(actor, row, form)
        except InvalidInput as refused:
            return await _form(
                request, form, row, errors=workflow_errors(refused, form), status=422
            )
        except Conflict:
            return await _conflict(request, actor, form, workflow_id)
        nudge(services, actor, row.id)
        return go_to(request, f"/workflows/{row.id}{leads_to}")
