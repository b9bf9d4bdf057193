"""/api/v1/triggers/{id}/backfills: thin handlers; the guard has seen to the permission."""

from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

from litestar import Controller, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from domain.clock import utc_now
from domain.errors import InvalidInput, NotFound
from domain.operations.cancel_backfill import cancel_backfill
from domain.operations.start_backfill import BackfillDraft, start_backfill
from domain.rules.backfills import Which
from domain.rules.list_addresses import instant_in
from domain.rules.permissions import EDIT_TRIGGERS, SEE_TRIGGERS
from domain.store.backfills import find_backfill, page_of_backfills
from domain.store.triggers import TriggerRow
from web.controllers.api.bodies import Body
from web.controllers.api.calendar_shapes import BackfillView, StartBackfill, backfill_view
from web.controllers.api.lists import DEFAULT_LIMIT, paging
from web.controllers.api.problems import PROBLEMS
from web.controllers.api.shapes import Page
from web.controllers.api.views import id_in_path
from web.controllers.backfills import nudge_backfill
from web.controllers.trigger_parts import find_or_404
from web.services import CurrentActor, OurServices


def _instant(text: str, field: str) -> datetime:
    try:
        return instant_in(text, ZoneInfo("UTC"))
    except ValueError:
        raise InvalidInput.at(field, "is not a time, such as 2026-11-23T14:30:00Z") from None


def _draft(data: StartBackfill) -> BackfillDraft:
    until = utc_now() if data.until is None else _instant(data.until, "to")
    which = cast("Which", data.which)  # which one it is, the operation sees to
    return BackfillDraft(_instant(data.since, "from"), until, data.per_minute, which, data.note)


async def _view(row: TriggerRow, backfill_id: str) -> BackfillView:
    found = await find_backfill(row.team_id, row.id, id_in_path(backfill_id))
    if found is None:
        raise NotFound
    return backfill_view(found)


class BackfillController(Controller):
    """Backfills: slots of the past that are run after all, at a chosen rate."""

    path = "/triggers/{trigger_id:str}/backfills"
    tags = ("Backfills",)

    @get(opt={"permission": SEE_TRIGGERS}, responses=PROBLEMS, summary="List backfills")
    async def list_backfills(
        self,
        *,
        trigger_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
        limit: FromQuery[int] = DEFAULT_LIMIT,
        cursor: FromQuery[str | None] = None,
    ) -> Page[BackfillView]:
        """Newest first."""
        row = await find_or_404(actor, trigger_id)
        wanted = paging(services, actor, f"backfills/{row.id}", limit, cursor)
        found = await page_of_backfills(actor.team_id, row.id, wanted.position, size=wanted.limit)
        return wanted.found(found, backfill_view)

    @post(
        dto=Body[StartBackfill],
        return_dto=None,
        opt={"permission": EDIT_TRIGGERS},
        responses=PROBLEMS,
        summary="Start a backfill",
    )
    async def start(
        self,
        trigger_id: FromPath[str],
        data: JSONBody[StartBackfill],
        actor: CurrentActor,
        services: OurServices,
    ) -> BackfillView:
        """Its slots run beside each other, whatever the schedule says of overlaps. One at a time:
        409 while another one of the trigger runs, or while the trigger is off."""
        row = await find_or_404(actor, trigger_id)
        started = await start_backfill(actor, row.id, _draft(data))
        nudge_backfill(services, row, started)
        return await _view(row, str(started))

    @get(
        "/{backfill_id:str}",
        opt={"permission": SEE_TRIGGERS},
        responses=PROBLEMS,
        summary="Show a backfill",
    )
    async def show(
        self, trigger_id: FromPath[str], backfill_id: FromPath[str], actor: CurrentActor
    ) -> BackfillView:
        """How far it is."""
        return await _view(await find_or_404(actor, trigger_id), backfill_id)

    @post(
        "/{backfill_id:str}/cancellation",
        status_code=200,
        opt={"permission": EDIT_TRIGGERS},
        responses=PROBLEMS,
        summary="Cancel a backfill",
    )
    async def cancel(
        self,
        trigger_id: FromPath[str],
        backfill_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> BackfillView:
        """What has been released goes on. One that has ended cannot be canceled (409)."""
        row, id_ = await find_or_404(actor, trigger_id), id_in_path(backfill_id)
        await cancel_backfill(actor, row.id, id_)
        nudge_backfill(services, row, id_)
        return await _view(row, backfill_id)
