"""The first page."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from litestar import get
from litestar.response import Template

from domain.clock import utc_now
from domain.rules.list_filters import ExecutionFilters
from domain.rules.permissions import SEE_REFUSED, SEE_TRIGGERS, Actor
from domain.store.pages import Position
from domain.store.pages_events import page_of_events, verdicts_of
from domain.store.pages_executions import page_of_executions
from domain.store.pages_overview import first_steps, troubled_triggers, waiting
from domain.store.pages_triggers import hours_of_team
from web.htmx import CurrentActor, HtmxRequest, page_or_partial
from web.presenters.charts import hours_chart, hours_of, hours_table
from web.presenters.overview import attention

LATEST = 8
LATE_AFTER = timedelta(minutes=1)
DAY = timedelta(hours=24)


@get("/", opt={"permission": SEE_TRIGGERS})
async def overview(request: HtmxRequest, actor: CurrentActor) -> Template:
    """24 hours in figures, what needs someone, and what came last."""
    now = utc_now()
    since = hours_of(now)[0]
    counts = await hours_of_team(actor.team_id, since)
    context = {
        "chart": hours_chart(counts, now, width=960, height=104),
        "hours": hours_table(counts, now),
        "first_hour": since,
        "now": now,
        "attention": await _attention(actor),
        "steps": await first_steps(actor.team_id),
        **await _latest(actor.team_id),
    }
    return page_or_partial(request, "overview/index.html", "overview/_panel.html", context)


async def _attention(actor: Actor) -> list[Any]:
    now = utc_now()
    troubled = await troubled_triggers(actor.team_id, now - DAY)
    late = await waiting(actor.team_id, now - LATE_AFTER)
    return attention(late, troubled, may_see_refused=actor.may(SEE_REFUSED))


async def _latest(team_id: UUID) -> dict[str, Any]:
    events = (await page_of_events(team_id, None, Position(), size=LATEST)).rows
    executions = await page_of_executions(team_id, ExecutionFilters(), Position(), size=LATEST)
    return {
        "events": events,
        "verdicts": await verdicts_of(team_id, [event.id for event in events]),
        "executions": executions.rows,
    }
