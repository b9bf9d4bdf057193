"""The list of dead letters: what ended without success, and what of it failed alike."""

from typing import Any

from litestar import Controller, get
from litestar.response import Redirect, Template

from domain.clock import utc_now
from domain.rules.list_filters import DeadLetterFilters
from domain.rules.permissions import SEE_EXECUTIONS, Actor
from domain.store.dead_letters import DeadLetterListed, Groups, groups_of, list_dead_letters
from domain.store.pages import Page
from domain.store.pages_triggers import trigger_choices, workflow_choices
from web.controllers.list_parts import answer_list, asked_in, list_context, pager_of, shorter
from web.htmx import CurrentActor, HtmxRequest, page
from web.presenters.dead_letters import groups_shown, reason_options
from web.presenters.filters import Asked

# The parts of the page that refresh by themselves.
_ALIKE, _LIST = "alike", "list"


class DeadLetterList(Controller):
    """/dead-letters."""

    path = "/dead-letters"

    @get(opt={"permission": SEE_EXECUTIONS})
    async def index(self, request: HtmxRequest, actor: CurrentActor) -> Template | Redirect:
        """Those of the newest events first, narrowed by the address; above them those alike."""
        asked = asked_in(request, "dead_letters")
        if redirect := shorter(request, asked):
            return redirect
        part = request.htmx.target_id if request.htmx.wants_part else None
        triggers = await trigger_choices(actor.team_id)
        workflows = await workflow_choices(actor.team_id)
        context = {
            **await list_context(actor, asked, triggers, workflows),
            **await _found(actor, asked, letters=part != _ALIKE, groups=part != _LIST),
            "triggers": triggers,
            "workflows": workflows,
        }
        if part == _ALIKE:
            return page(request, "dead_letters/_alike.html", context)
        return answer_list(request, asked, context)


async def _found(actor: Actor, asked: Asked, *, letters: bool, groups: bool) -> dict[str, Any]:
    """What the filters find; a part that refreshes by itself reads only what it shows."""
    found: Page[DeadLetterListed] = Page(())
    alike, now = Groups((), 0, more=False), utc_now()
    if isinstance(asked.filters, DeadLetterFilters) and not asked.problems:
        if letters:
            found = await list_dead_letters(actor.team_id, asked.filters, asked.position, now)
        if groups:
            alike = await groups_of(actor.team_id, asked.filters, now)
    return {
        "letters": found.rows,
        "pager": pager_of(asked, found),
        "alike": groups_shown(asked, alike),
        "groups": alike,
        "reasons": reason_options(asked, alike),
    }
