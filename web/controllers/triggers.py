"""One trigger: its page."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, delete, get
from litestar.params import FromPath
from litestar.response import Template

from domain.clock import utc_now
from domain.errors import NotFound
from domain.operations.delete_trigger import delete_trigger
from domain.rules.holding import HOLDING_KINDS
from domain.rules.permissions import (
    EDIT_TRIGGERS,
    SEE_REFUSED,
    SEE_TRIGGERS,
    SEND_TEST_EVENTS,
    Actor,
)
from domain.store.pages import Position
from domain.store.pages_destinations import with_open_breakers
from domain.store.pages_events import page_of_events, verdicts_of
from domain.store.pages_triggers import hours_of_triggers, listed_trigger
from domain.store.refused_requests import refusals_by_reason
from domain.store.triggers import TriggerRow
from domain.store.waiting_events import held_of
from web.controllers.api.views import hook_url, id_in_path
from web.controllers.destinations import destinations_context
from web.controllers.limit_usage import limits_context
from web.controllers.refused_requests import latest_refused
from web.controllers.shadows import shadow_context
from web.controllers.slots import latest_slots_context
from web.controllers.test_events import form_context, sample_form
from web.controllers.trigger_parts import find_or_404
from web.controllers.trigger_secrets import secrets_context
from web.controllers.trigger_sources import source_context
from web.controllers.trigger_versions import LATEST_VERSIONS, versions_page
from web.htmx import (
    CurrentActor,
    HtmxRequest,
    OurServices,
    go_to,
    page,
)
from web.presenters.charts import hours_of
from web.presenters.health import TriggerRowShown, trigger_row
from web.presenters.refusals import TurnedAway, turned_away
from web.presenters.triggers import trigger_shown
from web.services import Services

RECENT_EVENTS = 10


async def row_shown(team_id: UUID, trigger_id: UUID) -> TriggerRowShown:
    """The trigger as its list shows it. Raises NotFound."""
    found, now = await listed_trigger(team_id, trigger_id), utc_now()
    if found is None:
        raise NotFound
    counts = await hours_of_triggers(team_id, [trigger_id], hours_of(now)[0])
    away = await with_open_breakers(team_id, [trigger_id])
    return trigger_row(found, counts[trigger_id], now, away)


async def shown(request: HtmxRequest, services: Services, row: TriggerRow) -> dict[str, Any]:
    """What is read again whenever the trigger or its events change."""
    actor: Actor = request.user
    events = await page_of_events(actor.team_id, row.id, Position(), size=RECENT_EVENTS)
    ids = [event.id for event in events.rows]
    url = hook_url(services.settings, actor, row.hook_token)
    wanted = row.hook_token and not ids and actor.may(SEE_REFUSED)
    refused = await _turned_away(row) if wanted else []
    return {
        **await source_context(row, request.auth["zone"]),
        **await destinations_context(actor, services, row.id),
        "held": None if row.enabled else await held_of(row.team_id, row.id),
        "can_hold": row.kind in HOLDING_KINDS,
        "turned_away": refused,
        "listed": await row_shown(actor.team_id, row.id),
        "trigger": trigger_shown(row, url),
        "events": events.rows,
        "verdicts": await verdicts_of(actor.team_id, ids),
    }


async def _turned_away(row: TriggerRow) -> list[TurnedAway]:
    """Why nothing came through: what the door refused instead."""
    return turned_away(await refusals_by_reason(row.team_id, row.id))


async def _parts(actor: Actor, services: Services, row: TriggerRow) -> dict[str, Any]:
    """The panels below, each of which is read again by itself; those that the role may see."""
    versions = await versions_page(row, None, LATEST_VERSIONS)
    parts: dict[str, Any] = {"shown": versions, "latest": True, **await shadow_context(row)}
    parts |= await limits_context(actor, services, row)
    if row.kind == "schedule":
        parts |= await latest_slots_context(row)
    if row.hook_token and actor.may(SEND_TEST_EVENTS):
        parts |= form_context(row, sample_form(row))
    if row.hook_token and actor.may(EDIT_TRIGGERS):
        parts |= {"rotated": None, "errors": {}, **await secrets_context(row)}
    if row.hook_token and actor.may(SEE_REFUSED):
        parts |= await latest_refused(row)
    return parts


class TriggerPages(Controller):
    """Pages under /triggers/{id}."""

    path = "/triggers"

    @get("/{trigger_id:str}", opt={"permission": SEE_TRIGGERS})
    async def show(
        self,
        request: HtmxRequest,
        trigger_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Template:
        """How to reach it, what it asks for, and what came lately."""
        row = await find_or_404(actor, trigger_id)
        context = await shown(request, services, row)
        if request.htmx.wants_part:
            return page(request, "triggers/_show.html", context)
        context |= await _parts(actor, services, row)
        return page(request, "triggers/show.html", context)

    @delete("/{trigger_id:str}", status_code=200, opt={"permission": EDIT_TRIGGERS})
    async def remove(
        self,
        request: HtmxRequest,
        trigger_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """Its address answers 404 from now on."""
        id_ = id_in_path(trigger_id)
        await delete_trigger(actor, id_)
        # Lists only: a page of it has nothing left to read again.
        services.feed.nudge(actor.team_id, "triggers")
        return go_to(request, "/triggers")
