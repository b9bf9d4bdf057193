"""Executions: what was run, try by try."""

from litestar import Controller, get
from litestar.params import FromPath
from litestar.response import Template

from domain.clock import utc_now
from domain.errors import NotFound
from domain.rules.permissions import SEE_EXECUTIONS, SEE_PAYLOADS
from domain.store.pages_executions import (
    ExecutionFilters,
    attempts_of,
    execution_shown,
    page_of_executions,
    steps_of,
)
from domain.store.pages_triggers import trigger_choices, workflow_choices
from web.controllers.api.views import id_in_path
from web.htmx import CurrentActor, HtmxRequest, list_or_table, page_or_partial
from web.presenters.attempts import all_attempts, steps_by_attempt
from web.presenters.pagers import filter_id, filter_word, pager, position_in
from web.presenters.timeline import timeline
from web.presenters.words import STATES


class ExecutionPages(Controller):
    """Pages under /executions."""

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

    @get("/{execution_id:str}", opt={"permission": SEE_EXECUTIONS})
    async def show(
        self, request: HtmxRequest, execution_id: FromPath[str], actor: CurrentActor
    ) -> Template:
        """The timeline, and below it every step with its request and response."""
        execution = await execution_shown(actor.team_id, id_in_path(execution_id))
        if execution is None:
            raise NotFound
        attempts = all_attempts(execution, await attempts_of(actor.team_id, execution.id))
        steps, now = await steps_of(actor.team_id, execution.id), utc_now()
        context = {
            "execution": execution,
            "attempts": attempts,
            "steps": steps_by_attempt(steps),
            "timeline": timeline(execution.created_at, execution.due_at, attempts, steps, now),
            "may_see_payload": actor.may(SEE_PAYLOADS),
            "now": now,
        }
        return page_or_partial(request, "executions/show.html", "executions/_show.html", context)
