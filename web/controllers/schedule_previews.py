"""A schedule previewed while it is being written."""

from typing import Any

from litestar import Controller, post
from litestar.params import FromPath
from litestar.response import Template

from domain.rules.permissions import EDIT_TRIGGERS
from web.controllers.schedule_parts import schedule_context
from web.controllers.trigger_forms import form_page
from web.controllers.trigger_parts import find_or_404
from web.forms.reading import read_form
from web.forms.trigger import TriggerForm
from web.htmx import CurrentActor, HtmxRequest, page


class SchedulePreviews(Controller):
    """/triggers/new/schedule-preview and below /triggers/{id}."""

    path = "/triggers"

    @post("/new/schedule-preview", status_code=200, opt={"permission": EDIT_TRIGGERS})
    async def preview_new(self, request: HtmxRequest) -> Template:
        """When a new schedule would be due."""
        return await _previewed(request)

    @post("/{trigger_id:str}/schedule-preview", status_code=200, opt={"permission": EDIT_TRIGGERS})
    async def preview_edited(
        self, request: HtmxRequest, trigger_id: FromPath[str], actor: CurrentActor
    ) -> Template:
        """When an edited schedule would be due."""
        return await _previewed(request, row=await find_or_404(actor, trigger_id))


async def _previewed(request: HtmxRequest, **more: Any) -> Template:
    """The preview, or the whole form with it without htmx. Nothing is saved."""
    form = TriggerForm.typed(await read_form(request))
    context = await schedule_context(request.user, form, request.auth["zone"])
    if request.htmx.wants_part:
        return page(request, "triggers/_schedule_preview.html", context)
    problems = context.get("problems", {})
    return await form_page(request, form, problems, 422 if problems else 200, **more)
