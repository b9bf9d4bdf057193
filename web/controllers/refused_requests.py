"""Requests that hooks refused: the team's list, and the latest of one trigger."""

from typing import Any

from litestar import Controller, get
from litestar.params import FromPath
from litestar.response import Template

from domain.rules.ids import parse_id
from domain.rules.permissions import SEE_REFUSED
from domain.store.pages import Position
from domain.store.pages_triggers import trigger_choices
from domain.store.refused_requests import page_of_refused, reasons_of_refused
from domain.store.triggers import TriggerRow
from web.controllers.trigger_parts import find_or_404
from web.htmx import CurrentActor, HtmxRequest, list_or_table, page_or_partial
from web.presenters.pagers import pager, position_in
from web.presenters.refusals import reason_choices, refused_row

LATEST = 5


async def latest_refused(row: TriggerRow) -> dict[str, Any]:
    """What the trigger's panel of refused requests needs."""
    found = await page_of_refused(row.team_id, row.id, None, Position(), size=LATEST)
    return {"row": row, "refused": [refused_row(one) for one in found.rows]}


class RefusedRequestList(Controller):
    """/refused."""

    path = "/refused"

    @get(opt={"permission": SEE_REFUSED})
    async def index(self, request: HtmxRequest, actor: CurrentActor) -> Template:
        """Newest first; of one trigger and for one reason if the address says so."""
        query = request.query_params
        reasons = await reasons_of_refused(actor.team_id)
        trigger_id = parse_id(query.get("trigger", ""))
        reason = query.get("reason") if query.get("reason") in reasons else None
        position = position_in(query)
        found = await page_of_refused(actor.team_id, trigger_id, reason, position)
        filters = {"trigger": trigger_id, "reason": reason}
        context = {
            "refused": [refused_row(one) for one in found.rows],
            "pager": pager("/refused", filters, position, found),
            "trigger_id": trigger_id,
            "reason": reason,
            "triggers": await trigger_choices(actor.team_id),
            "reasons": reason_choices(reasons),
        }
        return list_or_table(request, "refused", context)


class RefusedOfTrigger(Controller):
    """/triggers/{id}/refused."""

    path = "/triggers/{trigger_id:str}/refused"

    @get(opt={"permission": SEE_REFUSED})
    async def index(
        self, request: HtmxRequest, trigger_id: FromPath[str], actor: CurrentActor
    ) -> Template:
        """The latest few."""
        context = await latest_refused(await find_or_404(actor, trigger_id))
        return page_or_partial(request, "refused/show.html", "refused/_latest.html", context)
