"""The timeline of an execution: one bar split into queue, attempts and the waits between them, and
below it a bar for each step. All positions are percent of the width, so it fits any screen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.rules.failures import UNKNOWN_OUTCOME
from domain.store.pages_executions import AttemptShown, StepShown
from web.presenters.words import duration_words, state_lamp

ROW_HEIGHT = 34
AXIS_HEIGHT = 20
_NARROWEST = 0.4
_MOST_TICKS = 5
_NICE = (1, 2, 5)
_WAITS = {"limit": "Limits", "gate": "Gate", "queue": "Queue", "backoff": "Backoff",
          "held": "Held"}  # fmt: skip
_WIDE_ENOUGH = 2.5


@dataclass(frozen=True, slots=True)
class Bar:
    """A piece of a row; `kind` is a wait (limit, gate, queue, backoff, held), or the state of an
    attempt or step. `number` is the attempt's, where the bar is wide enough for it."""

    x: float
    width: float
    kind: str
    title: str
    took: timedelta
    number: int | None = None

    @property
    def middle(self) -> float:
        """Where its number stands."""
        return round(self.x + self.width / 2, 3)


@dataclass(frozen=True, slots=True)
class Before:
    """What came before the queue: since when its event was held back by limits, and when a gate let
    the execution in. None: not, or it is not on record."""

    held_back_at: datetime | None = None
    let_in_at: datetime | None = None


NOTHING_BEFORE = Before()


@dataclass(frozen=True, slots=True)
class Share:
    """How much of the time went into bars of one kind, in words."""

    kind: str
    word: str
    took: timedelta


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """A labelled row of bars, `y` units from the top."""

    label: str
    y: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of the axis, counted from the beginning."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """What is drawn."""

    height: int
    axis_y: int
    rows: tuple[TimelineRow, ...]
    ticks: tuple[Tick, ...]
    total: timedelta

    @property
    def shares(self) -> tuple[Share, ...]:
        """The legend: each kind of bar in the first row, in the order in which it came."""
        sums: dict[str, timedelta] = {}
        for bar in self.rows[0].bars:
            sums[bar.kind] = sums.get(bar.kind, timedelta()) + bar.took
        return tuple(Share(kind, _share_word(kind), took) for kind, took in sums.items())


def _share_word(kind: str) -> str:
    return _WAITS.get(kind) or f"Attempts, {state_lamp(kind).word.lower()}"


class _Scale:
    def __init__(self, begin: datetime, end: datetime) -> None:
        self.begin = begin
        self.total = max(end - begin, timedelta(milliseconds=1))

    def at(self, moment: datetime) -> float:
        return min(max((moment - self.begin) / self.total * 100, 0.0), 100.0)

    def bar(
        self, start: datetime, end: datetime, kind: str, what: str, number: int | None = None
    ) -> Bar:
        x = self.at(start)
        # Whatever happened can be seen, however short it was, and stays within the picture.
        width = max(self.at(end) - x, _NARROWEST)
        x = min(x, 100 - width)
        title = f"{what}: {duration_words(end - start)}"
        shown = number if width > _WIDE_ENOUGH else None
        return Bar(round(x, 3), round(width, 3), kind, title, end - start, shown)


def timeline(
    created_at: datetime,
    due_at: datetime,
    attempts: Sequence[AttemptShown],
    steps: Sequence[StepShown],
    now: datetime,
    *,
    before: Before = NOTHING_BEFORE,
) -> Timeline:
    """The timeline of an execution. `attempts` are in order, a running one has no end yet; `now`
    is where what still goes on is cut off. A wait that lies ahead ends at `due_at`."""
    open_end = not attempts or attempts[-1].finished_at is None
    waiting = bool(attempts) and attempts[-1].state != "succeeded" and due_at > now
    last = now if open_end else attempts[-1].finished_at or now
    begin = min(before.held_back_at or created_at, created_at)
    scale = _Scale(begin, max(last, due_at) if waiting else last)
    queued_at = before.let_in_at or created_at
    bars = (
        *_held_bars(scale, begin, created_at, queued_at),
        *_attempt_bars(scale, queued_at, attempts, now, due_at if waiting else None),
    )
    rows = [TimelineRow("Execution", 0, bars)]
    for index, (key, done) in enumerate(_by_key(steps).items(), start=1):
        strides = tuple(_step_bar(scale, step, now) for step in done)
        rows.append(TimelineRow(key, index * ROW_HEIGHT, strides))
    axis_y = len(rows) * ROW_HEIGHT
    return Timeline(axis_y + AXIS_HEIGHT, axis_y, tuple(rows), _ticks(scale.total), scale.total)


def _held_bars(
    scale: _Scale, begin: datetime, created_at: datetime, queued_at: datetime
) -> list[Bar]:
    waits = (("limit", begin, created_at), ("gate", created_at, queued_at))
    return [scale.bar(since, to, kind, _WAITS[kind]) for kind, since, to in waits if to > since]


def _attempt_bars(
    scale: _Scale,
    queued_at: datetime,
    attempts: Sequence[AttemptShown],
    now: datetime,
    next_due: datetime | None,
) -> list[Bar]:
    bars = []
    free_since, wait = queued_at, "queue"
    for attempt in attempts:
        if attempt.started_at > free_since:
            bars.append(scale.bar(free_since, attempt.started_at, wait, _WAITS[wait]))
        end = attempt.finished_at or now
        what = f"Attempt {attempt.number}, {state_lamp(attempt.state).word.lower()}"
        bars.append(scale.bar(attempt.started_at, end, attempt.state, what, attempt.number))
        # Of a call that nobody saw the end of: until somebody said what follows.
        free_since, wait = end, "held" if attempt.reason == UNKNOWN_OUTCOME else "backoff"
    if not attempts:
        bars.append(scale.bar(queued_at, now, "queue", "Queue"))
    elif next_due is not None:
        bars.append(scale.bar(free_since, next_due, "backoff", "Backoff"))
    return bars


def _by_key(steps: Sequence[StepShown]) -> dict[str, list[StepShown]]:
    rows: dict[str, list[StepShown]] = {}
    for step in steps:
        rows.setdefault(step.key, []).append(step)
    return rows


def _step_bar(scale: _Scale, step: StepShown, now: datetime) -> Bar:
    word = state_lamp(step.state).word.lower()
    what = f"{step.key}, attempt {step.attempt}, {word}"
    return scale.bar(step.started_at, step.finished_at or now, step.state, what)


def _ticks(total: timedelta) -> tuple[Tick, ...]:
    milliseconds = total / timedelta(milliseconds=1)
    step = _nice_step(milliseconds / _MOST_TICKS)
    marks = range(int(milliseconds // step) + 1)
    return tuple(
        Tick(round(mark * step / milliseconds * 100, 3), _tick_label(mark * step)) for mark in marks
    )


def _nice_step(smallest: float) -> float:
    scale = 1.0
    while scale * _NICE[-1] < smallest:
        scale *= 10
    return next(scale * nice for nice in _NICE if scale * nice >= smallest)


def _tick_label(milliseconds: float) -> str:
    return "0" if milliseconds == 0 else duration_words(timedelta(milliseconds=milliseconds))
