"""Say which coming slots a change of a calendar touches, before it is made."""

from dataclasses import dataclass
from datetime import datetime

from domain.errors import InvalidInput
from domain.operations.record_slots import schedule_of
from domain.rules.calendar_changes import SlotsChanged, slots_changed
from domain.rules.schedules.calendars import Dates
from domain.rules.schedules.schedule import Schedule
from domain.store.calendars import CalendarRow, CalendarUser, dates_of, users_of_calendars

# More are only named: to walk a thousand schedules would keep somebody waiting.
MOST_WALKED = 20


@dataclass(frozen=True, slots=True)
class Touched:
    """A trigger whose coming slots change; `slots` is None where they were not counted."""

    trigger: CalendarUser
    slots: SlotsChanged | None


async def foresee_calendar(seen: CalendarRow, dates: Dates, now: datetime) -> list[Touched]:
    """The triggers of which slots of the coming 30 days change, if the calendar held `dates`."""
    if dates == seen.dates:
        return []
    users = (await users_of_calendars(seen.team_id, [seen.id])).get(seen.id, [])
    schedules = [_schedule(each) for each in users[:MOST_WALKED]]
    named = {use.calendar_id for each in schedules if each for use in each.calendars}
    before = await dates_of(seen.team_id, named)
    after = {**before, seen.id: dates}
    counted = [slots_changed(each, before, after, now) if each else None for each in schedules]
    touched = [Touched(user, slots) for user, slots in zip(users, counted, strict=False)]
    rest = [Touched(user, None) for user in users[MOST_WALKED:]]
    return [each for each in touched if each.slots is None or each.slots.any] + rest


def _schedule(user: CalendarUser) -> Schedule | None:
    """The trigger's schedule; None for one that was stored by other rules and cannot be read."""
    try:
        return schedule_of(user.config)
    except InvalidInput:
        return None
