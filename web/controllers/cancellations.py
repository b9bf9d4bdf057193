"""/executions/{id}/cancellation: end an execution that has not ended."""

from litestar import Controller, post
from litestar.params import FromPath
from litestar.response import Template

from domain.operations.cancel_execution import HasEnded, cancel_execution
from domain.rules.permissions import RUN_TRIGGERS
from web.controllers.api.views import id_in_path
from web.controllers.execution_parts import execution_answer
from web.htmx import CurrentActor, HtmxRequest, OurServices


class CancellationPages(Controller):
    """Canceling an execution."""

    path = "/executions/{execution_id:str}/cancellation"

    @post(status_code=200, opt={"permission": RUN_TRIGGERS})
    async def create(
        self,
        request: HtmxRequest,
        execution_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Template:
        """Answers with the execution as it now is in the database."""
        id_ = id_in_path(execution_id)
        try:
            services.ring_executions(await cancel_execution(actor, id_))
        except HasEnded as refused:
            trouble = refused.message
            return await execution_answer(request, actor, execution_id, trouble=trouble, status=409)
        services.feed.nudge(actor.team_id, "executions", f"execution:{id_}")
        return await execution_answer(request, actor, execution_id)
