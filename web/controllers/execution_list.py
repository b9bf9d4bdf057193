"""The list of executions."""

from litestar import Controller, get
from litestar.response import Template

from domain.clock import utc_now
from domain.rules.permissions import SEE_EXECUTIONS
from domain.store.pages_executions import (
    ExecutionFilters,
    page_of_executions,
)
from domain.store.pages_triggers import trigger_choices, workflow_choices
from web.htmx import CurrentActor, HtmxRequest, list_or_table
from web.presenters.pagers import filter_id, filter_word, pager, position_in
from web.presenters.words import STATES


class ExecutionList(Controller):
    """/executions."""

    path = "/executions"

    @get(opt={"permission": SEE_EXECUTIONS})
    async def index(self, request: HtmxRequest, actor: CurrentActor) -> Template:
        """Newest first, narrowed by the address."""
        query = request.query_params
        filters = ExecutionFilters(
            filter_word(query, "state", STATES),
            filter_id(query, "trigger"),
            filter_id(query, "workflow"),
        )
        position = position_in(query)
        found = await page_of_executions(actor.team_id, filters, position)
        named = {
            "state": filters.state,
            "trigger": filters.trigger_id,
            "workflow": filters.workflow_id,
        }
        context = {
            "executions": found.rows,
            "now": utc_now(),
            "pager": pager("/executions", named, position, found),
            "filters": named,
            "states": STATES,
            "triggers": await trigger_choices(actor.team_id),
            "workflows": await workflow_choices(actor.team_id),
        }
        return list_or_table(request, "executions", context)
