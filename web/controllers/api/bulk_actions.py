"""/api/v1/bulk-actions: replay or cancel many executions, under a name."""

from litestar import Controller, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from domain.clock import utc_now
from domain.errors import NotFound
from domain.operations.cancel_bulk_action import cancel_bulk_action
from domain.operations.start_bulk_action import check_selection, start_bulk_action
from domain.rules.permissions import RUN_TRIGGERS, SEE_EXECUTIONS, Actor
from domain.store.bulk_actions import (
    count_chosen,
    find_bulk_action,
    outcomes_of,
    page_of_bulk_actions,
)
from web.controllers.api.bodies import Body
from web.controllers.api.bulk_shapes import (
    BulkActionDetail,
    BulkActionView,
    BulkPreviewView,
    ChooseExecutions,
    StartBulkAction,
    bulk_action_detail,
    bulk_action_view,
    bulk_draft,
    selection_of,
)
from web.controllers.api.lists import DEFAULT_LIMIT, paging
from web.controllers.api.problems import PROBLEMS
from web.controllers.api.shapes import Page
from web.controllers.api.views import id_in_path
from web.presenters.bulk_actions import preview_of
from web.services import CurrentActor, OurServices


async def _detail(actor: Actor, bulk_id: str) -> BulkActionDetail:
    found = await find_bulk_action(actor.team_id, id_in_path(bulk_id))
    if found is None:
        raise NotFound
    return bulk_action_detail(found, await outcomes_of(actor.team_id, found.id))


class BulkActionController(Controller):
    """Bulk actions: something done to many executions, chosen once and worked off in portions."""

    path = "/bulk-actions"
    tags = ("Bulk actions",)

    @get(opt={"permission": SEE_EXECUTIONS}, responses=PROBLEMS, summary="List bulk actions")
    async def list_bulk_actions(
        self,
        *,
        actor: CurrentActor,
        services: OurServices,
        limit: FromQuery[int] = DEFAULT_LIMIT,
        cursor: FromQuery[str | None] = None,
    ) -> Page[BulkActionView]:
        """Newest first."""
        wanted = paging(services, actor, "bulk-actions", limit, cursor)
        found = await page_of_bulk_actions(actor.team_id, wanted.position, size=wanted.limit)
        return wanted.found(found, bulk_action_view)

    @post(
        "/previews",
        dto=Body[ChooseExecutions],
        return_dto=None,
        status_code=200,
        opt={"permission": RUN_TRIGGERS},
        responses=PROBLEMS,
        summary="Preview a bulk action",
    )
    async def preview(
        self, data: JSONBody[ChooseExecutions], actor: CurrentActor
    ) -> BulkPreviewView:
        """How many executions it would come to, and how many are left out because of their state.
        Changes nothing."""
        selection = selection_of(data)
        check_selection(data.kind, selection)
        counted = await count_chosen(actor.team_id, selection, utc_now())
        return BulkPreviewView.of(preview_of(data.kind, counted))

    @post(
        dto=Body[StartBulkAction],
        return_dto=None,
        opt={"permission": RUN_TRIGGERS},
        responses=PROBLEMS,
        summary="Start a bulk action",
    )
    async def start(
        self, data: JSONBody[StartBulkAction], actor: CurrentActor, services: OurServices
    ) -> BulkActionDetail:
        """The executions are chosen now; the clock takes them up within a second. An empty filter
        is refused (409)."""
        started = await start_bulk_action(actor, bulk_draft(data))
        services.feed.nudge(actor.team_id, "bulk_actions")
        return await _detail(actor, str(started))

    @get(
        "/{bulk_id:str}",
        opt={"permission": SEE_EXECUTIONS},
        responses=PROBLEMS,
        summary="Show a bulk action",
    )
    async def show(self, bulk_id: FromPath[str], actor: CurrentActor) -> BulkActionDetail:
        """How far it is, and what became of its executions since."""
        return await _detail(actor, bulk_id)

    @post(
        "/{bulk_id:str}/cancellation",
        status_code=200,
        opt={"permission": RUN_TRIGGERS},
        responses=PROBLEMS,
        summary="Cancel a bulk action",
    )
    async def cancel(
        self, bulk_id: FromPath[str], actor: CurrentActor, services: OurServices
    ) -> BulkActionDetail:
        """What it has done stays done. One that has ended cannot be canceled (409)."""
        await cancel_bulk_action(actor, id_in_path(bulk_id))
        services.feed.nudge(actor.team_id, "bulk_actions", f"bulk:{bulk_id}")
        return await _detail(actor, bulk_id)
