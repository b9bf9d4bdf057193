"""/triggers/{id}/limits: how full its limits are, and lifting them for a while."""

from typing import Any

from litestar import Controller, Response, delete, get, post
from litestar.params import FromPath
from litestar.response import Template

from domain.errors import InvalidInput
from domain.operations.lift_limits import end_lift, lift_limits
from domain.operations.read_limit_usage import limit_usage
from domain.rules.permissions import LIFT_LIMITS, SEE_PAYLOADS, SEE_TRIGGERS, Actor
from domain.store.triggers import TriggerRow
from web.controllers.trigger_parts import find_or_404, nudge
from web.forms.reading import Errors, errors_by_field, read_form, whole_number_in
from web.htmx import CurrentActor, HtmxRequest, OurServices, go_to, page_or_partial
from web.presenters.limits import LIFTS, limits_shown
from web.services import Services

USAGE = "limit-usage"
"""The id of the part that is fetched again by itself."""


async def limits_context(actor: Actor, services: Services, row: TriggerRow) -> dict[str, Any]:
    """What the panel needs."""
    usage = await limit_usage(services.limiter, row, services.settings.rate_limits)
    lifted = (row.limits_lifted_until, row.limits_lifted_by)
    shown = limits_shown(usage, lifted=lifted, values=actor.may(SEE_PAYLOADS))
    return {"row": row, "shown_limits": shown, "lifts": LIFTS, "lift_errors": {}}


async def _panel(
    request: HtmxRequest, actor: Actor, services: Services, row: TriggerRow,
    errors: Errors | None = None,
) -> Template:  # fmt: skip
    context = {**await limits_context(actor, services, row), "lift_errors": errors or {}}
    part = "limits/_usage.html" if request.htmx.target_id == USAGE else "limits/_panel.html"
    status = 422 if errors else 200
    return page_or_partial(request, "limits/show.html", part, context, status=status)


def minutes_in(text: str) -> int:
    """The minutes that were chosen; what is no number is none that could be."""
    return whole_number_in(text) or 0


class LimitPages(Controller):
    """The trigger's limits as they are now."""

    path = "/triggers/{trigger_id:str}/limits"

    @get(opt={"permission": SEE_TRIGGERS})
    async def show(
        self,
        request: HtmxRequest,
        trigger_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Template:
        """How full each is, and what waits."""
        row = await find_or_404(actor, trigger_id)
        return await _panel(request, actor, services, row)


class LimitLiftPages(Controller):
    """/triggers/{id}/limit-lift: a trigger whose limits are lifted has one."""

    path = "/triggers/{trigger_id:str}/limit-lift"

    @post(status_code=200, opt={"permission": LIFT_LIMITS})
    async def create(
        self,
        request: HtmxRequest,
        trigger_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """Lifted for so many minutes from now on."""
        row, given = await find_or_404(actor, trigger_id), await read_form(request)
        try:
            await lift_limits(actor, row.id, minutes_in(given.get("minutes", "")))
        except InvalidInput as refused:
            errors = errors_by_field(refused.problems, ["minutes"], {})
            return await _panel(request, actor, services, row, errors)
        return await self._changed(request, actor, services, row)

    @delete(status_code=200, opt={"permission": LIFT_LIMITS})
    async def remove(
        self,
        request: HtmxRequest,
        trigger_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """In force again, at once."""
        row = await find_or_404(actor, trigger_id)
        await end_lift(actor, row.id)
        return await self._changed(request, actor, services, row)

    @staticmethod
    async def _changed(
        request: HtmxRequest, actor: Actor, services: Services, row: TriggerRow
    ) -> Response[Any]:
        nudge(services, actor, row.id)
        if not request.htmx:
            return go_to(request, f"/triggers/{row.id}/limits")
        return await _panel(request, actor, services, await find_or_404(actor, str(row.id)))
