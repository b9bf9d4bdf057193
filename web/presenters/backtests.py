"""A backtest as people read it: how far it is, what would change, and what history cannot say."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from domain.operations.explain_event import Explanation
from domain.rules.backtest_states import UNFINISHED
from domain.rules.backtests import OUTCOMES, FieldCount, Filter
from domain.rules.ids import instant_of
from domain.rules.traces import Judgement
from domain.store.pages_backtests import BacktestShown, DayCount
from web.presenters.charts import HourBar, stacked
from web.presenters.conditions import ConditionLine, condition_lines, field_words
from web.presenters.differences import Difference, differences
from web.presenters.samples import stored_json
from web.presenters.shadows import Side, side
from web.presenters.traces import ClauseRow
from web.presenters.words import Lamp, count_words

_STATES = {
    "queued": Lamp("Queued", "off"),
    "running": Lamp("Running", "busy"),
    "done": Lamp("Done", "clear"),
    "canceled": Lamp("Canceled", "off"),
    "failed": Lamp("Failed", "stop"),
}
_REASONS = {
    "events_gone": "Some of its events went past their retention meanwhile.",
    "worker_lost": "It took its workers down three times, and was given up.",
    "unreadable_conditions": "Its conditions cannot be read any more.",
    "internal": "Signalbox failed to judge an event. The log says more.",
}
_RESULTS = {
    "matched": Lamp("Matches", "clear"),
    "not_matched": Lamp("Does not match", "off"),
    "error": Lamp("Error", "stop"),
}
WORDS = {
    "newly_fires": "Newly fires",
    "no_longer_fires": "No longer fires",
    "same": "Same",
    "same_fired": "Fires on both sides",
    "same_filtered": "Filtered on both sides",
    "error": "Error",
}
_COLUMNS = ("Newly fires", "No longer fires", "Same, fires", "Same, filtered", "Error")
# From the floor upwards: what stays as it is lies below what changes.
_DRAWN = (("same_filtered", 3), ("same_fired", 2), ("errors", 4), ("no_longer", 1), ("newly", 0))
FEWEST_DAYS_DRAWN, MOST_DAYS_DRAWN = 14, 120
_HIDDEN = "hidden from your role"
_WIDTH, _HEIGHT, _GAP = 600.0, 90.0, 1.5


def state_lamp(state: str) -> Lamp:
    """Where a backtest stands."""
    return _STATES.get(state) or Lamp(state, "odd")


def result_lamp(result: str) -> Lamp:
    """What one side came to."""
    return _RESULTS.get(result) or Lamp(result, "odd")


@dataclass(frozen=True, slots=True)
class Figure:
    """A count that leads to the list of its events."""

    narrowed: Filter
    label: str
    amount: int
    share: str


@dataclass(frozen=True, slots=True)
class BacktestRow:
    """A backtest with words beside it."""

    backtest: BacktestShown
    lamp: Lamp
    reason: str
    unfinished: bool
    figures: tuple[Figure, ...]
    parts_of_same: tuple[Figure, ...]

    @property
    def percent(self) -> int:
        """How much of it is done, for its progress bar."""
        total = self.backtest.total
        return self.backtest.judged * 100 // total if total else 0


def backtest_row(backtest: BacktestShown) -> BacktestRow:
    """The backtest as lists and its own page show it."""

    def figure(narrowed: Filter, amount: int) -> Figure:
        return Figure(narrowed, WORDS[narrowed], amount, _share(amount, backtest.judged))

    same = backtest.same_fired + backtest.same_filtered
    return BacktestRow(
        backtest,
        state_lamp(backtest.state),
        _REASONS.get(backtest.reason or "", ""),
        backtest.state in UNFINISHED,
        (
            figure("newly_fires", backtest.newly_fires),
            figure("no_longer_fires", backtest.no_longer_fires),
            figure("same", same),
            figure("error", backtest.errors),
        ),
        (
            figure("same_fired", backtest.same_fired),
            figure("same_filtered", backtest.same_filtered),
        ),
    )


def _share(amount: int, judged: int) -> str:
    """`12.5 %`; nothing is rounded to none or to all."""
    if not judged or amount in {0, judged}:
        return f"{100 if judged and amount else 0} %"
    return f"{min(max(amount * 100 / judged, 0.1), 99.9):.1f} %"


# --- By the day --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DaysChart:
    """Stacked bars for the macro `bars`, the oldest day first, within `width` by `height` units."""

    width: float
    height: float
    bars: tuple[HourBar, ...]
    summary: str
    first: date
    last: date


def days_chart(days: Sequence[DayCount]) -> DaysChart | None:
    """What the events came to, day by day; days without any are left blank. None without events."""
    if not days:
        return None
    drawn = _every_day(days)
    tallest = max(day.total for day in drawn)
    step = _WIDTH / len(drawn)
    bars = tuple(
        HourBar(
            x=round(place * step, 2),
            width=round(step - _GAP, 2),
            segments=stacked([(kind, day.amounts[at]) for kind, at in _DRAWN], tallest, _HEIGHT)
            if day.total
            else (),
            title=f"{day.day.isoformat()}: {_day_words(day)}",
        )
        for place, day in enumerate(drawn)
    )
    return DaysChart(_WIDTH, _HEIGHT, bars, _summary(days), drawn[0].day, drawn[-1].day)


def _every_day(days: Sequence[DayCount]) -> list[DayCount]:
    known = {day.day: day for day in days}
    last = days[-1].day
    drawn = min(max((last - days[0].day).days + 1, FEWEST_DAYS_DRAWN), MOST_DAYS_DRAWN)
    span = [last - timedelta(days=back) for back in range(drawn - 1, -1, -1)]
    return [known.get(day) or DayCount(day, (0,) * len(OUTCOMES)) for day in span]


def _day_words(day: DayCount) -> str:
    return ", ".join(
        f"{amount:,} {label.lower()}" for label, amount in zip(_COLUMNS, day.amounts, strict=True)
    )


def _summary(days: Sequence[DayCount]) -> str:
    sums = tuple(map(sum, zip(*(day.amounts for day in days), strict=True)))
    return f"{count_words(len(days), 'day')}: {_day_words(DayCount(days[0].day, sums))}"


# --- Fields that events lack -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Lacking:
    """A field that events lack: `never` found in any of `total`; `before` an instant in none
    (`missing` of them); or `sometimes`, the latest time at an instant."""

    field: str
    kind: str
    missing: int
    total: int
    at: datetime | None


def lacking(fields: Sequence[FieldCount]) -> list[Lacking]:
    """The warnings, the emptiest field first."""
    return sorted(map(_lacking, fields), key=lambda each: -each.missing)


def _lacking(field: FieldCount) -> Lacking:
    total = field.found + field.missing
    name = field.path if field.source == "body" else field_words(field.path, field.source)
    kind, at = "sometimes", field.newest_missing
    if not field.found:
        kind, at = "never", None
    elif field.came_later:
        kind, at = "before", field.oldest_found
    return Lacking(name, kind, field.missing, total, instant_of(at) if at else None)


# --- What was tried ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tried:
    """The conditions that were tried, in words, and how they differ from those that were live."""

    line: ConditionLine | None
    changes: tuple[Difference, ...]


def tried(backtest: BacktestShown) -> Tried:
    """The edited conditions beside the live ones."""
    live, edited = stored_json(backtest.live_conditions), stored_json(backtest.conditions)
    return Tried(condition_lines(edited), differences(live or {}, edited or {}))


def trace_side(heading: str, explained: Explanation, *, with_values: bool) -> Side:
    """What one set of conditions makes of an event; without values for who may not see payloads."""
    if isinstance(explained, Judgement):
        shown = side(heading, explained)
    else:
        shown = side(heading, Judgement("error", ()), explained)
    if with_values:
        return shown
    return replace(shown, clauses=tuple(map(_without_values, shown.clauses)))


def _without_values(row: ClauseRow) -> ClauseRow:
    """The clause without anything that came from the event. Notes may quote what they are about."""
    return replace(row, actual=_HIDDEN if row.actual else "", notes=())
