"""/triggers/{id}/backtests: conditions tried on past events, and what would change."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, delete, get, post
from litestar.params import FromPath
from litestar.response import Template

from domain.errors import Conflict, InvalidInput
from domain.operations.adopt_backtest import adopt_backtest
from domain.operations.cancel_backtest import HasEnded, cancel_backtest
from domain.operations.delete_backtest import delete_backtest
from domain.operations.start_backtest import TooManyBacktests, start_backtest
from domain.rules.permissions import EDIT_TRIGGERS, SEE_TRIGGERS, Actor
from domain.store.pages import Position
from domain.store.pages_backtests import page_of_backtests
from domain.store.triggers import TriggerRow
from web.controllers.api.views import id_in_path
from web.controllers.backtest_parts import backtest_or_404, nudge_backtest, shown_context
from web.controllers.trigger_forms import form_page
from web.controllers.trigger_parts import find_or_404, nudge
from web.forms.backtest import BacktestForm
from web.forms.reading import FORM, Errors, read_form, whole_number_in
from web.forms.trigger import TriggerForm
from web.htmx import CurrentActor, HtmxRequest, OurServices, go_to, page_or_partial
from web.presenters.backtests import backtest_row
from web.presenters.trigger_forms import error_lines
from web.services import Services

_STALE = (
    "Someone else changed this trigger after you opened the page. Look at what is live now, then "
    "use these conditions if you still mean it."
)
# The list's part of the page; anything else is the form's.
_LIST = "backtests"
# A field that only the trigger's own form has.
_OF_TRIGGER_FORM = "workflow_id"


async def _index(
    request: HtmxRequest, row: TriggerRow, form: BacktestForm, errors: Errors, status: int = 200
) -> Template:
    """The kept ones, and a form for another one."""
    found = await page_of_backtests(row.team_id, row.id, Position())
    context = {
        "row": row,
        "backtests": [backtest_row(each) for each in found.rows],
        "form": form,
        "errors": errors,
        "lines": error_lines(errors),
    }
    of_list = request.htmx.target_id == _LIST
    part = "backtests/_list.html" if of_list else "backtests/_form.html"
    return page_or_partial(request, "backtests/index.html", part, context, status=status)


async def _refused(
    request: HtmxRequest, row: TriggerRow, form: BacktestForm, errors: Errors, status: int
) -> Template:
    """The form that was sent, with what is wrong and everything that was typed."""
    given = await read_form(request)
    if _OF_TRIGGER_FORM in given:
        return await form_page(request, TriggerForm.typed(given), errors, status, row=row)
    return await _index(request, row, form, errors, status)


async def start_from_form(
    request: HtmxRequest, actor: Actor, services: Services, row: TriggerRow
) -> Response[Any]:
    """Start what a form asks for: the trigger's own, or the one on the page of backtests."""
    form = BacktestForm.typed(await read_form(request))
    try:
        started = await start_backtest(actor, row.id, form.draft())
    except InvalidInput as refused:
        return await _refused(request, row, form, form.errors(refused), 422)
    except TooManyBacktests as refused:
        return await _refused(request, row, form, {FORM: [refused.message]}, 409)
    services.ring_backtests([started])
    nudge_backtest(services, row, started)
    return go_to(request, f"/triggers/{row.id}/backtests/{started}")


class BacktestPages(Controller):
    """Backtests of one trigger."""

    path = "/triggers/{trigger_id:str}/backtests"

    @get(opt={"permission": SEE_TRIGGERS})
    async def index(
        self, request: HtmxRequest, trigger_id: FromPath[str], actor: CurrentActor
    ) -> Template:
        """Newest first, and a form with the live conditions."""
        row = await find_or_404(actor, trigger_id)
        return await _index(request, row, BacktestForm.of(row, request.auth["zone"]), {})

    @post(status_code=200, opt={"permission": EDIT_TRIGGERS})
    async def start(
        self,
        request: HtmxRequest,
        trigger_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """On to its page, or the form again with everything that was typed."""
        row = await find_or_404(actor, trigger_id)
        return await start_from_form(request, actor, services, row)

    @get("/{backtest_id:str}", opt={"permission": SEE_TRIGGERS})
    async def show(
        self,
        request: HtmxRequest,
        trigger_id: FromPath[str],
        backtest_id: FromPath[str],
        actor: CurrentActor,
    ) -> Template:
        """How far it is, and what would change."""
        row = await find_or_404(actor, trigger_id)
        context = await shown_context(row, await backtest_or_404(row, backtest_id))
        return page_or_partial(request, "backtests/show.html", "backtests/_show.html", context)

    @post("/{backtest_id:str}/cancellation", status_code=200, opt={"permission": EDIT_TRIGGERS})
    async def cancel(
        self,
        request: HtmxRequest,
        trigger_id: FromPath[str],
        backtest_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """Answers with the backtest as it now is in the database."""
        row, id_, status = await find_or_404(actor, trigger_id), id_in_path(backtest_id), 200
        try:
            await cancel_backtest(actor, row.id, id_)
        except HasEnded:
            status = 409
        nudge_backtest(services, row, id_)
        return await self._as_it_is(request, row, id_, status=status)

    @post("/{backtest_id:str}/adoption", status_code=200, opt={"permission": EDIT_TRIGGERS})
    async def adopt(
        self,
        request: HtmxRequest,
        trigger_id: FromPath[str],
        backtest_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """Its conditions become the live ones, unless someone else changed the trigger."""
        row, id_ = await find_or_404(actor, trigger_id), id_in_path(backtest_id)
        revision = whole_number_in((await read_form(request)).get("revision", ""))
        try:
            await adopt_backtest(actor, services.vault, row.id, id_, revision=revision)
        except Conflict:
            return await self._as_it_is(request, row, id_, trouble=_STALE, status=409)
        except InvalidInput as refused:
            why = f"These conditions cannot be used: {refused.message}"
            return await self._as_it_is(request, row, id_, trouble=why, status=422)
        nudge(services, actor, row.id)
        return go_to(request, f"/triggers/{row.id}")

    @delete("/{backtest_id:str}", status_code=200, opt={"permission": EDIT_TRIGGERS})
    async def remove(
        self,
        request: HtmxRequest,
        trigger_id: FromPath[str],
        backtest_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """Gone with all that it found. Answers with the list as it now is, where that asked."""
        row, id_ = await find_or_404(actor, trigger_id), id_in_path(backtest_id)
        await delete_backtest(actor, row.id, id_)
        nudge_backtest(services, row, id_)
        if request.htmx.target_id == _LIST:
            return await _index(request, row, BacktestForm(), {})
        return go_to(request, f"/triggers/{row.id}/backtests")

    async def _as_it_is(
        self, request: HtmxRequest, row: TriggerRow, id_: UUID, *, status: int, trouble: str = ""
    ) -> Response[Any]:
        if not request.htmx and status == 200:  # noqa: PLR2004 - a plain form goes on to the page
            return go_to(request, f"/triggers/{row.id}/backtests/{id_}")
        context = await shown_context(row, await backtest_or_404(row, str(id_)), trouble=trouble)
        whole = "backtests/show.html"
        return page_or_partial(request, whole, "backtests/_show.html", context, status=status)
