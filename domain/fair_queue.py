"""A queue with lanes: whoever fills one lane keeps nobody waiting in the others."""

import heapq
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from typing import Any, Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")
Lane = Hashable

_NOTHING_HELD: Mapping[Lane, int] = {}


class FairQueue(Generic[Key, Value]):
    """Values by key, each key once, in lanes: each lane in the order in which it was filled, and
    the lanes in turn. At most `most_a_lane` wait in one."""

    def __init__(self, most_a_lane: int) -> None:
        self._most_a_lane = most_a_lane
        self._lanes: dict[Lane, OrderedDict[Key, Value]] = {}
        self._keys: set[Key] = set()

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def put(self, key: Key, value: Value, lane: Lane = None) -> bool:
        """Add to the end of a lane; False: there is no more room in it. A key that waits already
        keeps its place."""
        if key in self._keys:
            return True
        waiting = self._lanes.get(lane)
        if waiting is None:
            waiting = self._lanes[lane] = OrderedDict()
        if len(waiting) >= self._most_a_lane:
            return False
        waiting[key] = value
        self._keys.add(key)
        return True

    def is_full(self, lane: Lane = None) -> bool:
        """Whether there is no more room in a lane."""
        return self.waiting_in(lane) >= self._most_a_lane

    def take(
        self, most: int, held: Mapping[Any, int] = _NOTHING_HELD, ceiling: int | None = None
    ) -> list[tuple[Key, Value]]:
        """Up to `most` of those that wait, next from the lane that holds least: what it `held`
        before, and what was taken for it. None for a lane that holds `ceiling`."""
        if len(self._lanes) == 1 and ceiling is None:
            return self._take_of_one(most)
        lanes = [
            (held.get(lane, 0), turn, lane)
            for turn, lane in enumerate(self._lanes)
            if ceiling is None or held.get(lane, 0) < ceiling
        ]
        heapq.heapify(lanes)
        taken: list[tuple[Key, Value]] = []
        while lanes and len(taken) < most:
            holds, turn, lane = lanes[0]
            waiting = self._lanes.pop(lane)
            key, value = waiting.popitem(last=False)
            taken.append((key, value))
            self._keys.discard(key)
            if waiting:
                self._lanes[lane] = waiting  # behind the others, where they hold as much
            if waiting and (ceiling is None or holds + 1 < ceiling):
                heapq.heapreplace(lanes, (holds + 1, turn, lane))
            else:
                heapq.heappop(lanes)
        return taken

    def _take_of_one(self, most: int) -> list[tuple[Key, Value]]:
        """The same where nobody takes turns with anybody."""
        ((lane, waiting),) = self._lanes.items()
        taken = [waiting.popitem(last=False) for _ in range(min(most, len(waiting)))]
        self._keys.difference_update(key for key, _ in taken)
        if not waiting:
            del self._lanes[lane]
        return taken

    def waiting_in(self, lane: Lane) -> int:
        """How many wait in a lane."""
        return len(self._lanes.get(lane, ()))

    def take_lane(self, lane: Lane) -> list[tuple[Key, Value]]:
        """Take all that wait in a lane."""
        waiting = self._lanes.pop(lane, None) or OrderedDict()
        self._keys.difference_update(waiting)
        return list(waiting.items())

    def clear(self) -> list[tuple[Key, Value]]:
        """Take all that wait."""
        left = [pair for waiting in self._lanes.values() for pair in waiting.items()]
        self._lanes.clear()
        self._keys.clear()
        return left
