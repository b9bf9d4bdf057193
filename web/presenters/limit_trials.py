"""A trial of limits as people read it: how far it is, and what the limits would have done."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from domain.rules.backtest_states import UNFINISHED
from domain.rules.limits import Limits, parse_limits
from domain.store.limit_trials import LimitTrialShown
from web.presenters.backtests import state_lamp
from web.presenters.charts import HourBar, stacked
from web.presenters.limits import rate_words
from web.presenters.payload import pretty
from web.presenters.samples import stored_json
from web.presenters.words import Lamp, count_words, duration_words

_REASONS = {
    "worker_lost": "It took its workers down three times, and was given up.",
    "unreadable_conditions": "Its conditions or limits cannot be read any more.",
    "internal": "Signalbox failed to try an event. The log says more.",
    "trigger_deleted": "Its trigger was deleted.",
}
_HIDDEN = "hidden from your role"
_WIDTH, _HEIGHT, _GAP = 600.0, 90.0, 1.5
_FEWEST_DAYS_DRAWN = 7


@dataclass(frozen=True, slots=True)
class TrialDayShown:
    """One day (UTC). `at_once` and `late` started something, `kept` (over the limit, or waited too
    long) and `merged` (debounced) did not."""

    day: date
    matched: int
    at_once: int
    late: int
    kept: int
    merged: int
    executions: int
    longest_wait: str

    @property
    def words(self) -> str:
        """What the bar of the day says."""
        return (
            f"{self.at_once:,} at once, {self.late:,} after waiting, {self.kept:,} not let "
            f"through, {self.merged:,} debounced"
        )


@dataclass(frozen=True, slots=True)
class DaysChart:
    """Stacked bars for the macro `bars`, the oldest day first."""

    width: float
    height: float
    bars: tuple[HourBar, ...]
    summary: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class WindowShown:
    """A window, and the most events that came within its length."""

    name: str
    peak: int
    exceeded: bool
    at: str | None
    value: str | None


@dataclass(frozen=True, slots=True)
class KeyShown:
    """A key, how many values it had, and those that were held back most."""

    key: str
    values: int
    most: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class TrialFound:
    """What came of it."""

    figures: tuple[tuple[str, str, str], ...]
    days: tuple[TrialDayShown, ...]
    chart: DaysChart | None
    windows: tuple[WindowShown, ...]
    keys: tuple[KeyShown, ...]


@dataclass(frozen=True, slots=True)
class LimitTrialRow:
    """A trial with words beside it. `left_out` are limits that history cannot try."""

    trial: LimitTrialShown
    lamp: Lamp
    reason: str
    unfinished: bool
    limits: str
    summary: str
    left_out: str
    found: TrialFound | None


def limit_trial_row(trial: LimitTrialShown, *, values: bool) -> LimitTrialRow:
    """The trial as lists and its own page show it. What keys found is a part of somebody's payload:
    `values` says whether it is shown."""
    limits = parse_limits(stored_json(trial.limits))
    found = stored_json(trial.found)
    return LimitTrialRow(
        trial,
        state_lamp(trial.state),
        _REASONS.get(trial.reason or "", ""),
        trial.state in UNFINISHED,
        pretty(trial.limits),
        _summary(limits),
        _left_out(limits),
        _found(found, values=values) if isinstance(found, dict) else None,
    )


def _summary(limits: Limits) -> str:
    return ", ".join(_parts(limits)) or "No limits"


def _parts(limits: Limits) -> Iterator[str]:
    for rate in limits.rates:
        key = f" of each {rate.key.text}" if rate.key else ""
        yield f"{rate_words(rate.most, rate.per_s)}{key}"
    if limits.debounce:
        yield f"debounce of {duration_words(timedelta(seconds=limits.debounce.quiet_s))}"
    if limits.batch:
        yield f"batches of {limits.batch.most:,}"


def _left_out(limits: Limits) -> str:
    named = [
        word
        for word, given in (
            ("concurrency", limits.concurrency), ("in order", limits.in_order),
            ("singleton", limits.singleton),
        )
        if given
    ]  # fmt: skip
    return ", ".join(named)


def _found(found: Mapping[str, Any], *, values: bool) -> TrialFound:
    stored: Sequence[Mapping[str, Any]] = found["days"]
    days = tuple(map(_day, stored))
    return TrialFound(
        tuple(_figures(stored)),
        days[::-1],
        _chart(days),
        tuple(_window(each, values=values) for each in found["windows"]),
        tuple(_key(each, values=values) for each in found["keys"]),
    )


def _figures(days: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str, str]]:
    def total(name: str) -> int:
        return sum(int(day[name]) for day in days)

    yield "Matched", f"{total('matched'):,}", f"of {count_words(total('events'), 'event')}"
    started = count_words(total("executions"), "execution")
    yield "Let through", f"{total('passed'):,}", f"in {started}"
    longest = max((_seconds(day) for day in days), default=timedelta())
    waited = f"at most {duration_words(longest)}" if total("deferred") else ""
    yield "Deferred", f"{total('deferred'):,}", waited
    yield "Over the limit", f"{total('over_limit'):,}", ""
    yield "Waited too long", f"{total('too_late'):,}", ""
    yield "Debounced", f"{total('debounced'):,}", ""


def _seconds(day: Mapping[str, Any]) -> timedelta:
    return timedelta(seconds=float(day["longest_wait_s"]))


def _day(day: Mapping[str, Any]) -> TrialDayShown:
    late = int(day["deferred"]) - int(day["too_late"])
    return TrialDayShown(
        day=date.fromisoformat(day["day"]),
        matched=int(day["matched"]),
        at_once=int(day["passed"]) - late,
        late=late,
        kept=int(day["over_limit"]) + int(day["too_late"]),
        merged=int(day["debounced"]),
        executions=int(day["executions"]),
        longest_wait=duration_words(_seconds(day)) if day["deferred"] else "-",
    )


def _chart(days: Sequence[TrialDayShown]) -> DaysChart | None:
    """Bars day by day; days without events are left blank. None without any that matched."""
    if not any(day.matched for day in days):
        return None
    last = days[-1].day
    drawn = max((last - days[0].day).days + 1, _FEWEST_DAYS_DRAWN)
    known = {day.day: day for day in days}
    span = [last - timedelta(days=back) for back in range(drawn - 1, -1, -1)]
    tallest, step = max(day.matched for day in days), _WIDTH / drawn
    bars = tuple(
        HourBar(
            x=round(place * step, 2),
            width=round(step - _GAP, 2),
            segments=stacked(_drawn(known[day]), tallest, _HEIGHT)
            if day in known and known[day].matched
            else (),
            title=f"{day.isoformat()}: {known[day].words if day in known else 'nothing'}",
        )
        for place, day in enumerate(span)
    )
    matched = sum(day.matched for day in days)
    summary = f"{count_words(len(days), 'day')}, {count_words(matched, 'event')} that matched"
    return DaysChart(_WIDTH, _HEIGHT, bars, summary, span[0], last)


def _drawn(day: TrialDayShown) -> list[tuple[str, int]]:
    return [("at_once", day.at_once), ("late", day.late), ("merged", day.merged),
            ("kept", day.kept)]  # fmt: skip


def _window(found: Mapping[str, Any], *, values: bool) -> WindowShown:
    key = f" of each {found['key']}" if found["key"] else ""
    value = None if found["value"] is None else found["value"] if values else _HIDDEN
    return WindowShown(
        f"{rate_words(found['most'], found['per_s'])}{key}",
        int(found["peak"]),
        found["peak"] > found["most"],
        found["peak_at"],
        value,
    )


def _key(found: Mapping[str, Any], *, values: bool) -> KeyShown:
    most = tuple(
        (each["value"] if values else _HIDDEN, int(each["events"]), int(each["held"]))
        for each in found["most"]
    )
    return KeyShown(found["key"], int(found["values"]), most)
