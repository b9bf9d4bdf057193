"""The list of executions."""

from litestar import Controller, get
from litestar.response import Redirect, Template

from domain.clock import utc_now
from domain.rules.list_filters import ExecutionFilters
from domain.rules.permissions import SEE_EXECUTIONS
from domain.store.execution_lists import ExecutionListed, list_executions
from domain.store.pages import Page
from domain.store.pages_triggers import trigger_choices, workflow_choices
from web.controllers.list_parts import answer_list, asked_in, list_context, pager_of, shorter
from web.htmx import CurrentActor, HtmxRequest


class ExecutionList(Controller):
    """/executions."""

    path = "/executions"

    @get(opt={"permission": SEE_EXECUTIONS})
    async def index(self, request: HtmxRequest, actor: CurrentActor) -> Template | Redirect:
        """Newest first, narrowed by the address."""
        asked = asked_in(request, "executions")
        if redirect := shorter(request, asked):
            return redirect
        now = utc_now()
        found: Page[ExecutionListed] = Page(())
        if isinstance(asked.filters, ExecutionFilters) and not asked.problems:
            found = await list_executions(actor.team_id, asked.filters, asked.position, now)
        triggers = await trigger_choices(actor.team_id)
        workflows = await workflow_choices(actor.team_id)
        context = {"executions": found.rows, "pager": pager_of(asked, found), "now": now,
                   "triggers": triggers, "workflows": workflows}  # fmt: skip
        context |= await list_context(actor, asked, triggers, workflows)
        return answer_list(request, asked, context)
