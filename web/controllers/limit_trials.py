"""/triggers/{id}/limit-trials: limits tried on past events, and what they would have done."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from domain.errors import InvalidInput, NotFound
from domain.operations.cancel_limit_trial import TrialHasEnded, cancel_limit_trial
from domain.operations.start_limit_trial import (
    LimitTrialDraft,
    TooManyLimitTrials,
    start_limit_trial,
)
from domain.rules.permissions import EDIT_TRIGGERS, SEE_PAYLOADS, SEE_TRIGGERS, Actor
from domain.store.limit_trials import LimitTrialShown, find_limit_trial, page_of_limit_trials
from domain.store.pages import Position
from domain.store.triggers import TriggerRow
from web.controllers.api.views import id_in_path
from web.controllers.trigger_forms import form_page
from web.controllers.trigger_parts import find_or_404
from web.forms.limit_trial import LimitTrialForm
from web.forms.reading import FORM, Errors, Fields, read_form
from web.forms.trigger import TriggerForm
from web.htmx import CurrentActor, HtmxRequest, OurServices, go_to, page_or_partial
from web.presenters.limit_trials import limit_trial_row
from web.presenters.trigger_forms import error_lines
from web.services import Services

# The list's part of the page; anything else is the form's.
_LIST = "limit-trials"
# A field that only the trigger's own form has.
_OF_TRIGGER_FORM = "workflow_id"


def nudge_limit_trial(services: Services, row: TriggerRow, trial_id: UUID) -> None:
    """Tell the team's open pages that a trial changed."""
    services.feed.nudge(row.team_id, f"limit_trial:{trial_id}", f"limit_trials:{row.id}")


async def limit_trial_or_404(row: TriggerRow, trial_id: str) -> LimitTrialShown:
    """The trigger's trial of that id. Raises NotFound."""
    found = await find_limit_trial(row.team_id, row.id, id_in_path(trial_id))
    if found is None:
        raise NotFound
    return found


async def _index(
    request: HtmxRequest, row: TriggerRow, form: LimitTrialForm, errors: Errors, status: int = 200
) -> Template:
    """The kept ones, and a form for another one."""
    found = await page_of_limit_trials(row.team_id, row.id, Position())
    values = request.user.may(SEE_PAYLOADS)
    context = {
        "row": row,
        "limit_trials": [limit_trial_row(each, values=values) for each in found.rows],
        "form": form,
        "errors": errors,
        "lines": error_lines(errors),
    }
    of_list = request.htmx.target_id == _LIST
    part = "limit_trials/_list.html" if of_list else "limit_trials/_form.html"
    return page_or_partial(request, "limit_trials/index.html", part, context, status=status)


def _draft(given: Fields) -> LimitTrialDraft:
    """What the page's own form asks for, or the trigger's."""
    if _OF_TRIGGER_FORM in given:
        return LimitTrialDraft(TriggerForm.typed(given).limits.config())
    return LimitTrialForm.typed(given).draft()


async def _refused(
    request: HtmxRequest,
    row: TriggerRow,
    given: Fields,
    refused: InvalidInput | TooManyLimitTrials,
) -> Template:
    """The form that was sent, with what is wrong and everything that was typed."""
    status = 422 if isinstance(refused, InvalidInput) else 409
    form = TriggerForm.typed(given) if _OF_TRIGGER_FORM in given else LimitTrialForm.typed(given)
    errors = {FORM: [refused.message]}
    if isinstance(refused, InvalidInput):
        errors = form.errors(refused)
    if isinstance(form, TriggerForm):
        return await form_page(request, form, errors, status, row=row)
    return await _index(request, row, form, errors, status)


class LimitTrialPages(Controller):
    """Trials of limits of one trigger."""

    path = "/triggers/{trigger_id:str}/limit-trials"

    @get(opt={"permission": SEE_TRIGGERS})
    async def index(
        self, request: HtmxRequest, trigger_id: FromPath[str], actor: CurrentActor
    ) -> Template:
        """Newest first, and a form with the limits in force."""
        row = await find_or_404(actor, trigger_id)
        return await _index(request, row, LimitTrialForm.of(row), {})

    @post(status_code=200, opt={"permission": EDIT_TRIGGERS})
    async def start(
        self,
        request: HtmxRequest,
        trigger_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """On to its page, or the form again with everything that was typed."""
        row, given = await find_or_404(actor, trigger_id), await read_form(request)
        try:
            started = await start_limit_trial(actor, row.id, _draft(given))
        except (InvalidInput, TooManyLimitTrials) as refused:
            return await _refused(request, row, given, refused)
        services.ring_backtests([started])
        nudge_limit_trial(services, row, started)
        return go_to(request, f"/triggers/{row.id}/limit-trials/{started}")

    @get("/{limit_trial_id:str}", opt={"permission": SEE_TRIGGERS})
    async def show(
        self,
        request: HtmxRequest,
        trigger_id: FromPath[str],
        limit_trial_id: FromPath[str],
        actor: CurrentActor,
    ) -> Template:
        """How far it is, and what the limits would have done."""
        row = await find_or_404(actor, trigger_id)
        return await self._as_it_is(request, actor, row, limit_trial_id)

    @post("/{limit_trial_id:str}/cancellation", status_code=200, opt={"permission": EDIT_TRIGGERS})
    async def cancel(
        self,
        request: HtmxRequest,
        trigger_id: FromPath[str],
        limit_trial_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """Answers with the trial as it now is in the database."""
        row, id_ = await find_or_404(actor, trigger_id), id_in_path(limit_trial_id)
        status = 200
        try:
            await cancel_limit_trial(actor, row.id, id_)
        except TrialHasEnded:
            status = 409
        nudge_limit_trial(services, row, id_)
        if not request.htmx and status == 200:  # noqa: PLR2004 - a plain form goes on to the page
            return go_to(request, f"/triggers/{row.id}/limit-trials/{id_}")
        return await self._as_it_is(request, actor, row, limit_trial_id, status=status)

    @staticmethod
    async def _as_it_is(
        request: HtmxRequest, actor: Actor, row: TriggerRow, trial_id: str, *, status: int = 200
    ) -> Template:
        trial = await limit_trial_or_404(row, trial_id)
        context = {"row": row, "shown": limit_trial_row(trial, values=actor.may(SEE_PAYLOADS))}
        whole = "limit_trials/show.html"
        return page_or_partial(request, whole, "limit_trials/_show.html", context, status=status)
