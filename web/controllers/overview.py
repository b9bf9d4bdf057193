"""The first page."""

from datetime import timedelta

from litestar import get
from litestar.response import Template

from domain.clock import utc_now
from domain.rules.permissions import SEE_TRIGGERS
from domain.store.pages import Position
from domain.store.pages_events import page_of_events, verdicts_of
from domain.store.pages_executions import ExecutionFilters, page_of_executions
from domain.store.pages_triggers import hours_of_team, trigger_choices, troubled_triggers
from web.htmx import CurrentActor, HtmxRequest, page_or_partial
from web.presenters.charts import hours_chart, hours_of

LATEST = 8


@get("/", opt={"permission": SEE_TRIGGERS})
async def overview(request: HtmxRequest, actor: CurrentActor) -> Template:
    """24 hours in figures, what needs someone, and what came last."""
    team_id, now = actor.team_id, utc_now()
    since = hours_of(now)[0]
    events = await page_of_events(team_id, None, Position(), size=LATEST)
    context = {
        "chart": hours_chart(await hours_of_team(team_id, since), now, width=960, height=104),
        "first_hour": since,
        "now": now,
        "troubled": await troubled_triggers(team_id, now - timedelta(hours=24)),
        "any_trigger": bool(await trigger_choices(team_id)),
        "events": events.rows,
        "verdicts": await verdicts_of(team_id, [event.id for event in events.rows]),
        "executions": (
            await page_of_executions(team_id, ExecutionFilters(), Position(), size=LATEST)
        ).rows,
    }
    return page_or_partial(request, "overview/index.html", "overview/_panel.html", context)
