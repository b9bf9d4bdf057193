"""The figures, in the order in which they are measured: each one a file, with its rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.bench.figures import (
    at_half_rate,
    backlog,
    backtest,
    conditions,
    every_id,
    executions,
    frozen_clock,
    hung,
    idle_latency,
    ingest,
    killed,
    lateness,
    limited_ingest,
    limiter,
    lists,
    live,
    memory,
    neighbours,
    overload,
    schedules,
    schedules_at_rest,
)
from tests.bench.report import Row
from tests.bench.session import Session


@dataclass(frozen=True, slots=True)
class Figure:
    """What to measure in each round, and the rows that its readings fill."""

    name: str
    measure: Callable[[Session], Mapping[str, float]]
    rows: tuple[Row, ...]


FIGURES = (
    Figure("ingest", ingest.measure, ingest.ROWS),
    Figure("limited", limited_ingest.measure, limited_ingest.ROWS),
    Figure("limiter", limiter.measure, limiter.ROWS),
    Figure("executions", executions.measure, executions.ROWS),
    Figure("idle", idle_latency.measure, idle_latency.ROWS),
    Figure("half", at_half_rate.measure, at_half_rate.ROWS),
    Figure("hung", hung.measure, hung.ROWS),
    Figure("neighbours", neighbours.measure, neighbours.ROWS),
    Figure("backlog", backlog.measure, backlog.ROWS),
    Figure("killed", killed.measure, killed.ROWS),
    Figure("overload", overload.measure, overload.ROWS),
    Figure("ledger", every_id.measure, every_id.ROWS),
    Figure("lists", lists.measure, lists.ROWS),
    Figure("live", live.measure, live.ROWS),
    Figure("conditions", conditions.measure, conditions.ROWS),
    Figure("backtest", backtest.measure, backtest.ROWS),
    Figure("schedules", schedules.measure, schedules.ROWS),
    Figure("rest", schedules_at_rest.measure, schedules_at_rest.ROWS),
    Figure("frozen", frozen_clock.measure, frozen_clock.ROWS),
    Figure("lateness", lateness.measure, lateness.ROWS),
    Figure("memory", memory.measure, memory.ROWS),
)
