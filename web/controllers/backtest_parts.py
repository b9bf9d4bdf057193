"""What the pages of backtests have in common."""

from typing import Any
from uuid import UUID

from domain.errors import NotFound
from domain.store.pages_backtests import (
    BacktestShown,
    days_of,
    find_backtest,
    lacking_fields_of,
)
from domain.store.triggers import TriggerRow
from web.controllers.api.views import id_in_path
from web.presenters.backtests import backtest_row, days_chart, lacking, tried
from web.services import Services


async def backtest_or_404(row: TriggerRow, backtest_id: str) -> BacktestShown:
    """The trigger's backtest of that id. Raises NotFound."""
    found = await find_backtest(row.team_id, row.id, id_in_path(backtest_id))
    if found is None:
        raise NotFound
    return found


async def shown_context(
    row: TriggerRow, backtest: BacktestShown, *, trouble: str = ""
) -> dict[str, Any]:
    """What the page of a backtest shows of it."""
    days = await days_of(row.team_id, backtest.id)
    shown = backtest_row(backtest)
    # Which fields are missing is known when all events have been looked at.
    fields = [] if shown.unfinished else await lacking_fields_of(row.team_id, backtest.id)
    return {
        "row": row,
        "shown": shown,
        "tried": tried(backtest),
        "chart": days_chart(days),
        "days": days[::-1],
        "lacking": lacking(fields),
        "trouble": trouble,
    }


def nudge_backtest(services: Services, row: TriggerRow, backtest_id: UUID) -> None:
    """Tell the team's open pages that a backtest changed."""
    services.feed.nudge(row.team_id, f"backtest:{backtest_id}", f"backtests:{row.id}")
