"""The events of a backtest: those that came to the same thing, and one of them clause by clause."""

from typing import Any

from litestar import Controller, get
from litestar.params import FromPath
from litestar.response import Template

from domain.errors import InvalidInput, NotFound
from domain.operations.explain_event import explain_event
from domain.rules.backtests import FILTERS, Filter
from domain.rules.permissions import SEE_EVENTS, SEE_PAYLOADS
from domain.store.pages_backtests import event_to_judge, page_of_compared
from web.controllers.api.views import id_in_path
from web.controllers.backtest_parts import backtest_or_404
from web.controllers.trigger_parts import find_or_404
from web.htmx import CurrentActor, HtmxRequest, OurServices, page, page_or_partial
from web.presenters.backtests import WORDS, backtest_row, result_lamp, trace_side
from web.presenters.pagers import pager, position_in


def outcome_in(text: str) -> Filter | None:
    """What the list is narrowed to. Raises InvalidInput for a word that means nothing here."""
    if not text:
        return None
    for each in FILTERS:
        if each == text:
            return each
    raise InvalidInput.at("outcome", f"must be one of {', '.join(FILTERS)}")


class BacktestEventPages(Controller):
    """/triggers/{id}/backtests/{id}/events."""

    path = "/triggers/{trigger_id:str}/backtests/{backtest_id:str}/events"

    @get(opt={"permission": SEE_EVENTS})
    async def index(
        self,
        request: HtmxRequest,
        trigger_id: FromPath[str],
        backtest_id: FromPath[str],
        actor: CurrentActor,
    ) -> Template:
        """Newest first, of one outcome if the address says so."""
        row = await find_or_404(actor, trigger_id)
        backtest = await backtest_or_404(row, backtest_id)
        narrowed = outcome_in(request.query_params.get("outcome", ""))
        position = position_in(request.query_params)
        found = await page_of_compared(row.team_id, backtest.id, narrowed, position)
        here = f"/triggers/{row.id}/backtests/{backtest.id}"
        context: dict[str, Any] = {
            "row": row,
            "shown": backtest_row(backtest),
            "here": here,
            "narrowed": narrowed,
            "outcomes": WORDS.items(),
            "events": [
                (each, result_lamp(each.live), result_lamp(each.edited)) for each in found.rows
            ],
            "pager": pager(f"{here}/events", {"outcome": narrowed}, position, found),
        }
        return page_or_partial(request, "backtests/events.html", "backtests/_table.html", context)

    @get("/{event_id:str}", opt={"permission": SEE_EVENTS})
    async def show(
        self,
        *,
        request: HtmxRequest,
        trigger_id: FromPath[str],
        backtest_id: FromPath[str],
        event_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Template:
        """Both traces side by side, worked out anew from the event and the snapshots."""
        row = await find_or_404(actor, trigger_id)
        backtest = await backtest_or_404(row, backtest_id)
        event = await event_to_judge(row.team_id, row.id, id_in_path(event_id))
        if event is None:
            raise NotFound
        live, edited = await explain_event(
            row.team_id, event, (backtest.live_conditions, backtest.conditions),
            backtest.live_version, services.redactors,
        )  # fmt: skip
        values = actor.may(SEE_PAYLOADS)
        sides = (
            trace_side(f"Live, version {backtest.live_version}", live, with_values=values),
            trace_side("Tried", edited, with_values=values),
        )
        context = {"row": row, "shown": backtest_row(backtest), "event": event, "sides": sides}
        return page(request, "backtests/event.html", context)
