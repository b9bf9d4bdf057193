"""The ledger: the slots of the team, and those of one trigger with the map of its year."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Controller, get
from litestar.params import FromPath
from litestar.response import Redirect, Template

from domain.clock import utc_now
from domain.rules.list_filters import SlotFilters, Span
from domain.rules.permissions import SEE_TRIGGERS, Actor
from domain.rules.schedules.zones import zone_named
from domain.store.ledger import (
    SlotListed,
    latest_slots,
    list_slots,
    next_due_of,
    slot_hours,
)
from domain.store.pages import Page
from domain.store.pages_triggers import trigger_choices
from domain.store.triggers import TriggerRow
from web.controllers.list_parts import (
    answer_list,
    asked_in,
    given_in,
    list_context,
    pager_of,
    shorter,
)
from web.controllers.trigger_parts import find_or_404
from web.htmx import CurrentActor, HtmxRequest, page, page_or_partial
from web.presenters import slots as words
from web.presenters.filters import Asked, read_asked
from web.presenters.heat_maps import Cell, HeatMap, first_day, heat_map, hours_of_day
from web.presenters.samples import stored_json
from web.presenters.slots import slots_shown

LATEST = 10
# A year of a thousand schedules would be millions of counts.
_DAYS_OF_TEAM = timedelta(weeks=12)
# A day of 25 hours, when the clocks go back.
_A_DAY = timedelta(hours=25)


async def latest_slots_context(row: TriggerRow) -> dict[str, Any]:
    """What the trigger's panel of slots needs; nothing of a trigger without a schedule."""
    if row.kind != "schedule":
        return {"row": row, "slots": [], "next_due": None}
    found = await latest_slots(row.team_id, row.id, utc_now(), LATEST)
    next_due = await next_due_of(row.team_id, row.id)
    return {"row": row, "slots": slots_shown(found), "next_due": next_due}


async def _found(actor: Actor, asked: Asked) -> dict[str, Any]:
    found: Page[SlotListed] = Page(())
    if isinstance(asked.filters, SlotFilters) and not asked.problems:
        found = await list_slots(actor.team_id, asked.filters, asked.position, utc_now())
    return {"slots": slots_shown(found.rows), "pager": pager_of(asked, found), "words": words}


async def _map(
    team_id: UUID,
    trigger_id: UUID | None,
    path: str,
    *,
    begun: datetime,
    zone: ZoneInfo,
) -> HeatMap:
    """The days from `begun`, but a year at the most, whose cells lead to the list at `path`."""
    now = utc_now()
    first = first_day(begun, now, zone)
    since = datetime.combine(first, datetime.min.time(), zone) - timedelta(hours=1)
    hours = await slot_hours(team_id, trigger_id, since, now + timedelta(hours=1))
    return heat_map(hours, first, now, zone, path)


class SlotList(Controller):
    """/slots."""

    path = "/slots"

    @get(opt={"permission": SEE_TRIGGERS})
    async def index(self, request: HtmxRequest, actor: CurrentActor) -> Template | Redirect:
        """Those of all triggers, newest first, narrowed by the address."""
        asked = asked_in(request, "slots")
        if redirect := shorter(request, asked):
            return redirect
        triggers = await trigger_choices(actor.team_id)
        context = {"triggers": triggers, "row": None, "hours": (), **await _found(actor, asked)}
        context |= await list_context(actor, asked, triggers)
        return answer_list(request, asked, context)

    @get("/days", opt={"permission": SEE_TRIGGERS})
    async def days(self, request: HtmxRequest, actor: CurrentActor) -> Template:
        """The map of the last twelve weeks, of all triggers together."""
        begun, zone = utc_now() - _DAYS_OF_TEAM, ZoneInfo(request.auth["zone"] or "UTC")
        map_ = await _map(actor.team_id, None, "/slots", begun=begun, zone=zone)
        return page(request, "slots/days.html", {"map": map_, "zone_name": zone.key})


def _asked_of(request: HtmxRequest, row: TriggerRow) -> Asked:
    """What the address asks for, of this one trigger."""
    given = {name: values for name, values in given_in(request).items() if name != "trigger"}
    asked = read_asked("slots", given, at=f"/triggers/{row.id}/slots")
    if not isinstance(asked.filters, SlotFilters):
        return asked
    return replace(asked, filters=replace(asked.filters, trigger_id=row.id))


def _zone_of(row: TriggerRow) -> ZoneInfo:
    """The zone of the trigger's schedule, whose days the map shows."""
    return zone_named(stored_json(row.config).get("zone", "UTC"), "config.zone")


async def _hours(row: TriggerRow, asked: Asked) -> list[Cell]:
    """The hours of the day that the list is narrowed to, if it is."""
    span = asked.filters.span if isinstance(asked.filters, SlotFilters) else Span()
    if span.since is None or span.until is None or span.until - span.since > _A_DAY:
        return []
    found = await slot_hours(row.team_id, row.id, span.since - timedelta(hours=1), span.until)
    return hours_of_day(found, span.since, span.until, _zone_of(row))


class SlotsOfTrigger(Controller):
    """/triggers/{id}/slots."""

    path = "/triggers/{trigger_id:str}/slots"

    @get(opt={"permission": SEE_TRIGGERS})
    async def index(
        self, request: HtmxRequest, trigger_id: FromPath[str], actor: CurrentActor
    ) -> Template | Redirect:
        """The map of the last twelve months, and the list."""
        row = await find_or_404(actor, trigger_id)
        asked, zone = _asked_of(request, row), _zone_of(row)
        if redirect := shorter(request, asked):
            return redirect
        map_ = None
        if not request.htmx.wants_part:
            begun = row.created_at
            map_ = await _map(row.team_id, row.id, asked.path, begun=begun, zone=zone)
        context: Mapping[str, Any] = {
            "row": row,
            "triggers": (),
            "map": map_,
            "zone_name": zone.key,
            "hours": await _hours(row, asked),
            **await _found(actor, asked),
            **await list_context(actor, asked),
        }
        return answer_list(request, asked, context, index="of_trigger")

    @get("/latest", opt={"permission": SEE_TRIGGERS})
    async def latest(
        self, request: HtmxRequest, trigger_id: FromPath[str], actor: CurrentActor
    ) -> Template:
        """The latest few, and when it is due next."""
        context = await latest_slots_context(await find_or_404(actor, trigger_id))
        return page_or_partial(request, "slots/latest.html", "slots/_latest.html", context)
