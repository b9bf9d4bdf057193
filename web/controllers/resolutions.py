"""/executions/{id}/resolution: what follows where nobody knows what a call did."""

from typing import Any

from litestar import Controller, Response, post
from litestar.params import FromPath

from domain.errors import Conflict, InvalidInput
from domain.operations.resolve_unknown import resolve_unknown
from domain.rules.permissions import RUN_TRIGGERS, Actor
from domain.rules.resolutions import resolution
from domain.store.unknown_outcomes import Held
from web.controllers.api.views import id_in_path
from web.controllers.execution_parts import execution_answer
from web.forms.reading import read_form, whole_number_in
from web.htmx import CurrentActor, HtmxRequest, OurServices, go_to
from web.services import Services


def tell(services: Services, actor: Actor, held: Held) -> None:
    """Have it run at once, if it is to go on, and tell the open pages."""
    services.ring_executions([held.id])
    topics = f"execution:{held.id}", f"trigger:{held.trigger_id}"
    services.feed.nudge(actor.team_id, "executions", *topics)


class ResolutionPages(Controller):
    """A person's word on an execution that waits for it."""

    path = "/executions/{execution_id:str}/resolution"

    @post(status_code=200, opt={"permission": RUN_TRIGGERS})
    async def create(
        self,
        request: HtmxRequest,
        execution_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """Answers with the execution as it now is in the database."""
        id_, given = id_in_path(execution_id), await read_form(request)
        attempt = whole_number_in(given.get("attempt", "")) or 0
        try:
            held = await resolve_unknown(actor, id_, resolution(given.get("resolution")), attempt)
        except InvalidInput:
            trouble = "Choose what follows."
            return await execution_answer(request, actor, execution_id, trouble=trouble, status=422)
        except Conflict as refused:
            trouble = refused.message
            return await execution_answer(request, actor, execution_id, trouble=trouble, status=409)
        tell(services, actor, held)
        return go_to(request, f"/executions/{id_}")
