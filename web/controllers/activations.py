"""/triggers/{id}/activation: a trigger that is on has one."""

from typing import Any

from litestar import Controller, Response, delete, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from domain.errors import InvalidInput
from domain.operations.run_paused import paused_slots
from domain.operations.set_trigger_enabled import set_trigger_enabled
from domain.rules.holding import HeldChoice, held_choice
from domain.rules.permissions import EDIT_TRIGGERS, Actor
from domain.rules.resuming import ResumeChoice, resume_choice
from domain.store.triggers import TriggerRow
from domain.store.waiting_events import held_of
from web.controllers.api.views import id_in_path
from web.controllers.trigger_parts import find_or_404, is_asked, nudge
from web.controllers.triggers import row_shown, shown
from web.forms.reading import Fields, read_form
from web.htmx import CurrentActor, HtmxRequest, OurServices, go_to, page, page_or_partial
from web.presenters.activations import activation_shown
from web.services import Services


async def _dialog(request: HtmxRequest, row: TriggerRow, trouble: str = "") -> Template:
    """What would run, and the question."""
    paused, held = await paused_slots(row), await held_of(row.team_id, row.id)
    context = {"row": row, "shown": activation_shown(paused), "held": held, "trouble": trouble}
    whole, part = "activations/dialog.html", "activations/_dialog.html"
    return page_or_partial(request, whole, part, context, status=422 if trouble else 200)


def _choices(given: Fields) -> tuple[ResumeChoice, HeldChoice]:
    """What was answered. Raises InvalidInput."""
    return resume_choice(given.get("catch_up", "none")), held_choice(given.get("held", "run"))


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
        """What came due or was held while it was off, and what is to become of that. Changes
        nothing."""
        return await _dialog(request, await find_or_404(actor, trigger_id))

    @post(status_code=200, opt={"permission": EDIT_TRIGGERS})
    async def create(
        self,
        request: HtmxRequest,
        trigger_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """On, at once if nothing came meanwhile, or else on to the question."""
        row, given = await find_or_404(actor, trigger_id), await read_form(request)
        asked = "catch_up" in given or "held" in given
        if not asked and await is_asked(row):
            return go_to(request, f"/triggers/{row.id}/activation")
        try:
            catch_up, held = _choices(given)
        except InvalidInput:
            return await _dialog(request, row, "Choose what is to become of them.")
        saved = await set_trigger_enabled(
            actor, services.vault, row.id, enabled=True, catch_up=catch_up, held=held
        )
        services.ring_events(saved.event_ids)
        if asked:
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
        """Off; with `?hold=true` what comes is kept until it is on again. Answers with the row as
        it now is in the database."""
        id_, hold = id_in_path(trigger_id), request.query_params.get("hold") == "true"
        saved = await set_trigger_enabled(actor, services.vault, id_, enabled=False, hold=hold)
        return await _turned(request, actor, services, saved.row)
