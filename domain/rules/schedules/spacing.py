"""How close two runs of a schedule come to each other.

Not by walking a year of minutes: on almost all days wall time and real time run alike, so the
distances are those of the times of day. Only around the jumps of the clock are they worked out.
"""

from bisect import bisect_left
from calendar import monthrange
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from domain.rules.schedules.cron import Cron
from domain.rules.schedules.occurrences import Occurrence, Policies, at_instant, at_wall, merged
from domain.rules.schedules.settings import UNIT_SECONDS, Settings
from domain.rules.schedules.wall_times import changes, naive, offset_at, readings

_YEAR = timedelta(days=366)
# The closest that two minutes can be: no need to look any further.
_CLOSEST_S = 60.0


def shortest_gap_s(settings: Settings, start: datetime) -> float | None:
    """The shortest time between two runs within 12 months from `start`, in seconds."""
    if settings.cron is None and settings.anchor is None:
        return _closest(_given(settings, start))
    if settings.unit != "days" and settings.cron is None:
        return float(settings.every * UNIT_SECONDS[settings.unit])
    times = list(_times(settings))
    within = min(
        (_seconds(late) - _seconds(early) for early, late in pairwise(times)), default=None
    )
    if within == _CLOSEST_S:
        return within
    days = list(_days(settings, naive(start, offset_at(settings.zone, start)).date()))
    across = min(((b - a).days * 86_400 for a, b in pairwise(days)), default=None)
    found = [within if days else None, _around_jumps(settings, start, days, times)]
    if across is not None:
        found.append(across + _seconds(times[0]) - _seconds(times[-1]))
    return min((each for each in found if each is not None), default=None)


def _around_jumps(
    settings: Settings, start: datetime, days: list[date], times: list[time]
) -> float | None:
    """The shortest distance next to a jump of the clock: there it is not that of the walls."""
    found: list[float] = []
    for jump in changes(settings.zone, start, start + _YEAR):
        place = bisect_left(days, jump.wall_before.date())
        near = days[max(0, place - 2) : place + 3]
        walls = (datetime.combine(day, each) for day in near for each in times)
        shortest = _closest(merged(each for wall in walls for each in _runs_at(settings, wall)))
        if shortest is not None:
            found.append(shortest)
    return min(found, default=None)


def _runs_at(settings: Settings, wall: datetime) -> list[Occurrence]:
    if settings.cron is None or not settings.cron.is_wildcard:
        return at_wall(settings.zone, Policies(settings.gap, settings.fold), wall)
    found = readings(settings.zone, wall)
    if found.kind == "gap":
        return []
    return [Occurrence(found.first, wall), Occurrence(found.second, wall)]


def _given(settings: Settings, start: datetime) -> tuple[Occurrence, ...]:
    policies = Policies(settings.gap, settings.fold)
    return merged(
        each
        for given in settings.instants
        for each in (
            [at_instant(settings.zone, given)]
            if given.tzinfo
            else at_wall(settings.zone, policies, given)
        )
        if each.at > start
    )


def _closest(occurrences: Iterable[Occurrence]) -> float | None:
    runs = [each.at for each in occurrences if each.skipped is None]
    return min(((b - a).total_seconds() for a, b in pairwise(runs)), default=None)


def _times(settings: Settings) -> Iterator[time]:
    """The times of day, in order."""
    if settings.cron is None:
        yield _local_anchor(settings).time()
        return
    for hour in sorted(settings.cron.hour.numbers):
        for minute in sorted(settings.cron.minute.numbers):
            yield time(hour, minute)


def _days(settings: Settings, first: date) -> Iterator[date]:
    """The days of 12 months from `first` on which it is due."""
    anchor = _local_anchor(settings).date() if settings.cron is None else first
    for ahead in range(_YEAR.days + 1):
        day = first + timedelta(days=ahead)
        if settings.cron is not None:
            if names_day(settings.cron, day):
                yield day
        elif day >= anchor and (day - anchor).days % settings.every == 0:
            yield day


def names_day(cron: Cron, day: date) -> bool:
    """Whether a cron expression is due on a day."""
    if day.month not in cron.month.numbers:
        return False
    last = monthrange(day.year, day.month)[1]
    by_date = day.day in cron.day.numbers or (cron.day.last_day and day.day == last)
    weekday = day.isoweekday() % 7
    nth = (weekday, (day.day - 1) // 7 + 1)
    by_weekday = weekday in cron.weekday.numbers or nth in cron.weekday.nths
    return (by_date or by_weekday) if cron.either_day else (by_date and by_weekday)


def _local_anchor(settings: Settings) -> datetime:
    anchor = settings.anchor
    assert anchor is not None
    return anchor if anchor.tzinfo is None else naive(anchor, offset_at(settings.zone, anchor))


def _seconds(at: time) -> float:
    return at.hour * 3_600.0 + at.minute * 60.0 + at.second
