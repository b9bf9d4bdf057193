"""Versions of a workflow: publishing the next one, reading and comparing them, rolling back."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from domain.errors import Conflict, InvalidInput, NotFound, WouldBreak
from domain.operations.publish_workflow import publish_workflow
from domain.operations.roll_back_workflow import roll_back_workflow
from domain.operations.weigh_publication import weigh_publication
from domain.rules.permissions import EDIT_WORKFLOWS, SEE_WORKFLOWS
from domain.store.pages_workflows import VersionListed, find_version, page_of_versions
from domain.store.workflows import Contents, WorkflowRow
from web.controllers.workflow_parts import find_or_404, nudge
from web.forms.reading import read_form, whole_number_in
from web.htmx import CurrentActor, HtmxRequest, OurServices, go_to, page_or_partial
from web.presenters.impact import impact_shown
from web.presenters.inputs import inputs_shown
from web.presenters.pagers import pager, position_in
from web.presenters.policies import policy_shown
from web.presenters.samples import stored_json
from web.presenters.steps import steps_shown
from web.presenters.workflows import Comparison, compared, workflow_shown


async def _review(
    request: HtmxRequest, row: WorkflowRow, *, trouble: str | None = None, status: int = 200
) -> Template:
    """What publishing the draft changes, and what it does to the triggers."""
    impact = await weigh_publication(row, row.draft) if row.draft else None
    context = {
        "workflow": workflow_shown(row),
        "impact": impact and impact_shown(impact, "Publish"),
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


async def _show(
    request: HtmxRequest,
    row: WorkflowRow,
    version: VersionListed,
    *,
    trouble: str | None = None,
    status: int = 200,
) -> Template:
    """One version; beside the one that runs, for who may roll back with what that would do."""
    other = row.version not in (None, version.number)
    runs = await find_version(row.team_id, row.id, row.version or 0) if other else None
    contents = Contents(version.steps, version.input_schema, policy=version.policy)
    weighs = runs is not None and request.user.may(EDIT_WORKFLOWS)
    impact = await weigh_publication(row, contents) if weighs else None
    context = {
        "row": row,
        "version": version,
        "steps": steps_shown(stored_json(version.steps)),
        "inputs": inputs_shown(version.input_schema),
        "policy": policy_shown(version.policy),
        "comparison": runs and compared(runs, version),
        "impact": impact and impact_shown(impact, "Roll back"),
        "trouble": trouble,
    }
    whole, part = "workflow_versions/show.html", "workflow_versions/_show.html"
    return page_or_partial(request, whole, part, context, status=status)


async def _not_rolled_back(
    request: HtmxRequest, workflow_id: UUID, number: int, trouble: str
) -> Template:
    """The version as it is now, with what stood in the way; the list where there is none."""
    row = await find_or_404(request.user, str(workflow_id))
    version = await find_version(row.team_id, row.id, number)
    if version is None:
        return await _versions(request, row, trouble=trouble, status=409)
    return await _show(request, row, version, trouble=trouble, status=409)


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
            await publish_workflow(actor, row.id, revision=revision, confirm="confirm" in given)
        except (InvalidInput, Conflict) as refused:
            row = await find_or_404(actor, workflow_id)
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
        """The steps of one version, and what rolling back to it would do."""
        row = await find_or_404(actor, workflow_id)
        return await _show(request, row, await _version_or_404(row, number))


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
            await roll_back_workflow(
                actor, row.id, number, revision=revision, confirm="confirm" in given
            )
        except (InvalidInput, Conflict) as refused:
            return await _not_rolled_back(request, row.id, number, _sentence(refused))
        nudge(services, actor, row.id)
        return go_to(request, f"/workflows/{row.id}")


def _sentence(refused: InvalidInput | Conflict) -> str:
    """What stood in the way, for people: the names of fields say nothing here."""
    if isinstance(refused, WouldBreak):
        return "Triggers would break: look at them below, and tick that it is meant."
    if isinstance(refused, Conflict):
        return refused.message
    messages = "; ".join(problem.message for problem in refused.problems)
    return f"{messages[:1].upper()}{messages[1:]}."
