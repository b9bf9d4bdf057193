"""The list of events."""

from typing import Any

from litestar import Controller, get
from litestar.response import Redirect, Template

from domain.clock import utc_now
from domain.operations.search_payloads import search_payloads
from domain.rules.list_filters import EventFilters
from domain.rules.permissions import SEE_EVENTS, Actor
from domain.store.event_lists import EventListed
from domain.store.pages import Page
from domain.store.pages_events import verdicts_of
from domain.store.pages_triggers import trigger_choices
from web.controllers.list_parts import answer_list, asked_in, list_context, pager_of, shorter
from web.htmx import CurrentActor, HtmxRequest
from web.presenters.filters import Asked


async def _found(actor: Actor, asked: Asked) -> dict[str, Any]:
    found: Page[EventListed] = Page(())
    searched = False
    if isinstance(asked.filters, EventFilters) and not asked.problems:
        searched = asked.filters.payload is not None
        found = await search_payloads(actor, asked.filters, asked.position, utc_now())
    return {
        "events": found.rows,
        "verdicts": await verdicts_of(actor.team_id, [event.id for event in found.rows]),
        "pager": pager_of(asked, found),
        # A search of payloads costs too much to be done again at every event.
        "live": not searched,
    }


class EventList(Controller):
    """/events."""

    path = "/events"

    @get(opt={"permission": SEE_EVENTS})
    async def index(self, request: HtmxRequest, actor: CurrentActor) -> Template | Redirect:
        """Newest first, narrowed by the address."""
        asked = asked_in(request, "events")
        if redirect := shorter(request, asked):
            return redirect
        triggers = await trigger_choices(actor.team_id)
        context = {"triggers": triggers, **await _found(actor, asked)}
        context |= await list_context(actor, asked, triggers)
        return answer_list(request, asked, context)
