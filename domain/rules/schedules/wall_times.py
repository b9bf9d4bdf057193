"""Where a zone's clock jumps, and which instants a wall time names.

A *wall time* is what a clock on the wall shows: a datetime without a zone. In a *gap* it never
shows some times (the clock goes forward); in a *fold* it shows some twice (it goes back).
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

FIRST_YEAR, LAST_YEAR = 1970, 2199
FIRST = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
END = datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)

# No zone changes twice within six days, from 1970 to 2199 (a test holds the tables to it).
_STRIDE = timedelta(days=2)

GapPolicy = Literal["run_after", "skip"]
FoldPolicy = Literal["once_first", "once_second", "twice"]


class Change(NamedTuple):
    """A jump of a zone's clock at an instant (UTC): what it was ahead of UTC, and is from then."""

    at: datetime
    before: timedelta
    after: timedelta

    @property
    def is_gap(self) -> bool:
        """Whether it goes forward, so that wall times are left out."""
        return self.after > self.before

    @property
    def wall_before(self) -> datetime:
        """What the clock would have shown at this instant without the jump."""
        return naive(self.at, self.before)

    @property
    def wall_after(self) -> datetime:
        """What the clock shows at this instant."""
        return naive(self.at, self.after)

    def leaves_out(self, wall: datetime) -> bool:
        """Whether the clock never shows this wall time because of the jump."""
        return self.wall_before <= wall < self.wall_after


class Readings(NamedTuple):
    """The instants (UTC) at which a clock shows one wall time: two in a fold, else one. In a gap
    there is none: then it is the first instant after the gap."""

    kind: Literal["plain", "gap", "fold"]
    first: datetime
    second: datetime


def naive(instant: datetime, offset: timedelta) -> datetime:
    """The wall time of an instant (UTC) where clocks are `offset` ahead of UTC."""
    return instant.replace(tzinfo=None) + offset


def aware(wall: datetime, offset: timedelta) -> datetime:
    """The instant (UTC) of a wall time where clocks are `offset` ahead of UTC."""
    return (wall - offset).replace(tzinfo=UTC)


def offset_at(zone: ZoneInfo, instant: datetime) -> timedelta:
    """How far the zone is ahead of UTC at an instant."""
    offset = instant.astimezone(zone).utcoffset()
    assert offset is not None
    return offset


def offsets_of(zone: ZoneInfo, wall: datetime) -> tuple[timedelta, timedelta]:
    """How far the zone is ahead of UTC at a wall time, taken before a jump and after it (PEP 495).
    They differ in gaps (the second is greater) and folds (the first is)."""
    early = wall.replace(tzinfo=zone, fold=0).utcoffset()
    late = wall.replace(tzinfo=zone, fold=1).utcoffset()
    assert early is not None
    assert late is not None
    return early, late


def readings(zone: ZoneInfo, wall: datetime) -> Readings:
    """The instants that a wall time names."""
    early, late = offsets_of(zone, wall)
    if early == late:
        at = aware(wall, early)
        return Readings("plain", at, at)
    if early > late:
        return Readings("fold", aware(wall, early), aware(wall, late))
    jump = _change_between(zone, aware(wall, late), aware(wall, early)).at
    return Readings("gap", jump, jump)


def changes(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[Change]:
    """The jumps in (start, end], oldest first; from 1970 to 2199."""
    for year in range(max(start.year, FIRST_YEAR), min(end.year, LAST_YEAR) + 1):
        for change in _changes_of_year(zone, year):
            if start < change.at <= end:
                yield change


@lru_cache(maxsize=4096)
def _changes_of_year(zone: ZoneInfo, year: int) -> tuple[Change, ...]:
    """The zone's tables are not open to us, so its offsets are compared, some days apart."""
    found: list[Change] = []
    at, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    # What happens in the first second of a year belongs to it.
    at -= SECOND
    end -= SECOND
    offset = offset_at(zone, at)
    while at < end:
        following = min(at + _STRIDE, end)
        if offset_at(zone, following) != offset:
            change = _change_between(zone, at, following)
            found.append(change)
            following, offset = change.at, change.after
        at = following
    return tuple(found)


def _change_between(zone: ZoneInfo, low: datetime, high: datetime) -> Change:
    """The jump in (low, high], to the second; the offsets at its ends differ."""
    before = offset_at(zone, low)
    while high - low > SECOND:
        middle = low + ((high - low) // SECOND // 2) * SECOND
        if offset_at(zone, middle) == before:
            low = middle
        else:
            high = middle
    return Change(high, before, offset_at(zone, high))
