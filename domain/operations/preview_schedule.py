"""Preview a schedule: what a config would do from now on, before anything is saved."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.clock import utc_now
from domain.errors import InvalidInput
from domain.rules.checking import Problems, clean_json
from domain.rules.permissions import EDIT_TRIGGERS, Actor
from domain.rules.schedules.calendars import Dates
from domain.rules.schedules.preview import Preview, preview
from domain.rules.schedules.schedule import Schedule, parse_schedule
from domain.store import calendars, teams


@dataclass(frozen=True, slots=True)
class SchedulePreview:
    """What a schedule would do; `shortest_gap_s` is what lies between two instants of the coming
    months at least (None: there are no two), which the team allows down to `least_gap_s`."""

    schedule: Schedule
    preview: Preview
    dates: Mapping[UUID, Dates]
    shortest_gap_s: float | None
    least_gap_s: int

    @property
    def is_too_dense(self) -> bool:
        """Whether the team's quota forbids it."""
        return self.shortest_gap_s is not None and self.shortest_gap_s < self.least_gap_s


async def preview_schedule(actor: Actor, config: Mapping[str, Any]) -> SchedulePreview:
    """The preview of a schedule trigger's config. Raises InvalidInput with every problem at its
    field, also for a schedule that never comes due."""
    actor.require(EDIT_TRIGGERS)
    problems = Problems()
    clean = clean_json(dict(config), "config", problems)
    problems.raise_any()
    assert isinstance(clean, dict)  # clean_json keeps the type
    return await look_ahead(actor.team_id, parse_schedule(clean, utc_now()))


async def look_ahead(team_id: UUID, schedule: Schedule) -> SchedulePreview:
    """The preview of a schedule of the team's. Raises InvalidInput when it uses a calendar that is
    not there."""
    now = utc_now()
    dates = await _dates(team_id, schedule)
    gap = schedule.shortest_gap_s(now)
    least = await teams.shortest_interval_s(team_id)
    return SchedulePreview(schedule, preview(schedule, now, dates), dates, gap, least)


async def _dates(team_id: UUID, schedule: Schedule) -> Mapping[UUID, Dates]:
    """The dates of its calendars. Raises InvalidInput when the team has not got one of them."""
    ids = [use.calendar_id for use in schedule.calendars]
    dates = await calendars.dates_of(team_id, ids) if ids else {}
    for place, id_ in enumerate(ids):
        if id_ not in dates:
            raise InvalidInput.at(f"config.calendars.{place}.id", "there is no such calendar")
    return dates
