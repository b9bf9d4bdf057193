"""How reliable the schedules were, in words and as a chart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import floor
from uuid import UUID

from domain.rules.reliability import WINDOWS, Counts, counts_in
from domain.rules.skew import BUCKETS, PREFIX
from domain.store.canaries import CanaryRecord
from domain.store.reliability import ByWindow, ScheduleListed
from web.presenters.charts import HourBar, Segment
from web.presenters.words import Lamp, count_words

WINDOW_WORDS = {"1h": "Last hour", "24h": "Last 24 hours", "30d": "Last 30 days"}
GOAL = 0.999
_STEP, _GAP, _HEIGHT = 10.0, 1.0, 60.0

CANARY_WORDS = {
    "schedule": ("Minute schedule", "A schedule that comes due each minute and runs a workflow."),
    "webhook": ("Webhook to itself", "A signed delivery to BASE_URL, in by the public door."),
    "chain": ("Workflow chain", "A workflow that is started by the end of the schedule's."),
}
_PROBES = {
    "on_time": Lamp("On time", "clear"),
    "late": Lamp("Late", "caution"),
    "missed": Lamp("Missed", "stop"),
    "expected": Lamp("Under way", "busy"),
}
_REASONS = {
    "not_sent": "no clock was there to send it",
    "not_fired": "its slot did not fire",
    "not_started": "nothing had started ten minutes later",
    "not_accepted": "the door did not accept it",
    "failed": "what it started failed",
    "no_secret": "its signing secret cannot be opened: SECRET_KEY is another one",
    "could_not_connect": "BASE_URL cannot be reached from here",
    "timeout": "BASE_URL did not answer in time",
    "tls": "the certificate of BASE_URL is not trusted here",
    "blocked_address": "BASE_URL leads to an address that may never be called",
}


def share_words(counts: Counts) -> str:
    """`99.98 %`, never rounded up: 100 % is said only of all. A dash where nothing was to run."""
    share = counts.share
    if share is None:
        return "-"
    percent = floor(share * 10_000) / 100
    return f"{percent:.2f} %".replace(".00 %", " %")


@dataclass(frozen=True, slots=True)
class WindowShown:
    """One window: its share with a lamp, and what it comes from."""

    name: str
    counts: Counts
    share: str
    lamp: Lamp


def windows_shown(found: ByWindow) -> list[WindowShown]:
    """The windows, the shortest first."""
    return [_window(window, counts_in(found[window])) for window in WINDOWS]


def _window(window: str, counts: Counts) -> WindowShown:
    return WindowShown(WINDOW_WORDS[window], counts, share_words(counts), _lamp(counts))


def _lamp(counts: Counts) -> Lamp:
    if counts.missed:
        return Lamp(count_words(counts.missed, "missed", "missed"), "stop")
    if counts.share is None:
        return Lamp("Nothing was to run", "off")
    if counts.late:
        style = "clear" if counts.share >= GOAL else "caution"
        return Lamp(count_words(counts.late, "late", "late"), style)
    return Lamp("All on time", "clear")


@dataclass(frozen=True, slots=True)
class TriggerShown:
    """A schedule's row."""

    row: ScheduleListed
    windows: list[WindowShown]


def triggers_shown(
    rows: Sequence[ScheduleListed], counts: Mapping[UUID, ByWindow]
) -> list[TriggerShown]:
    """The rows of the list."""
    return [TriggerShown(row, windows_shown(counts[row.id])) for row in rows]


@dataclass(frozen=True, slots=True)
class SkewRow:
    """How many slots started within these bounds, by window."""

    words: str
    amounts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SkewChart:
    """The histogram of the last 24 hours, and the same with the other windows as a table."""

    width: float
    height: float
    bars: tuple[HourBar, ...]
    rows: tuple[SkewRow, ...]
    summary: str


def skew_chart(skews: ByWindow) -> SkewChart:
    """How late slots started."""
    names = [bucket.removeprefix(PREFIX) for bucket in BUCKETS]
    rows = tuple(
        SkewRow(words, tuple(skews[window].get(name, 0) for window in WINDOWS))
        for name, words in zip(names, _bounds(names), strict=True)
    )
    day = [row.amounts[1] for row in rows]
    total = sum(day)
    return SkewChart(
        width=len(rows) * _STEP,
        height=_HEIGHT,
        bars=tuple(_bar(index, row, max(day)) for index, row in enumerate(rows)),
        rows=rows,
        summary=f"How late {count_words(total, 'slot')} of the last 24 hours started",
    )


def _bounds(names: Sequence[str]) -> list[str]:
    """`up to 0.1 s`, `0.1 to 0.25 s`, …, `over 3,600 s`."""
    seconds = [f"{float(name):,g}" for name in names[:-1]]
    between = [f"{low} to {high} s" for low, high in pairwise(seconds)]
    return [f"up to {seconds[0]} s", *between, f"over {seconds[-1]} s"]


def _bar(index: int, row: SkewRow, tallest: int) -> HourBar:
    amount = row.amounts[1]
    tall = max(amount / tallest * _HEIGHT, 1.5) if amount else 0.0
    # On time is what starts within 60 seconds.
    kind = "on_time" if index < len(BUCKETS) - 3 else "late"
    segment = Segment(kind, round(_HEIGHT - tall, 2), round(tall, 2))
    title = f"{row.words}: {count_words(amount, 'slot')}"
    return HourBar(index * _STEP, _STEP - _GAP, (segment,), title)


@dataclass(frozen=True, slots=True)
class CanaryShown:
    """A canary: how its last probe went, and how the last hour's did."""

    name: str
    what: str
    lamp: Lamp
    why: str
    on_time: int
    late: int
    missed: int
    record: CanaryRecord


def canaries_shown(records: Sequence[CanaryRecord]) -> list[CanaryShown]:
    """The canaries, in a fixed order."""
    by_kind = {record.kind: record for record in records}
    return [_canary(by_kind[kind]) for kind in CANARY_WORDS if kind in by_kind]


def _canary(record: CanaryRecord) -> CanaryShown:
    name, what = CANARY_WORDS[record.kind]
    lamp = _PROBES[record.last_state]
    why = _REASONS.get(record.last_reason or "", (record.last_reason or "").replace("_", " "))
    return CanaryShown(name, what, lamp, why, record.on_time, record.late, record.missed, record)
