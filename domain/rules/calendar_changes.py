"""What becomes of a schedule's coming slots when a calendar that it uses holds other days."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from domain.rules.schedules.calendars import Dates, suppressed_by
from domain.rules.schedules.schedule import Schedule

DAYS_AHEAD = 30
MOST_COUNTED = 500

# A day begins and ends within this much of where its zone's offset at midnight says.
_SLACK = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class SlotsChanged:
    """How many slots of the coming 30 days run that would not have run, and the other way round.
    `capped`: there are more, which were not counted."""

    run: int = 0
    fall_out: int = 0
    capped: bool = False

    @property
    def any(self) -> bool:
        """Whether anything changes."""
        return bool(self.run or self.fall_out)


def slots_changed(
    schedule: Schedule, before: Mapping[UUID, Dates], after: Mapping[UUID, Dates], now: datetime
) -> SlotsChanged:
    """What changes when the schedule's calendars hold `after` instead of `before`. Only the days on
    which they differ are walked, and no more than 500 slots are counted."""
    run = fall_out = 0
    for day, runs_now in _days_that_differ(schedule, before, after, now):
        most = MOST_COUNTED - run - fall_out
        found = sum(1 for _ in _slots_of(schedule, day, now, most))
        run, fall_out = (run + found, fall_out) if runs_now else (run, fall_out + found)
        if run + fall_out >= MOST_COUNTED:
            return SlotsChanged(run, fall_out, capped=True)
    return SlotsChanged(run, fall_out)


def _days_that_differ(
    schedule: Schedule, before: Mapping[UUID, Dates], after: Mapping[UUID, Dates], now: datetime
) -> Iterator[tuple[date, bool]]:
    """The days on which the calendars say something else, and whether they let it run now."""
    today = schedule.local(now).date()
    for ahead in range(DAYS_AHEAD + 1):
        day = today + timedelta(days=ahead)
        runs_now = suppressed_by(schedule.calendars, after, day) is None
        if runs_now is not (suppressed_by(schedule.calendars, before, day) is None):
            yield day, runs_now


def _slots_of(schedule: Schedule, day: date, now: datetime, most: int) -> Iterator[datetime]:
    midnight = datetime.combine(day, time(), schedule.zone).astimezone(UTC)
    at, end = max(now, midnight - _SLACK), midnight + timedelta(days=1) + _SLACK
    end = min(end, now + timedelta(days=DAYS_AHEAD))
    found = 0
    while found < most and (occurrence := schedule.after(at)) and occurrence.at <= end:
        at = occurrence.at
        if occurrence.skipped is None and occurrence.wall.date() == day:
            found += 1
            yield at
