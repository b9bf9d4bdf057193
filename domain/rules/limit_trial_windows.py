"""The exact sliding windows of a trial of limits: those of the limiter, over instants of the past.

An instant is in microseconds. As in the limiter, a window of `per` is every half-open stretch of
that length, and what passes is counted in all windows of an event or in none.
"""

from collections import deque
from dataclasses import dataclass, field

from domain.rules.limits import Rate

SECOND = 1_000_000
_TRIM = 64


class Times:
    """Instants in order, of which the oldest are forgotten. A window of a key that comes once costs
    a hundred bytes; there may be a hundred thousand of them."""

    __slots__ = ("_gone", "_items")

    def __init__(self) -> None:
        self._items: list[int] = []
        self._gone = 0

    def __len__(self) -> int:
        return len(self._items) - self._gone

    def add(self, at: int) -> None:
        """An instant that is not before the last one."""
        self._items.append(at)

    def forget(self, until: int) -> None:
        """Forget what lies at `until` or before."""
        while self._gone < len(self._items) and self._items[self._gone] <= until:
            self._gone += 1
        if self._gone >= _TRIM:
            del self._items[: self._gone]
            self._gone = 0

    def at(self, place: int) -> int:
        """The instant at this place, from the oldest that is not forgotten."""
        return self._items[self._gone + place]


@dataclass(slots=True, eq=False)
class TrialWindow:
    """One window: what passed, and what would have passed without any limit. `parked` are lanes
    whose first event found it full; `timed` says that there is a time to look at them again."""

    rate: Rate
    value: str | None
    passed: Times = field(default_factory=Times)
    asked: Times = field(default_factory=Times)
    parked: "deque[Lane]" = field(default_factory=deque)
    timed: bool = False

    @property
    def per(self) -> int:
        """Its length."""
        return self.rate.per_s * SECOND

    def has_room(self, at: int) -> bool:
        """Whether one more may pass."""
        self.passed.forget(at - self.per)
        return len(self.passed) < self.rate.most

    def room_at(self) -> int:
        """When there is room, if nothing passes until then."""
        return self.passed.at(len(self.passed) - self.rate.most) + self.per

    def demand(self, at: int) -> int:
        """Note that an event asks for it; how many did within its length."""
        self.asked.forget(at - self.per)
        self.asked.add(at)
        return len(self.asked)


@dataclass(slots=True, eq=False)
class Item:
    """What passes the windows: an event, or a batch of them, by the instants at which they came."""

    members: tuple[int, ...]
    windows: tuple[TrialWindow, ...]
    asked_at: int


@dataclass(slots=True, eq=False)
class Lane:
    """Items that wait in order for the same windows."""

    waiting: deque[Item] = field(default_factory=deque)


def full_window(item: Item, at: int) -> TrialWindow | None:
    """The first window that has no room; None: it may pass."""
    return next((window for window in item.windows if not window.has_room(at)), None)
