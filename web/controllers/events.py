"""One event: what arrived, and what was decided about it."""

from litestar import Controller, Response, get
from litestar.params import FromPath
from litestar.response import Template

from domain.errors import NotFound
from domain.operations.receive_event import scoped_key
from domain.rules.permissions import SEE_EVENTS, SEE_PAYLOADS, Actor
from domain.store.pages_events import (
    EventShown,
    Repeats,
    decisions_of,
    event_body,
    event_shown,
    repeats_of,
)
from web.controllers.api.views import id_in_path
from web.htmx import CurrentActor, HtmxRequest, page_or_partial
from web.presenters.payload import MOST_SHOWN_OCTETS, download_name, payload
from web.presenters.traces import decision_shown, headers_shown


class EventPages(Controller):
    """Pages under /events/{id}."""

    path = "/events"

    @get("/{event_id:str}", opt={"permission": SEE_EVENTS})
    async def show(
        self, request: HtmxRequest, event_id: FromPath[str], actor: CurrentActor
    ) -> Template:
        """The decisions with their traces, and for those who may see it what was sent."""
        event = await event_shown(actor.team_id, id_in_path(event_id), MOST_SHOWN_OCTETS)
        if event is None:
            raise NotFound
        decisions = await decisions_of(actor.team_id, event.id)
        context = {
            "event": event,
            "decisions": [decision_shown(decision) for decision in decisions],
            "repeats": await _repeats(actor, event),
            "payload": payload(event.body, event.size),
            "headers": headers_shown(event.headers),
            "may_see_payload": actor.may(SEE_PAYLOADS),
        }
        return page_or_partial(request, "events/show.html", "events/_show.html", context)

    @get("/{event_id:str}/body", opt={"permission": SEE_PAYLOADS})
    async def body(self, event_id: FromPath[str], actor: CurrentActor) -> Response[bytes]:
        """The body as it came, as a download: no browser ever renders it as ours."""
        found = await event_body(actor.team_id, id_in_path(event_id))
        if found is None:
            raise NotFound
        name = download_name(event_id, found.content_type)
        headers = {"content-disposition": f'attachment; filename="{name}"'}
        return Response(found.body, media_type="application/octet-stream", headers=headers)


async def _repeats(actor: Actor, event: EventShown) -> Repeats | None:
    if event.sender_id is None:
        return None
    key_hash = scoped_key(event.trigger_id, event.sender_id)
    return await repeats_of(actor.team_id, event.id, key_hash)
