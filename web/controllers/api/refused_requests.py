"""/api/v1/refused-requests: a thin handler; the guard has seen to the permission."""

from litestar import Controller, get
from litestar.params import FromQuery

from domain.rules.permissions import SEE_REFUSED
from domain.store.pages import Position
from domain.store.refused_requests import page_of_refused
from web.controllers.api.lists import DEFAULT_LIMIT, paging
from web.controllers.api.problems import PROBLEMS
from web.controllers.api.shapes import Page, RefusedRequestView
from web.controllers.api.views import id_in_field, refused_request_view
from web.services import CurrentActor, OurServices


class RefusedRequestController(Controller):
    """Requests that hooks refused: a sample, kept for 30 days, at most 200 of a trigger."""

    path = "/refused-requests"
    tags = ("Triggers",)

    @get(opt={"permission": SEE_REFUSED}, responses=PROBLEMS, summary="List refused requests")
    async def list_refused_requests(
        self,
        *,
        actor: CurrentActor,
        services: OurServices,
        limit: FromQuery[int] = DEFAULT_LIMIT,
        cursor: FromQuery[str | None] = None,
        trigger_id: FromQuery[str | None] = None,
        reason: FromQuery[str | None] = None,
    ) -> Page[RefusedRequestView]:
        """Newest first."""
        wanted = paging(services, actor, "refused-requests", limit, cursor)
        page = await page_of_refused(
            actor.team_id,
            id_in_field(trigger_id, "trigger_id"),
            reason,
            Position(after=wanted.before),
            size=wanted.fetched,
        )
        return wanted.page(page.rows, refused_request_view, lambda row: row.id)
