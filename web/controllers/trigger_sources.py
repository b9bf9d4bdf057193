"""What a trigger's page tells of its source: the schedule and when it is due, or what it waits
for."""

from typing import Any

from domain.errors import InvalidInput
from domain.operations.preview_schedule import look_ahead
from domain.store.calendars import list_calendars
from domain.store.triggers import TriggerRow
from domain.store.workflows import find_workflow
from web.presenters.samples import stored_json
from web.presenters.source_words import (
    UNREADABLE,
    ScheduleShown,
    read_or_none,
    schedule_shown,
    watch_words,
)


async def source_context(row: TriggerRow, zone: str | None) -> dict[str, Any]:
    """What belongs to the trigger's kind, for a reader of this zone."""
    found: dict[str, Any] = {"schedule": None, "preview": None, "watched": None}
    if row.kind == "schedule":
        schedule = await _schedule(row, zone)
        return {**found, "schedule": schedule, "preview": schedule.preview}
    if row.kind == "workflow" and row.watched_workflow_id is not None:
        watched = await find_workflow(row.team_id, row.watched_workflow_id)
        return {**found, "watched": watched, "watch_words": watch_words(row.watched_end or "any")}
    return found


async def _schedule(row: TriggerRow, zone: str | None) -> ScheduleShown:
    schedule = read_or_none(stored_json(row.config) or {})
    if schedule is None:
        return UNREADABLE
    calendars = await list_calendars(row.team_id) if schedule.calendars else []
    try:
        found = await look_ahead(row.team_id, schedule)
    except InvalidInput:
        return UNREADABLE
    return schedule_shown(row.id, found, zone, {each.id: each.name for each in calendars})
