"""One execution: what was run, try by try."""

from litestar import Controller, get
from litestar.params import FromPath
from litestar.response import Template

from domain.clock import utc_now
from domain.errors import NotFound
from domain.rules.permissions import SEE_EXECUTIONS, SEE_PAYLOADS
from domain.store.pages_executions import (
    attempts_of,
    execution_shown,
    steps_of,
)
from web.controllers.api.views import id_in_path
from web.htmx import CurrentActor, HtmxRequest, page_or_partial
from web.presenters.attempts import all_attempts, steps_by_attempt
from web.presenters.timeline import timeline


class ExecutionPages(Controller):
    """Pages under /executions/{id}."""

    path = "/executions"

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
