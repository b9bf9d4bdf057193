"""/api/v1/triggers/{id}/backtests: thin handlers; the guard has seen to the permission."""

from typing import Annotated

from litestar import Controller, delete, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from domain.errors import NotFound
from domain.operations.cancel_backtest import cancel_backtest
from domain.operations.delete_backtest import delete_backtest
from domain.operations.start_backtest import BacktestDraft, start_backtest
from domain.rules.backtests import FILTERS, Filter
from domain.rules.permissions import EDIT_TRIGGERS, SEE_EVENTS, SEE_TRIGGERS, Actor
from domain.store.pages_backtests import find_backtest, page_of_backtests, page_of_compared
from domain.store.triggers import TriggerRow
from web.controllers.api.backtest_shapes import (
    BacktestView,
    ComparedEventView,
    StartBacktest,
    backtest_view,
    compared_event_view,
)
from web.controllers.api.bodies import Body
from web.controllers.api.history import span_of, words_in
from web.controllers.api.lists import DEFAULT_LIMIT, paging
from web.controllers.api.problems import PROBLEMS
from web.controllers.api.shapes import Page
from web.controllers.api.views import id_in_path
from web.controllers.backtest_parts import nudge_backtest
from web.controllers.trigger_parts import find_or_404
from web.services import CurrentActor, OurServices

Outcome = Annotated[
    str | None, QueryParameter(description=f"One of {', '.join(FILTERS)}; without it, all events.")
]


async def _view(actor: Actor, row: TriggerRow, backtest_id: str) -> BacktestView:
    found = await find_backtest(actor.team_id, row.id, id_in_path(backtest_id))
    if found is None:
        raise NotFound
    return backtest_view(found)


def _outcome(given: str | None) -> Filter | None:
    words_in(None if given is None else [given], tuple(FILTERS), "outcome")
    return next((each for each in FILTERS if each == given), None)


class BacktestController(Controller):
    """Backtests: conditions tried on a trigger's past events. Nothing is started by them."""

    path = "/triggers/{trigger_id:str}/backtests"
    tags = ("Backtests",)

    @get(opt={"permission": SEE_TRIGGERS}, responses=PROBLEMS, summary="List backtests")
    async def list_backtests(
        self,
        *,
        trigger_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
        limit: FromQuery[int] = DEFAULT_LIMIT,
        cursor: FromQuery[str | None] = None,
    ) -> Page[BacktestView]:
        """Newest first; the newest 20 are kept."""
        row = await find_or_404(actor, trigger_id)
        wanted = paging(services, actor, f"backtests/{row.id}", limit, cursor)
        found = await page_of_backtests(actor.team_id, row.id, wanted.position, size=wanted.limit)
        return wanted.found(found, backtest_view)

    @post(
        dto=Body[StartBacktest],
        return_dto=None,
        opt={"permission": EDIT_TRIGGERS},
        responses=PROBLEMS,
        summary="Start a backtest",
    )
    async def start(
        self,
        trigger_id: FromPath[str],
        data: JSONBody[StartBacktest],
        actor: CurrentActor,
        services: OurServices,
    ) -> BacktestView:
        """What is live now is what it is compared with. A worker takes it up at once."""
        row, span = await find_or_404(actor, trigger_id), span_of(*data.span)
        draft = BacktestDraft(data.conditions, data.last, span.since, span.until)
        started = await start_backtest(actor, row.id, draft)
        services.ring_backtests([started])
        nudge_backtest(services, row, started)
        return await _view(actor, row, str(started))

    @get(
        "/{backtest_id:str}",
        opt={"permission": SEE_TRIGGERS},
        responses=PROBLEMS,
        summary="Show a backtest",
    )
    async def show(
        self, trigger_id: FromPath[str], backtest_id: FromPath[str], actor: CurrentActor
    ) -> BacktestView:
        """How far it is, and what it found so far."""
        return await _view(actor, await find_or_404(actor, trigger_id), backtest_id)

    @get(
        "/{backtest_id:str}/events",
        opt={"permission": SEE_EVENTS},
        responses=PROBLEMS,
        summary="List the events of a backtest",
    )
    async def list_events(
        self,
        *,
        trigger_id: FromPath[str],
        backtest_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
        limit: FromQuery[int] = DEFAULT_LIMIT,
        cursor: FromQuery[str | None] = None,
        outcome: Outcome = None,
    ) -> Page[ComparedEventView]:
        """Newest first, with what the live and the edited conditions came to."""
        shown = await _view(actor, await find_or_404(actor, trigger_id), backtest_id)
        wanted = paging(services, actor, f"backtests/{shown.id}/events", limit, cursor)
        found = await page_of_compared(
            actor.team_id, shown.id, _outcome(outcome), wanted.position, size=wanted.limit
        )
        return wanted.found(found, compared_event_view)

    @post(
        "/{backtest_id:str}/cancellation",
        status_code=200,
        opt={"permission": EDIT_TRIGGERS},
        responses=PROBLEMS,
        summary="Cancel a backtest",
    )
    async def cancel(
        self,
        trigger_id: FromPath[str],
        backtest_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> BacktestView:
        """What it found until then stays. One that has ended cannot be canceled (409)."""
        row, id_ = await find_or_404(actor, trigger_id), id_in_path(backtest_id)
        await cancel_backtest(actor, row.id, id_)
        nudge_backtest(services, row, id_)
        return await _view(actor, row, backtest_id)

    @delete(
        "/{backtest_id:str}",
        opt={"permission": EDIT_TRIGGERS},
        responses=PROBLEMS,
        summary="Delete a backtest",
    )
    async def remove(
        self,
        trigger_id: FromPath[str],
        backtest_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> None:
        """It goes with all that it found; one that is under way ends by it."""
        row, id_ = await find_or_404(actor, trigger_id), id_in_path(backtest_id)
        await delete_backtest(actor, row.id, id_)
        nudge_backtest(services, row, id_)
