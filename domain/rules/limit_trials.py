"""What limits would have done to events of the past.

A simulation, event by event in the order in which they came: debounce, batch, windows, as the live
stages have them. The windows are exact; who waits leaves as soon as there is room, in order. What
history cannot tell is left out: windows of the team and the installation, how many executions ran
at once, and requests that were refused. `refuse` turns away at the door, so there every event is
counted, whether it matches or not.
"""

import heapq
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from domain.rules.limit_keys import NONE, Key
from domain.rules.limit_trial_results import TrialDay, ValueCount, WindowPeak, instant
from domain.rules.limit_trial_windows import SECOND, Item, Lane, TrialWindow, full_window
from domain.rules.limits import Limits

MOST_EVENTS = 200_000
"""Of one trial: the newest of its days."""
_DAY = 86_400 * SECOND
MOST_DAYS = 30
DEFAULT_DAYS = 7


def _nothing_said(_members: tuple[int, ...], _at: int) -> None:
    """Nobody asked when each event passes."""


@dataclass(slots=True)
class _Gathering:
    """The events of one key that gather: for a debounce the last of them, for a batch all."""

    began: int
    ends: int
    members: list[int] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)
    number: int = 0


class LimitTrial:
    """The limits at work. Add the events in their order, then `advance` to the end."""

    def __init__(
        self, limits: Limits, told: Callable[[tuple[int, ...], int], None] = _nothing_said
    ) -> None:
        """`told(members, at)` hears of each execution: of which events, and when it starts."""
        self.peaks = [WindowPeak(rate) for rate in limits.rates]
        self.values: dict[str, dict[str, ValueCount]] = {}
        self._limits = limits
        self._keys = _keys_of(limits)
        self._told = told
        self._days: dict[int, TrialDay] = defaultdict(TrialDay)
        self._now = 0
        self._windows: dict[tuple[int, str | None], TrialWindow] = {}
        self._lanes: dict[tuple[str | None, ...], Lane] = {}
        self._quiet: dict[str, _Gathering] = {}
        self._batches: dict[str, _Gathering] = {}
        # (when, in which order, what is to be done)
        self._timers: list[tuple[int, int, Callable[[], None]]] = []
        self._numbers = 0

    @property
    def days(self) -> dict[str, TrialDay]:
        """By day (UTC, `2026-11-27`), the first one first."""
        found = sorted(self._days.items())
        return {instant(day * _DAY).date().isoformat(): counts for day, counts in found}

    def add(self, received_at: datetime, body: Any, *, matched: bool) -> None:
        """An event, not before the last one; `body` is its document, or `NOTHING`."""
        # Ids follow the clocks of several machines, so an instant may lie a little before the last.
        at = max(self._now, _micros(received_at))
        self._run_until(at)
        self._now = at
        self._day(at).events += 1
        self._day(at).matched += matched
        refuses = self._limits.over == "refuse"
        if not matched and not refuses:
            return
        values = {key.text: key.value_in(body) for key in self._keys}
        if refuses and not self._passes_door(at, matched=matched):
            return
        if matched:
            self._debounce(at, values)

    def advance(self, at: datetime | None, most: int) -> bool:
        """Let pass who waited up to `at`, or with None whoever still waits, as if no other event
        came; False: all of it is done. After `most` steps there may be more to do."""
        return self._run_until(None if at is None else _micros(at), most)

    def _run_until(self, at: int | None, most: int | None = None) -> bool:
        while self._timers and (at is None or self._timers[0][0] <= at):
            if most is not None and (most := most - 1) < 0:
                return True
            self._now, _, act = heapq.heappop(self._timers)
            act()
        return False

    def _at(self, when: int, act: Callable[[], None]) -> None:
        self._numbers += 1
        heapq.heappush(self._timers, (when, self._numbers, act))

    def _day(self, at: int) -> TrialDay:
        return self._days[at // _DAY]

    # --- The door ------------------------------------------------------------------------------

    def _passes_door(self, at: int, *, matched: bool) -> bool:
        item = self._item((at,), {}, at)
        if full_window(item, at) is None:
            _count(item, at)
            return True
        self._day(at).over_limit += matched
        return False

    # --- Debounce ------------------------------------------------------------------------------

    def _debounce(self, at: int, values: dict[str, str]) -> None:
        debounce = self._limits.debounce
        if debounce is None:
            self._batch(at, values)
            return
        key = _value_of(debounce.key, values)
        found = self._quiet.get(key)
        if found is None or (debounce.keep == "first" and found.ends <= at):
            found = self._quiet[key] = _Gathering(at, at)
            if debounce.keep == "first":
                found.ends = at + min(debounce.quiet_s, debounce.most_s) * SECOND
                self._batch(at, values)
                return
        end = found.began + debounce.most_s * SECOND
        found.ends = min(at + debounce.quiet_s * SECOND, end)
        if debounce.keep == "first":
            self._day(at).debounced += 1
            return
        for older in found.members:
            self._day(older).debounced += 1
        found.members, found.values = [at], values
        found.number += 1
        self._at(found.ends, partial(self._become_quiet, key, found, found.number))

    def _become_quiet(self, key: str, found: _Gathering, number: int) -> None:
        if self._quiet.get(key) is found and found.number == number:
            del self._quiet[key]
            self._batch(found.members[0], found.values)

    # --- Batch ---------------------------------------------------------------------------------

    def _batch(self, arrived: int, values: dict[str, str]) -> None:
        batch = self._limits.batch
        if batch is None:
            self._limit((arrived,), values)
            return
        key = _value_of(batch.key, values)
        found = self._batches.get(key)
        if found is None:
            found = self._batches[key] = _Gathering(self._now, self._now + batch.within_s * SECOND)
            self._at(found.ends, partial(self._close_batch, key, found))
        found.members.append(arrived)
        if len(found.members) >= batch.most:
            self._close_batch(key, found)

    def _close_batch(self, key: str, found: _Gathering) -> None:
        if self._batches.get(key) is found:
            del self._batches[key]
            # A batch is an event of its own, in which no key finds anything.
            self._limit(tuple(found.members), {})

    # --- Windows -------------------------------------------------------------------------------

    def _limit(self, members: tuple[int, ...], values: dict[str, str]) -> None:
        at, limits = self._now, self._limits
        if limits.over == "refuse" or not limits.rates:
            self._start(members, at)
            return
        item = self._item(members, values, at)
        lane = self._lanes.setdefault(tuple(window.value for window in item.windows), Lane())
        if not lane.waiting and full_window(item, at) is None:
            _count(item, at)
            self._start(members, at)
        elif limits.over == "drop":
            self._note_held(item)
            for each in members:
                self._day(each).over_limit += 1
        else:
            self._note_held(item)
            for each in members:
                self._day(each).deferred += 1
            lane.waiting.append(item)
            if len(lane.waiting) == 1:
                self._move_on(lane)

    def _item(self, members: tuple[int, ...], values: dict[str, str], at: int) -> Item:
        windows = []
        for place, rate in enumerate(self._limits.rates):
            value = None if rate.key is None else values.get(rate.key.text, NONE)
            window = self._windows.setdefault((place, value), TrialWindow(rate, value))
            windows.append(window)
            asked, peak = window.demand(at), self.peaks[place]
            if asked > peak.count:
                peak.count, peak.at, peak.value = asked, at, value
            if rate.key is not None and value is not None:
                self._value(rate.key, value).events += len(members)
        return Item(members, tuple(windows), at)

    def _value(self, key: Key, value: str) -> ValueCount:
        return self.values.setdefault(key.text, {}).setdefault(value, ValueCount())

    def _note_held(self, item: Item) -> None:
        for window in item.windows:
            if window.rate.key is not None and window.value is not None:
                self._value(window.rate.key, window.value).held += len(item.members)

    def _move_on(self, lane: Lane) -> None:
        """Let pass what may, and park the lane at the window that has no room for the next."""
        while lane.waiting:
            item, at = lane.waiting[0], self._now
            if at >= item.asked_at + self._limits.max_wait_s * SECOND:
                lane.waiting.popleft()
                for each in item.members:
                    self._day(each).too_late += 1
                continue
            full = full_window(item, at)
            if full is not None:
                full.parked.append(lane)
                self._look_again_at(full)
                return
            lane.waiting.popleft()
            _count(item, at)
            self._start(item.members, at)
            self._note_wait(item, at)

    def _look_again_at(self, window: TrialWindow) -> None:
        if not window.timed:
            window.timed = True
            self._at(window.room_at(), partial(self._open, window))

    def _open(self, window: TrialWindow) -> None:
        window.timed = False
        # Those parked by now: who comes back to this window has to wait for its next place.
        for _ in range(len(window.parked)):
            if not window.has_room(self._now):
                break
            self._move_on(window.parked.popleft())
        if window.parked:
            self._look_again_at(window)

    def _note_wait(self, item: Item, at: int) -> None:
        for each in item.members:
            day = self._day(each)
            day.longest_wait_s = max(day.longest_wait_s, (at - item.asked_at) / SECOND)

    def _start(self, members: tuple[int, ...], at: int) -> None:
        for each in members:
            self._day(each).passed += 1
        self._day(members[0]).executions += 1
        self._told(members, at)


def _count(item: Item, at: int) -> None:
    for window in item.windows:
        window.passed.add(at)


def _value_of(key: Key | None, values: dict[str, str]) -> str:
    return "" if key is None else values[key.text]


def _micros(at: datetime) -> int:
    return round(at.timestamp() * SECOND)


def _keys_of(limits: Limits) -> tuple[Key, ...]:
    """All keys that the limits of a trial name, each once."""
    named = [rate.key for rate in limits.rates]
    named += [part.key for part in (limits.debounce, limits.batch) if part is not None]
    return tuple(dict.fromkeys(key for key in named if key is not None))
