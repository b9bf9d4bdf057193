"""The list of triggers."""

from litestar import Controller, get
from litestar.response import Template

from domain.clock import utc_now
from domain.rules.permissions import SEE_TRIGGERS
from domain.store.pages_triggers import (
    hours_of_triggers,
    page_of_triggers,
    workflow_choices,
)
from web.htmx import (
    CurrentActor,
    HtmxRequest,
    list_or_table,
)
from web.presenters.charts import hours_of
from web.presenters.health import trigger_rows
from web.presenters.pagers import filter_id, pager, position_in


class TriggerList(Controller):
    """/triggers."""

    path = "/triggers"

    @get(opt={"permission": SEE_TRIGGERS})
    async def index(self, request: HtmxRequest, actor: CurrentActor) -> Template:
        """Newest first, with health and 24 hours."""
        workflow_id = filter_id(request.query_params, "workflow")
        position = position_in(request.query_params)
        found, now = await page_of_triggers(actor.team_id, workflow_id, position), utc_now()
        ids = [trigger.id for trigger in found.rows]
        counts = await hours_of_triggers(actor.team_id, ids, hours_of(now)[0])
        context = {
            "rows": trigger_rows(found.rows, counts, now),
            "pager": pager("/triggers", {"workflow": workflow_id}, position, found),
            "workflow_id": workflow_id,
            "workflows": await workflow_choices(actor.team_id),
        }
        return list_or_table(request, "triggers", context)
