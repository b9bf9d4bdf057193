"""The list of events."""

from litestar import Controller, get
from litestar.response import Template

from domain.rules.permissions import SEE_EVENTS
from domain.store.pages_events import (
    page_of_events,
    verdicts_of,
)
from domain.store.pages_triggers import trigger_choices
from web.htmx import CurrentActor, HtmxRequest, list_or_table
from web.presenters.pagers import filter_id, pager, position_in


class EventList(Controller):
    """/events."""

    path = "/events"

    @get(opt={"permission": SEE_EVENTS})
    async def index(self, request: HtmxRequest, actor: CurrentActor) -> Template:
        """Newest first, of one trigger if the address names it."""
        trigger_id = filter_id(request.query_params, "trigger")
        position = position_in(request.query_params)
        found = await page_of_events(actor.team_id, trigger_id, position)
        context = {
            "events": found.rows,
            "verdicts": await verdicts_of(actor.team_id, [event.id for event in found.rows]),
            "pager": pager("/events", {"trigger": trigger_id}, position, found),
            "trigger_id": trigger_id,
            "triggers": await trigger_choices(actor.team_id),
        }
        return list_or_table(request, "events", context)
