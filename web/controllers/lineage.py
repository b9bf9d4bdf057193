"""/events/{id}/lineage: what caused what, from the first cause down."""

from litestar import Controller, get
from litestar.params import FromPath
from litestar.response import Template

from domain.operations.trace_lineage import MOST_EVENTS, trace_lineage
from domain.rules.permissions import SEE_EVENTS
from web.controllers.api.views import id_in_path
from web.htmx import CurrentActor, HtmxRequest, page_or_partial


class LineagePages(Controller):
    """The tree around one event."""

    path = "/events/{event_id:str}/lineage"

    @get(opt={"permission": SEE_EVENTS})
    async def show(
        self, request: HtmxRequest, event_id: FromPath[str], actor: CurrentActor
    ) -> Template:
        """Events, what was decided about them, and the executions that they started."""
        found = await trace_lineage(actor.team_id, id_in_path(event_id))
        events = list(found.root.walk())
        context = {
            "lineage": found,
            "current": next(each.link for each in events if each.current),
            "number": len(events),
            "most": MOST_EVENTS,
        }
        return page_or_partial(request, "lineage/show.html", "lineage/_show.html", context)
