"""How reliable the schedules were: of the whole installation, and each of the team's."""

from typing import Any

from litestar import Controller, get
from litestar.response import Template

from domain.clock import utc_now
from domain.rules.list_filters import SlotFilters, Span
from domain.rules.permissions import SEE_TRIGGERS, Actor
from domain.store.canaries import canary_records
from domain.store.ledger import list_slots
from domain.store.pages import Position
from domain.store.reliability import counts_of_triggers, page_of_schedules, system_counts
from web.htmx import CurrentActor, HtmxRequest, page_or_partial
from web.presenters.pagers import pager, position_in
from web.presenters.reliability import (
    canaries_shown,
    skew_chart,
    triggers_shown,
    windows_shown,
)
from web.presenters.slots import slots_shown

PATH = "/reliability"
LATEST_MISSED = 5


async def _system() -> dict[str, Any]:
    counts = await system_counts()
    return {
        "windows": windows_shown(counts.slots),
        "skew": skew_chart(counts.skews),
        "canaries": canaries_shown(await canary_records()),
    }


async def _team(actor: Actor, position: Position) -> dict[str, Any]:
    now = utc_now()
    found = await page_of_schedules(actor.team_id, position)
    counts = await counts_of_triggers(actor.team_id, [row.id for row in found.rows], now)
    missed = SlotFilters(states=("missed",), span=Span("7d"))
    latest = await list_slots(actor.team_id, missed, Position(), now, size=LATEST_MISSED)
    return {
        "triggers": triggers_shown(found.rows, counts),
        "pager": pager(PATH, {}, position, found),
        "slots": slots_shown(latest.rows),
    }


class ReliabilityPages(Controller):
    """/reliability."""

    path = PATH

    @get(opt={"permission": SEE_TRIGGERS})
    async def index(self, request: HtmxRequest, actor: CurrentActor) -> Template:
        """What ran in time, of what was to run."""
        position = position_in(request.query_params)
        context = {**await _system(), **await _team(actor, position)}
        return page_or_partial(
            request, "reliability/index.html", "reliability/_panel.html", context
        )
