"""One event: what arrived, and what was decided about it."""

from typing import Any

from litestar import Controller, Response, get
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from domain.errors import NotFound
from domain.operations.explain_decisions import explain_decisions
from domain.rules.dedupe import id_key
from domain.rules.json_values import JsonValue
from domain.rules.permissions import SEE_EVENTS, SEE_PAYLOADS, Actor
from domain.store.pages_events import (
    EventShown,
    Repeats,
    decisions_of,
    event_body,
    event_shown,
    repeats_of,
)
from domain.store.waiting_places import place_of
from web.controllers.api.views import id_in_path
from web.htmx import CurrentActor, HtmxRequest, OurServices, page, page_or_partial
from web.presenters.payload import MOST_TREE_OCTETS, document_in, download_name, payload
from web.presenters.payload_search import Matches, search
from web.presenters.payload_tree import branch
from web.presenters.places import place_shown
from web.presenters.traces import decision_shown, headers_shown, is_test, is_unlimited, note_in

LONGEST_SEARCH = 200
# Besides never being rendered as ours, what a sender wrote may do nothing if it ever were.
SANDBOX = "default-src 'none'; sandbox"


class EventPages(Controller):
    """Pages under /events/{id}."""

    path = "/events"

    @get("/{event_id:str}", opt={"permission": SEE_EVENTS})
    async def show(
        self,
        request: HtmxRequest,
        event_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
        q: FromQuery[str] = "",
    ) -> Template:
        """The decisions with their traces, and for those who may see it what was sent."""
        most = 0 if request.htmx.wants_part else MOST_TREE_OCTETS
        event = await event_shown(actor.team_id, id_in_path(event_id), most)
        if event is None:
            raise NotFound
        decisions = await decisions_of(actor.team_id, event.id)
        explained = await explain_decisions(actor.team_id, event.id, services.redactors)
        headers = headers_shown(event.headers)
        context = {
            "event": event,
            "decisions": [
                decision_shown(
                    each, event.size, explained.get(each.id), values=actor.may(SEE_PAYLOADS)
                )
                for each in decisions
            ],
            "place": place_shown(await place_of(actor.team_id, event.id)),
            "repeats": await _repeats(actor, event),
            "marks": {"is_test": is_test(headers), "is_unlimited": is_unlimited(headers)},
            "note": note_in(event.kind, headers),
            **(_sent(actor, event, headers, q) if most else {}),
        }
        return page_or_partial(request, "events/show.html", "events/_show.html", context)

    @get("/{event_id:str}/payload/rows", opt={"permission": SEE_PAYLOADS})
    async def payload_rows(
        self,
        request: HtmxRequest,
        event_id: FromPath[str],
        actor: CurrentActor,
        part: FromQuery[str],
    ) -> Template:
        """Rows of the payload's tree that the page shows folded."""
        nodes = branch(await _document(actor, event_id), part)
        if nodes is None:
            raise NotFound
        context = {"nodes": nodes, "source": f"/events/{event_id}/payload"}
        return page(request, "events/_branch.html", context)

    @get("/{event_id:str}/payload/matches", opt={"permission": SEE_PAYLOADS})
    async def payload_matches(
        self, request: HtmxRequest, event_id: FromPath[str], actor: CurrentActor, q: FromQuery[str]
    ) -> Template:
        """The keys and values of the payload that hold a text."""
        found = _search(await _document(actor, event_id), q)
        return page(request, "events/_found.html", {"found": found})

    @get("/{event_id:str}/body", opt={"permission": SEE_PAYLOADS})
    async def body(self, event_id: FromPath[str], actor: CurrentActor) -> Response[bytes]:
        """The body as it came, as a download: no browser ever renders it as ours."""
        found = await event_body(actor.team_id, id_in_path(event_id))
        if found is None:
            raise NotFound
        name = download_name(event_id, found.content_type)
        headers = {
            "content-disposition": f'attachment; filename="{name}"',
            "content-security-policy": SANDBOX,
        }
        return Response(found.body, media_type="application/octet-stream", headers=headers)


async def _document(actor: Actor, event_id: str) -> JsonValue:
    """The payload as conditions see it. Raises NotFound when the team has no such event."""
    found = await event_body(actor.team_id, id_in_path(event_id))
    if found is None:
        raise NotFound
    return document_in(found.body, found.content_type)


def _sent(
    actor: Actor, event: EventShown, headers: list[tuple[str, str]], asked: str
) -> dict[str, Any]:
    """What was sent, for those who may see it."""
    if not actor.may(SEE_PAYLOADS):
        return {"may_see_payload": False}
    shown = payload(event.body, event.size, event.content_type)
    document = document_in(event.body, event.content_type) if asked else None
    return {
        "may_see_payload": True,
        "payload": shown,
        "headers": headers,
        "found": _search(document, asked),
    }


def _search(document: JsonValue, asked: str) -> Matches | None:
    asked = asked.strip()[:LONGEST_SEARCH]
    return search(document, asked) if asked else None


async def _repeats(actor: Actor, event: EventShown) -> Repeats | None:
    own = event.sender_id
    key_hash = None if own is None else id_key(event.trigger_id, own)
    return await repeats_of(actor.team_id, event.id, key_hash)
