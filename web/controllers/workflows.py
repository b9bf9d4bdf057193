"""Workflows: the list, one with its draft and what runs it, and taking it away."""

from typing import Any

from litestar import Controller, Response, delete, get
from litestar.params import FromPath
from litestar.response import Template

from domain.clock import utc_now
from domain.errors import Conflict
from domain.operations.delete_workflow import delete_workflow
from domain.operations.discard_draft import discard_draft
from domain.rules.names import MOST_NAME_CHARACTERS
from domain.rules.permissions import EDIT_WORKFLOWS, SEE_WORKFLOWS
from domain.store.pages_workflows import (
    counts_of_workflows,
    page_of_workflows,
    recent_runs,
    triggers_of_workflow,
)
from domain.store.templates import find_template
from domain.store.workflows import WorkflowRow
from web.controllers.workflow_parts import find_or_404, nudge
from web.forms.reading import whole_number_in
from web.htmx import CurrentActor, HtmxRequest, OurServices, go_to, list_or_table, page_or_partial
from web.presenters.charts import hours_of
from web.presenters.pagers import pager, position_in
from web.presenters.workflows import workflow_shown


async def _show(
    request: HtmxRequest, row: WorkflowRow, *, trouble: str | None = None, status: int = 200
) -> Template:
    """The workflow's page, with what stood in the way of the last button if anything did."""
    context = {
        "workflow": workflow_shown(row),
        "triggers": await triggers_of_workflow(row.team_id, row.id),
        "runs": await recent_runs(row.team_id, row.id),
        "now": utc_now(),
        "made_from": row.template and await find_template(row.team_id, row.template),
        "trouble": trouble,
    }
    return page_or_partial(
        request, "workflows/show.html", "workflows/_show.html", context, status=status
    )


class WorkflowPages(Controller):
    """Pages under /workflows."""

    path = "/workflows"

    @get(opt={"permission": SEE_WORKFLOWS})
    async def index(self, request: HtmxRequest, actor: CurrentActor) -> Template:
        """Newest first; `q` is a part of the name."""
        search = request.query_params.get("q", "").strip()
        search = search[:MOST_NAME_CHARACTERS]
        position = position_in(request.query_params)
        found = await page_of_workflows(actor.team_id, position, search)
        ids, since = [each.id for each in found.rows], hours_of(utc_now())[0]
        counts = await counts_of_workflows(actor.team_id, ids, since)
        links = pager("/workflows", {"q": search}, position, found)
        context = {"workflows": found.rows, "pager": links, "search": search, "counts": counts}
        return list_or_table(request, "workflows", context)

    @get("/{workflow_id:str}", opt={"permission": SEE_WORKFLOWS})
    async def show(
        self, request: HtmxRequest, workflow_id: FromPath[str], actor: CurrentActor
    ) -> Template:
        """Its steps, its draft, the triggers that run it, and its newest executions."""
        return await _show(request, await find_or_404(actor, workflow_id))

    @delete("/{workflow_id:str}", status_code=200, opt={"permission": EDIT_WORKFLOWS})
    async def remove(
        self,
        request: HtmxRequest,
        workflow_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """Gone from the list, unless a trigger runs it."""
        row = await find_or_404(actor, workflow_id)
        try:
            await delete_workflow(actor, row.id)
        except Conflict as conflict:
            return await _show(request, row, trouble=conflict.message, status=409)
        nudge(services, actor, row.id)
        return go_to(request, "/workflows")


class DraftPages(Controller):
    """/workflows/{id}/draft: what is not published yet."""

    path = "/workflows/{workflow_id:str}/draft"

    @delete(status_code=200, opt={"permission": EDIT_WORKFLOWS})
    async def remove(
        self,
        request: HtmxRequest,
        workflow_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """Discards the draft that was looked at; its revision is in the address."""
        row = await find_or_404(actor, workflow_id)
        revision = whole_number_in(request.query_params.get("revision", ""))
        try:
            await discard_draft(actor, row.id, revision=revision)
        except Conflict as conflict:
            return await _show(request, row, trouble=conflict.message, status=409)
        nudge(services, actor, row.id)
        return go_to(request, f"/workflows/{row.id}")
