"""/triggers/{id}/activation: a trigger that is on has one."""

from typing import Any

from litestar import Controller, Response, delete, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from domain.errors import InvalidInput
from domain.operations.run_paused import PausedSlots, paused_slots
from domain.operations.set_trigger_enabled import set_trigger_enabled
from domain.rules.permissions import EDIT_TRIGGERS, Actor
from domain.rules.resuming import ResumeChoice, resume_choice
from domain.store.triggers import TriggerRow
from web.controllers.api.views import id_in_path
from web.controllers.trigger_parts import find_or_404, nudge
from web.controllers.triggers import row_shown, shown
from web.forms.reading import read_form
from web.htmx import CurrentActor, HtmxRequest, OurServices, go_to, page, page_or_partial
from web.presenters.activations import activation_shown
from web.services import Services


def _dialog(
    request: HtmxRequest, row: TriggerRow, paused: PausedSlots | None, trouble: str = ""
) -> Template:
    """What would run, and the question."""
    context = {"row": row, "shown": activation_shown(paused), "trouble": trouble}
    whole, part = "activations/dialog.html", "activations/_dialog.html"
    return page_or_partial(request, whole, part, context, status=422 if trouble else 200)


async def _turned(
    request: HtmxRequest, actor: Actor, services: Services, row: TriggerRow
) -> Response[Any]:
    """The switch as it now is in the database: in a row of the list, or on the trigger's page."""
    nudge(services, actor, row.id)
    if not request.htmx:
        return Redirect(f"/triggers/{row.id}", status_code=303)
    if request.htmx.target_id == "show":
        return page(request, "activations/_show.html", await shown(request, services, row))
    return page(request, "activations/_row.html", {"row": await row_shown(actor.team_id, row.id)})


class ActivationPages(Controller):
    """The switch, and what is asked before a schedule is switched on."""

    path = "/triggers/{trigger_id:str}/activation"

    @get(opt={"permission": EDIT_TRIGGERS})
    async def ask(
        self, request: HtmxRequest, trigger_id: FromPath[str], actor: CurrentActor
    ) -> Template:
        """What came due while it was off, and what is to become of that. Changes nothing."""
        row = await find_or_404(actor, trigger_id)
        return _dialog(request, row, await paused_slots(row))

    @post(status_code=200, opt={"permission": EDIT_TRIGGERS})
    async def create(
        self,
        request: HtmxRequest,
        trigger_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """On, at once if nothing came due meanwhile, or else on to the question."""
        row = await find_or_404(actor, trigger_id)
        paused = await paused_slots(row)
        asked = (await read_form(request)).get("catch_up")
        if asked is None and paused is not None and paused.slots:
            return go_to(request, f"/triggers/{row.id}/activation")
        try:
            choice: ResumeChoice = "none" if asked is None else resume_choice(asked)
        except InvalidInput:
            return _dialog(request, row, paused, "Choose what is to become of them.")
        saved = await set_trigger_enabled(
            actor, services.vault, row.id, enabled=True, catch_up=choice
        )
        services.ring_events(saved.event_ids)
        if asked is not None:
            nudge(services, actor, row.id)
            return go_to(request, f"/triggers/{row.id}")
        return await _turned(request, actor, services, saved.row)

    @delete(status_code=200, opt={"permission": EDIT_TRIGGERS})
    async def remove(
        self,
        request: HtmxRequest,
        trigger_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """Off. Answers with the row as it now is in the database."""
        id_ = id_in_path(trigger_id)
        saved = await set_trigger_enabled(actor, services.vault, id_, enabled=False)
        return await _turned(request, actor, services, saved.row)
