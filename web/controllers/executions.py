"""One execution: what was run, try by try."""

from litestar import Controller, get
from litestar.params import FromPath
from litestar.response import Template

from domain.rules.permissions import SEE_EXECUTIONS
from web.controllers.execution_parts import execution_answer
from web.htmx import CurrentActor, HtmxRequest


class ExecutionPages(Controller):
    """Pages under /executions/{id}."""

    path = "/executions"

    @get("/{execution_id:str}", opt={"permission": SEE_EXECUTIONS})
    async def show(
        self, request: HtmxRequest, execution_id: FromPath[str], actor: CurrentActor
    ) -> Template:
        """The timeline, and below it every step with its request and response."""
        return await execution_answer(request, actor, execution_id)
