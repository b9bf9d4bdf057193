"""Versions of a workflow: publishing the next one, reading and comparing them, rolling back."""

from typing import Any

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from domain.errors import Conflict, InvalidInput, NotFound
from domain.operations.publish_workflow import publish_workflow
from domain.operations.roll_back_workflow import roll_back_workflow
from domain.rules.permissions import EDIT_WORKFLOWS, SEE_WORKFLOWS
from domain.store.pages_workflows import (
    VersionListed,
    find_version,
    page_of_versions,
    triggers_of_workflow,
)
from domain.store.workflows import WorkflowRow
from web.controllers.workflow_parts import find_or_404, nudge
from web.forms.reading import read_form, whole_number_in
from web.htmx import CurrentActor, HtmxRequest, OurServices, go_to, page_or_partial
from web.presenters.pagers import pager, position_in
from web.presenters.samples import stored_json
from web.presenters.steps import steps_shown
from web.presenters.workflows import Comparison, compared, workflow_shown


async def _review(
    request: HtmxRequest, row: WorkflowRow, *, trouble: str | None = None, status: int = 200
) -> Template:
    """What publishing the draft changes, and which triggers will use it."""
    context = {
        "workflow": workflow_shown(row),
        "triggers": await triggers_of_workflow(row.team_id, row.id),
        "trouble": trouble,
    }
    template = "workflow_versions/_publication.html"
    whole = "workflow_versions/publication.html"
    return page_or_partial(request, whole, template, context, status=status)


async def _versions(
    request: HtmxRequest, row: WorkflowRow, *, trouble: str | None = None, status: int = 200
) -> Template:
    position = position_in(request.query_params)
    found = await page_of_versions(row.team_id, row.id, position)
    path = f"/workflows/{row.id}/versions"
    chosen = {name: request.query_params.get(name, "") for name in ("from", "to")}
    context = {
        "row": row,
        "versions": found.rows,
        "pager": pager(path, chosen, position, found),
        "comparison": await _comparison(row, chosen["from"], chosen["to"]),
        "trouble": trouble,
    }
    return page_or_partial(
        request,
        "workflow_versions/index.html",
        "workflow_versions/_list.html",
        context,
        status=status,
    )


async def _comparison(row: WorkflowRow, older: str, newer: str) -> Comparison | None:
    if not older or not newer:
        return None
    return compared(await _version_or_404(row, older), await _version_or_404(row, newer))


async def _version_or_404(row: WorkflowRow, number: str) -> VersionListed:
    known = whole_number_in(number)
    found = None if known is None else await find_version(row.team_id, row.id, known)
    if found is None:
        raise NotFound
    return found


class PublicationPages(Controller):
    """/workflows/{id}/publication: what makes the draft the version that runs."""

    path = "/workflows/{workflow_id:str}/publication"

    @get(opt={"permission": EDIT_WORKFLOWS})
    async def new(
        self, request: HtmxRequest, workflow_id: FromPath[str], actor: CurrentActor
    ) -> Template:
        """Asks, with the difference shown."""
        return await _review(request, await find_or_404(actor, workflow_id))

    @post(opt={"permission": EDIT_WORKFLOWS})
    async def create(
        self,
        request: HtmxRequest,
        workflow_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """The draft that was looked at becomes the next version."""
        row, given = await find_or_404(actor, workflow_id), await read_form(request)
        revision = whole_number_in(given.get("revision", ""))
        try:
            await publish_workflow(actor, row.id, revision=revision)
        except (InvalidInput, Conflict) as refused:
            return await _review(request, row, trouble=_sentence(refused), status=409)
        nudge(services, actor, row.id)
        return go_to(request, f"/workflows/{row.id}")


class VersionPages(Controller):
    """/workflows/{id}/versions."""

    path = "/workflows/{workflow_id:str}/versions"

    @get(opt={"permission": SEE_WORKFLOWS})
    async def index(
        self, request: HtmxRequest, workflow_id: FromPath[str], actor: CurrentActor
    ) -> Template:
        """All versions, newest first; with `from` and `to` what differs between two of them."""
        return await _versions(request, await find_or_404(actor, workflow_id))

    @get("/{number:str}", opt={"permission": SEE_WORKFLOWS})
    async def show(
        self,
        request: HtmxRequest,
        workflow_id: FromPath[str],
        number: FromPath[str],
        actor: CurrentActor,
    ) -> Template:
        """The steps of one version."""
        row = await find_or_404(actor, workflow_id)
        version = await _version_or_404(row, number)
        steps = steps_shown(stored_json(version.steps))
        runs = None if row.version in (None, version.number) else str(row.version)
        comparison = runs and compared(await _version_or_404(row, runs), version)
        context = {"row": row, "version": version, "steps": steps, "comparison": comparison}
        whole, part = "workflow_versions/show.html", "workflow_versions/_show.html"
        return page_or_partial(request, whole, part, context)


class RollbackPages(Controller):
    """/workflows/{id}/rollbacks: older steps become the next version."""

    path = "/workflows/{workflow_id:str}/rollbacks"

    @post(opt={"permission": EDIT_WORKFLOWS})
    async def create(
        self,
        request: HtmxRequest,
        workflow_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """The workflow's page, which runs those steps again; or why that cannot be."""
        row, given = await find_or_404(actor, workflow_id), await read_form(request)
        revision = whole_number_in(given.get("revision", ""))
        number = whole_number_in(given.get("version", "")) or 0
        try:
            await roll_back_workflow(actor, row.id, number, revision=revision)
        except (InvalidInput, Conflict) as refused:
            row = await find_or_404(actor, workflow_id)
            return await _versions(request, row, trouble=_sentence(refused), status=409)
        nudge(services, actor, row.id)
        return go_to(request, f"/workflows/{row.id}")


def _sentence(refused: InvalidInput | Conflict) -> str:
    """What stood in the way, for people: the names of fields say nothing here."""
    if isinstance(refused, Conflict):
        return refused.message
    messages = "; ".join(problem.message for problem in refused.problems)
    return f"{messages[:1].upper()}{messages[1:]}."
