"""/team/limits: the windows that all triggers of the team share, how full they are, and lifting
all limits for a while."""

from typing import Any

from litestar import Controller, Response, delete, get, post
from litestar.response import Template

from domain.errors import Conflict, InvalidInput
from domain.operations.lift_limits import end_lift, lift_limits
from domain.operations.read_limit_usage import team_limit_usage
from domain.operations.set_team_limits import set_team_limits
from domain.rules.bodies import read_stored
from domain.rules.permissions import LIFT_LIMITS, MANAGE_TEAM_LIMITS, SEE_TEAM, Actor
from web.controllers.limit_usage import USAGE, minutes_in
from web.controllers.members import STALE
from web.forms.reading import Errors, errors_by_field, read_form
from web.forms.team_limits import TeamLimitsForm
from web.htmx import CurrentActor, HtmxRequest, OurServices, go_to, page, page_or_partial
from web.presenters import limit_forms
from web.presenters.limits import LIFTS, limits_shown
from web.presenters.trigger_forms import error_lines
from web.services import Services

_ROWS = "limits-rate"
_PREFIX = "limits:"


async def _page(
    request: HtmxRequest,
    services: Services,
    form: TeamLimitsForm | None = None,
    errors: Errors | None = None,
    *,
    status: int = 200,
    **more: Any,
) -> Template:
    """The page as the database has it, with what was typed into the form."""
    actor: Actor = request.user
    usage = await team_limit_usage(services.limiter, actor.team_id, services.settings.rate_limits)
    stored = read_stored(usage.team.rate_limits)
    context = {
        "form": form or TeamLimitsForm.of(stored if isinstance(stored, list) else []),
        "shown_limits": limits_shown(usage, values=True),
        "errors": errors or {},
        "lines": error_lines(errors or {}),
        "lifts": LIFTS,
        "lift_errors": {},
        "limit_choices": limit_forms,
        "focus": "",
        "trouble": None,
        **more,
    }
    part = "team/_limit_usage.html" if request.htmx.target_id == USAGE else "team/_limits.html"
    return page_or_partial(request, "team/limits.html", part, context, status=status)


class TeamLimitPages(Controller):
    """The team's windows."""

    path = "/team/limits"

    @get(opt={"permission": SEE_TEAM})
    async def show(self, request: HtmxRequest, services: OurServices) -> Template:
        """The windows with what is in them now, and for admins their form."""
        return await _page(request, services)

    @post("/form", status_code=200, opt={"permission": MANAGE_TEAM_LIMITS})
    async def draw(self, request: HtmxRequest, services: OurServices) -> Template:
        """The form after a button in it. Nothing is saved."""
        given = await read_form(request)
        act = given.get("act", "").removeprefix(_PREFIX)
        form, focus = TeamLimitsForm.typed(given).after_act(act)
        if request.htmx.target_id != _ROWS:
            return await _page(request, services, form, focus=focus)
        context = {"form": form, "errors": {}, "focus": focus, "limit_choices": limit_forms}
        return page(request, "team/_limit_rows.html", context)

    @post(opt={"permission": MANAGE_TEAM_LIMITS}, status_code=200)
    async def save(
        self, request: HtmxRequest, actor: CurrentActor, services: OurServices
    ) -> Response[Any]:
        """Saved, or the form again with what was typed."""
        form = TeamLimitsForm.typed(await read_form(request))
        try:
            await set_team_limits(actor, form.rate(), was=form.seen())
        except InvalidInput as refused:
            return await _page(request, services, form, form.errors(refused), status=422)
        except Conflict:
            return await _page(request, services, trouble=STALE, status=409)
        return await _changed(request, actor, services)


class TeamLiftPages(Controller):
    """/team/limit-lift: while all limits are lifted, there is one."""

    path = "/team/limit-lift"

    @post(status_code=200, opt={"permission": LIFT_LIMITS})
    async def create(
        self, request: HtmxRequest, actor: CurrentActor, services: OurServices
    ) -> Response[Any]:
        """Lifted for so many minutes from now on."""
        given = await read_form(request)
        try:
            await lift_limits(actor, None, minutes_in(given.get("minutes", "")))
        except InvalidInput as refused:
            errors = errors_by_field(refused.problems, ["minutes"], {})
            return await _page(request, services, lift_errors=errors, status=422)
        return await _changed(request, actor, services)

    @delete(status_code=200, opt={"permission": LIFT_LIMITS})
    async def remove(
        self, request: HtmxRequest, actor: CurrentActor, services: OurServices
    ) -> Response[Any]:
        """In force again, at once."""
        await end_lift(actor, None)
        return await _changed(request, actor, services)


async def _changed(request: HtmxRequest, actor: Actor, services: Services) -> Response[Any]:
    """The page as it is now."""
    services.feed.nudge(actor.team_id, "team", "triggers")
    return await _page(request, services) if request.htmx else go_to(request, "/team/limits")
