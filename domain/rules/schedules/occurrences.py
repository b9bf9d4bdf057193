"""Walking from one occurrence of a schedule to the next, across the jumps of a zone's clock.

The walk goes along UTC from jump to jump. Between two jumps wall time and UTC run alike, so the
wall times that a rule names there (`Walls.next_wall`) are instants without any doubt. What is left
are the jumps themselves:

- *Fixed times* ("at 02:30") mean once a day. One that falls into a gap comes due as the gap ends,
  together with all others of that gap; one that falls into a fold comes due twice, of which the
  policy says which to run.
- *Wildcard times* ("every 10 minutes") mean real time. Wall times that do not exist are none of
  theirs; those that come twice are two.

What a policy does not run is an occurrence, too: its slot must be accounted for.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from domain.rules.schedules.wall_times import (
    END,
    SECOND,
    Change,
    FoldPolicy,
    GapPolicy,
    aware,
    changes,
    naive,
    offset_at,
    offsets_of,
    readings,
)

ClockChange = Literal["gap", "fold_first", "fold_second"]


class Occurrence(NamedTuple):
    """One instant at which a schedule is due.

    `at` (UTC) is nominal, and what its slot is known by. `wall` is the wall time that the schedule
    names; in a gap the one that does not exist. `skipped` says that a policy does not run it.
    """

    at: datetime
    wall: datetime
    change: ClockChange | None = None
    skipped: Literal["dst"] | None = None


@dataclass(frozen=True, slots=True)
class Policies:
    """What to do with fixed times in a gap and in a fold."""

    gap: GapPolicy = "run_after"
    fold: FoldPolicy = "once_first"

    def in_gap(self, at: datetime, wall: datetime) -> Occurrence:
        """The occurrence of wall times that a gap leaves out, of which `wall` is the first."""
        return Occurrence(at, wall, "gap", "dst" if self.gap == "skip" else None)

    def in_fold(self, at: datetime, wall: datetime, passes: ClockChange) -> Occurrence:
        """The occurrence of a wall time in one of the two passes of a fold."""
        left_out = {"once_first": "fold_second", "once_second": "fold_first", "twice": None}
        return Occurrence(at, wall, passes, "dst" if left_out[self.fold] == passes else None)


class Walk(Protocol):
    """A way along the occurrences of a schedule."""

    def after(self, instant: datetime) -> Occurrence | None:
        """The first occurrence strictly later than an instant; None: there is none."""


class Walls(Protocol):
    """A rule that names wall times."""

    def next_wall(self, wall: datetime) -> datetime | None:
        """The first wall time strictly later than this one, which has whole seconds."""


@dataclass(frozen=True, slots=True)
class WallWalk:
    """The occurrences of wall times in a zone. Without policies they run in real time."""

    walls: Walls
    zone: ZoneInfo
    policies: Policies | None

    def after(self, instant: datetime) -> Occurrence | None:
        """The first occurrence strictly later; the instant is aware, in UTC."""
        since, offset = instant, offset_at(self.zone, instant)
        wall = self.walls.next_wall(naive(instant, offset).replace(microsecond=0))
        while wall is not None:
            at = aware(wall, offset)
            jump = next(changes(self.zone, since, at), None)
            if jump is None:
                return _existing(self.zone, self.policies, wall, offset) if at < END else None
            following = self._from_jump(jump, wall)
            if self.policies and jump.leaves_out(wall) and following != jump.wall_after:
                return self.policies.in_gap(jump.at, wall)
            wall, since, offset = following, jump.at, jump.after
        return None

    def _from_jump(self, jump: Change, wall: datetime) -> datetime | None:
        """The first wall time once the clock has jumped, where `wall` is what was next before."""
        if jump.is_gap and wall >= jump.wall_after:
            return wall
        return self.walls.next_wall(jump.wall_after - SECOND)


@dataclass(frozen=True, slots=True)
class Daily:
    """The same wall time each `days` days from `anchor` on."""

    anchor: datetime
    days: int

    def next_wall(self, wall: datetime) -> datetime | None:
        """The first one strictly later."""
        step = timedelta(days=self.days)
        return self.anchor + max(0, (wall - self.anchor) // step + 1) * step


@dataclass(frozen=True, slots=True)
class Interval:
    """Each `step` of real time from `anchor` (UTC) on."""

    anchor: datetime
    step: timedelta
    zone: ZoneInfo

    def after(self, instant: datetime) -> Occurrence | None:
        """The first one strictly later."""
        at = self.anchor + max(0, (instant - self.anchor) // self.step + 1) * self.step
        return at_instant(self.zone, at) if at < END else None


class Listed:
    """Some instants, each as it stands."""

    def __init__(self, occurrences: Iterable[Occurrence]) -> None:
        self.occurrences = merged(occurrences)
        self._instants = [each.at for each in self.occurrences]

    def after(self, instant: datetime) -> Occurrence | None:
        """The first one strictly later."""
        place = bisect_right(self._instants, instant)
        return self.occurrences[place] if place < len(self.occurrences) else None


def at_instant(zone: ZoneInfo, at: datetime) -> Occurrence:
    """The occurrence at an instant that is meant as such, whatever the clocks do."""
    offset = offset_at(zone, at)
    return _existing(zone, None, naive(at, offset), offset)


def at_wall(zone: ZoneInfo, policies: Policies, wall: datetime) -> list[Occurrence]:
    """The occurrences of a single wall time."""
    found = readings(zone, wall)
    if found.kind == "plain":
        return [Occurrence(found.first, wall)]
    if found.kind == "gap":
        return [policies.in_gap(found.first, wall)]
    return [
        policies.in_fold(found.first, wall, "fold_first"),
        policies.in_fold(found.second, wall, "fold_second"),
    ]


def _existing(
    zone: ZoneInfo, policies: Policies | None, wall: datetime, offset: timedelta
) -> Occurrence:
    """The occurrence at a wall time that exists, where clocks are `offset` ahead of UTC."""
    at = aware(wall, offset)
    early, late = offsets_of(zone, wall)
    if early == late:
        return Occurrence(at, wall)
    passes: ClockChange = "fold_first" if offset == early else "fold_second"
    return policies.in_fold(at, wall, passes) if policies else Occurrence(at, wall, passes)


def merged(occurrences: Iterable[Occurrence]) -> tuple[Occurrence, ...]:
    """One occurrence an instant, in order of time: best one that runs, and whose time exists."""
    found: dict[datetime, Occurrence] = {}
    for each in sorted(occurrences, key=lambda each: (each.skipped or "", each.change or "")):
        found.setdefault(each.at, each)
    return tuple(found[at] for at in sorted(found))
