"""What one worker knows of the destinations that it calls: how their breakers stand, who is under
way there, and what has not been told yet. Kept in memory, so that a call to a healthy one costs a
look into a table.

Instants are this process's own monotonic clock. What others decided comes as "so many seconds from
now".
"""

import itertools
from dataclasses import dataclass, field, replace
from uuid import UUID

from domain.coordination.breakers import Standing, Told
from domain.rules.breakers import (
    BUCKETS,
    Breaker,
    BreakerSettings,
    Report,
    State,
    bucket_of,
)
from domain.rules.destination_shares import FAST_S

MOST_KEPT = 10_000
# For so long after the last call of it a destination is one of the "others" that want places.
LATELY_S = 10.0
_EWMA = 0.2


@dataclass(slots=True)
class Destination:
    """One destination. `breaker` is how it stands, as far as is known here; `stamp` of the change
    that this comes from."""

    id: UUID
    team_id: UUID
    host: str
    settings: BreakerSettings
    breaker: Breaker = field(default_factory=Breaker)
    stamp: int = 0
    watched: bool = False
    called_at: float = -1e9
    ended_at: float = -1e9
    usually_s: float = 1e9
    under_way: dict[int, float] = field(default_factory=dict)
    last_turn: float = 0.0
    designated: int = -1
    letting_in: bool = False
    reporting: bool = False
    unsent: Told | None = None
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    _buckets: dict[int, list[int]] = field(default_factory=dict)
    _trailing: int = 0
    _answered: bool = False

    def is_fast(self, now: float) -> bool:
        """Whether its calls hold a place for a moment only, as far as can be seen."""
        oldest = next(iter(self.under_way.values()), now)
        return self.usually_s <= FAST_S and now - oldest <= 4 * FAST_S

    def began(self, number: int, now: float) -> None:
        """A call went out."""
        self.under_way[number] = self.called_at = now

    def ended(self, number: int, now: float) -> None:
        """It came back, or was broken off."""
        took_s = now - self.under_way.pop(number)
        # After a pause what was usual says little.
        first = now - self.ended_at > LATELY_S
        self.usually_s = took_s if first else self.usually_s + _EWMA * (took_s - self.usually_s)
        self.ended_at = now

    def count(self, now: float, *, failed: bool) -> None:
        """Count a call, to be told later."""
        number = bucket_of(self.settings.window_s, now)
        bucket = self._buckets.setdefault(number, [0, 0])
        if bucket == [0, 0] and len(self._buckets) > BUCKETS:
            self._buckets = {n: b for n, b in self._buckets.items() if n > number - BUCKETS}
        bucket[0] += 1
        bucket[1] += failed
        self._trailing = self._trailing + 1 if failed else 0
        self._answered |= not failed

    @property
    def has_news(self) -> bool:
        """Whether there is something to tell: that all is well is not, unless somebody failed."""
        return self.unsent is not None or (self.watched and bool(self._buckets))

    def report(self, now: float) -> Told | None:
        """What is to be told now. One that nobody confirmed is told again as it was."""
        if self.unsent is None and self._buckets:
            present = bucket_of(self.settings.window_s, now)
            ages = [(present - n, *b) for n, b in self._buckets.items() if present - n < BUCKETS]
            if ages:
                counts = tuple((age, calls, failures) for age, calls, failures in ages)
                self.unsent = Told(next(self._numbers), self._trailing, self._answered, counts)
            self._buckets, self._trailing, self._answered = {}, 0, False
        return self.unsent

    def learn(self, standing: Standing, now: float) -> bool:
        """Take over how the breaker stands, unless something later is known; whether its state is
        another one than before."""
        if standing.stamp < self.stamp:
            return False
        before, self.stamp = self.breaker.state, standing.stamp
        self.breaker = Breaker(
            standing.state, now, standing.trips, now + standing.wait_s, standing.cool_down_s
        )
        return before != standing.state

    def standing(self, now: float) -> Standing:
        """How the breaker stands, for those who do not know."""
        breaker = self.breaker
        state: State = "closed" if breaker.state == "closed" else "open"
        wait_s = max(0.0, breaker.probe_at - now)
        return Standing(state, self.stamp, wait_s, breaker.cool_down_s, breaker.trips)

    def closed_elsewhere(self, now: float) -> None:
        """It is none of those that are open."""
        if self.breaker.state != "closed":
            self.breaker = replace(self.breaker, state="closed", since=now, buckets=(), streak=0)


def report_of(told: Told) -> Report:
    """What was to be told to all, for the breaker of this process alone."""
    return Report(
        sum(calls for _, calls, _ in told.buckets),
        sum(failures for _, _, failures in told.buckets),
        told.trailing,
    )


class KnownDestinations:
    """The destinations that this worker has called, by team and host."""

    def __init__(self) -> None:
        self._by_name: dict[tuple[UUID, str], Destination] = {}
        self._by_id: dict[UUID, Destination] = {}

    def get(self, team_id: UUID, host: str) -> Destination | None:
        """The destination, if it is known."""
        return self._by_name.get((team_id, host))

    def find(self, id_: UUID) -> Destination | None:
        """The same, by its id."""
        return self._by_id.get(id_)

    def add(self, one: Destination) -> None:
        """Remember it. When there are too many, those of which there is nothing to remember go."""
        if len(self._by_name) >= MOST_KEPT:
            for idle in [each for each in self._by_name.values() if _is_idle(each)]:
                del self._by_name[idle.team_id, idle.host], self._by_id[idle.id]
        self._by_name[one.team_id, one.host] = self._by_id[one.id] = one

    def all(self) -> list[Destination]:
        """Every one."""
        return list(self._by_name.values())

    def others_called(self, one: Destination, now: float) -> bool:
        """Whether other destinations than this one have been called lately."""
        return any(
            now - each.called_at < LATELY_S for each in self._by_name.values() if each is not one
        )


def _is_idle(one: Destination) -> bool:
    return not one.under_way and one.breaker.state == "closed" and not one.has_news
