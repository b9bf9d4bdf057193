"""See to it that a schedule names calendars of its own team only."""

from domain.errors import InvalidInput
from domain.operations.record_slots import schedule_of
from domain.store.calendars import keep_calendars
from domain.store.triggers import TriggerRow


async def require_calendars(row: TriggerRow) -> None:
    """Raises InvalidInput when the trigger's schedule names a calendar that is not there. Within
    the transaction that saved it: until its end nobody deletes one of them."""
    uses = schedule_of(row.config).calendars
    known = await keep_calendars(row.team_id, [each.calendar_id for each in uses]) if uses else ()
    for number, each in enumerate(uses):
        if each.calendar_id not in known:
            raise InvalidInput.at(f"config.calendars.{number}.id", "there is no such calendar")
