"""/triggers/{id}/backfills: slots of the past that somebody has run after all."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from domain.clock import utc_now
from domain.errors import Conflict, InvalidInput, NotFound
from domain.operations.cancel_backfill import BackfillHasEnded, cancel_backfill
from domain.operations.start_backfill import slots_of_range, start_backfill
from domain.rules.instants import rfc3339
from domain.rules.permissions import EDIT_TRIGGERS, SEE_TRIGGERS
from domain.rules.schedules.zones import zone_named
from domain.store.backfills import find_backfill, page_of_backfills, slots_of
from domain.store.pages import Position
from domain.store.triggers import TriggerRow
from web.controllers.api.views import id_in_path
from web.controllers.trigger_parts import find_or_404
from web.forms.backfill import BackfillForm
from web.forms.reading import FORM, Errors, read_form, whole_number_in
from web.htmx import CurrentActor, HtmxRequest, OurServices, go_to, page, page_or_partial
from web.presenters import backfills as shown
from web.presenters.samples import stored_json
from web.services import Services


def nudge_backfill(services: Services, row: TriggerRow, backfill_id: UUID) -> None:
    """Tell the team's open pages that a backfill changed."""
    services.feed.nudge(row.team_id, f"backfill:{backfill_id}", f"backfills:{row.id}")


async def _choice(
    request: HtmxRequest, row: TriggerRow, form: BackfillForm, errors: Errors, status: int = 200
) -> Template:
    """The form, and the slots of the time that it names."""
    context: dict[str, Any] = {"row": row, "form": form, "errors": errors, "summary": None}
    if form.asked and not {"from", "to", "zone"} & errors.keys():
        try:
            context |= await _slots(row, form, request.query_params.get("page", ""))
        except InvalidInput as refused:
            context["errors"], status = {**errors, **form.errors(refused)}, 400
    return page(request, "backfills/new.html", context, status=status)


async def _slots(row: TriggerRow, form: BackfillForm, number: str) -> dict[str, Any]:
    since, until = form.range(utc_now())
    slots = await slots_of_range(row, since, until)
    part = shown.part_of(whole_number_in(number), len(slots))
    zone = _zone_of(row)
    return {
        "summary": shown.summary_of(slots),
        "lines": shown.past_lines(zone, slots[part.offset : part.offset + shown.PAGE]),
        "part": part,
        "zone_name": zone.key,
        # What is shown is what is started: an open end is now, and not when the button is pressed.
        "since": rfc3339(since),
        "until": rfc3339(until),
    }


def _zone_of(row: TriggerRow) -> ZoneInfo:
    """Where the trigger's schedule stands; UTC for what has none."""
    return zone_named(stored_json(row.config).get("zone", "UTC"), "zone")


async def _one(
    request: HtmxRequest, row: TriggerRow, backfill_id: str, number: str = "", status: int = 200
) -> Template:
    found = await find_backfill(row.team_id, row.id, id_in_path(backfill_id))
    if found is None:
        raise NotFound
    part = shown.part_of(whole_number_in(number), found.total)
    zone = _zone_of(row)
    slots = await slots_of(row.team_id, found.id, offset=part.offset, limit=shown.PAGE)
    context = {
        "row": row,
        "shown": shown.backfill_shown(found),
        "lines": shown.backfilled_lines(zone, slots),
        "part": part,
        "zone_name": zone.key,
    }
    whole, partial = "backfills/show.html", "backfills/_show.html"
    return page_or_partial(request, whole, partial, context, status=status)


class BackfillPages(Controller):
    """Backfills of one trigger."""

    path = "/triggers/{trigger_id:str}/backfills"

    @get(opt={"permission": SEE_TRIGGERS})
    async def index(
        self, request: HtmxRequest, trigger_id: FromPath[str], actor: CurrentActor
    ) -> Template:
        """Newest first."""
        row = await find_or_404(actor, trigger_id)
        found = await page_of_backfills(row.team_id, row.id, Position())
        context = {"row": row, "backfills": [shown.backfill_shown(each) for each in found.rows]}
        return page_or_partial(request, "backfills/index.html", "backfills/_list.html", context)

    @get("/new", opt={"permission": EDIT_TRIGGERS})
    async def new(
        self, request: HtmxRequest, trigger_id: FromPath[str], actor: CurrentActor
    ) -> Template:
        """Choose a time, and see its slots. Changes nothing."""
        row = await find_or_404(actor, trigger_id)
        form = BackfillForm.typed({"zone": request.auth["zone"] or "", **request.query_params})
        return await _choice(request, row, form, {})

    @post(status_code=200, opt={"permission": EDIT_TRIGGERS})
    async def start(
        self,
        request: HtmxRequest,
        trigger_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """On to its page, or the slots again with what was typed."""
        row = await find_or_404(actor, trigger_id)
        form = BackfillForm.typed(await read_form(request))
        try:
            started = await start_backfill(actor, row.id, form.draft(utc_now()))
        except InvalidInput as refused:
            return await _choice(request, row, form, form.errors(refused), 422)
        except Conflict as refused:
            return await _choice(request, row, form, {FORM: [refused.message]}, 409)
        nudge_backfill(services, row, started)
        return go_to(request, f"/triggers/{row.id}/backfills/{started}")

    @get("/{backfill_id:str}", opt={"permission": SEE_TRIGGERS})
    async def show(
        self,
        request: HtmxRequest,
        trigger_id: FromPath[str],
        backfill_id: FromPath[str],
        actor: CurrentActor,
        page: FromQuery[str] = "",
    ) -> Template:
        """How far it is, and what became of its slots."""
        return await _one(request, await find_or_404(actor, trigger_id), backfill_id, page)

    @post("/{backfill_id:str}/cancellation", status_code=200, opt={"permission": EDIT_TRIGGERS})
    async def cancel(
        self,
        request: HtmxRequest,
        trigger_id: FromPath[str],
        backfill_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """Answers with the backfill as it now is in the database."""
        row, id_, status = await find_or_404(actor, trigger_id), id_in_path(backfill_id), 200
        try:
            await cancel_backfill(actor, row.id, id_)
        except BackfillHasEnded:
            status = 409
        nudge_backfill(services, row, id_)
        return await _one(request, row, backfill_id, status=status)
