"""The list of triggers."""

from litestar import Controller, get
from litestar.response import Redirect, Template

from domain.rules.list_filters import TriggerFilters
from domain.rules.permissions import SEE_TRIGGERS
from domain.store.pages import Page
from domain.store.pages_triggers import workflow_choices
from web.controllers.list_parts import answer_list, asked_in, list_context, pager_of, shorter
from web.controllers.trigger_search import find_triggers
from web.htmx import CurrentActor, HtmxRequest
from web.presenters.health import TriggerRowShown


class TriggerList(Controller):
    """/triggers."""

    path = "/triggers"

    @get(opt={"permission": SEE_TRIGGERS})
    async def index(self, request: HtmxRequest, actor: CurrentActor) -> Template | Redirect:
        """Newest first, with health and 24 hours, narrowed by the address."""
        asked = asked_in(request, "triggers")
        if redirect := shorter(request, asked):
            return redirect
        found: Page[TriggerRowShown] = Page(())
        if isinstance(asked.filters, TriggerFilters) and not asked.problems:
            found = await find_triggers(actor.team_id, asked.filters, asked.position)
        workflows = await workflow_choices(actor.team_id)
        context = {"rows": found.rows, "pager": pager_of(asked, found), "workflows": workflows}
        context |= await list_context(actor, asked, workflows)
        return answer_list(request, asked, context)
