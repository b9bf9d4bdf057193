"""What a schedule will do, shown while it is being made."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

from domain.rules.schedules.calendars import Dates, suppressed_by
from domain.rules.schedules.occurrences import ClockChange, Occurrence
from domain.rules.schedules.schedule import Schedule
from domain.rules.schedules.wall_times import SECOND, Change, changes
from domain.rules.schedules.words import schedule_words

UPCOMING = 10
AHEAD = timedelta(days=366)
MOST_AT_A_CHANGE = 4

Outcome = Literal["runs", "dst", "calendar"]


class Coming(NamedTuple):
    """One occurrence to come: `at` (UTC), in the schedule's zone, and what becomes of it.

    `wall` is the wall time that the schedule names, which does not exist where `change` is "gap".
    `calendar_id` is the calendar that keeps it from running.
    """

    at: datetime
    local: datetime
    wall: datetime
    change: ClockChange | None
    outcome: Outcome
    calendar_id: UUID | None


class Preview(NamedTuple):
    """The schedule in words; the next 10 occurrences; those of the coming 12 months that fall into
    a gap or a fold (`flagged`), of which a schedule of many shows some (`flagged_more`)."""

    words: str
    upcoming: tuple[Coming, ...]
    flagged: tuple[Coming, ...]
    flagged_more: bool


def preview(schedule: Schedule, now: datetime, dates: Mapping[UUID, Dates]) -> Preview:
    """What a schedule will do from `now` on, where its calendars hold `dates`."""
    upcoming = schedule.between(now, now + timedelta(days=366 * 230), UPCOMING)
    flagged: list[Occurrence] = []
    more = False
    for change in changes(schedule.zone, now, now + AHEAD):
        found = list(_changed(schedule, change, now))
        flagged += found[:MOST_AT_A_CHANGE]
        more = more or len(found) > MOST_AT_A_CHANGE
    return Preview(
        schedule_words(schedule),
        tuple(_coming(schedule, each, dates) for each in upcoming),
        tuple(_coming(schedule, each, dates) for each in flagged),
        more,
    )


def _changed(schedule: Schedule, change: Change, now: datetime) -> Iterator[Occurrence]:
    """What a jump of the clock does something to: at its end for a gap, in both passes of a fold.
    One more than are shown, so that it is known whether there are more."""
    width = abs(change.after - change.before)
    start = change.at - SECOND if change.is_gap else change.at - width - SECOND
    end = change.at if change.is_gap else change.at + width
    found = 0
    for each in schedule.between(max(start, now), end, 2 * MOST_AT_A_CHANGE + 2):
        if each.change is not None and found <= MOST_AT_A_CHANGE:
            found += 1
            yield each


def _coming(schedule: Schedule, each: Occurrence, dates: Mapping[UUID, Dates]) -> Coming:
    calendar_id = suppressed_by(schedule.calendars, dates, each.wall.date())
    outcome: Outcome = each.skipped or ("calendar" if calendar_id else "runs")
    local = schedule.local(each.at)
    return Coming(each.at, local, each.wall, each.change, outcome, calendar_id)
