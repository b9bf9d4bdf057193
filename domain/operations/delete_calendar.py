"""Delete a calendar that no trigger uses any more."""

from uuid import UUID

from domain.errors import Conflict, NotFound
from domain.operations.save_calendar import calendar_facts
from domain.operations.saving import check_revision, won
from domain.rules.permissions import EDIT_TRIGGERS, Actor
from domain.store import audit, calendars
from domain.store.database import transaction

MOST_NAMED = 5


async def delete_calendar(actor: Actor, calendar_id: UUID, *, revision: int | None = None) -> None:
    """Raises NotFound, and Conflict while the present version of a trigger uses it."""
    actor.require(EDIT_TRIGGERS)
    async with transaction():
        # 1. Locked: a trigger that is being saved with it waits, then finds it gone.
        seen = await calendars.lock_calendar(actor.team_id, calendar_id)
        if seen is None:
            raise NotFound
        check_revision(seen.revision, revision)
        # 2. Whoever saved a trigger before the lock is seen here.
        found = await calendars.users_of_calendars(actor.team_id, [calendar_id])
        if users := [each.name for each in found.get(calendar_id, [])]:
            raise Conflict(f"Triggers use this calendar: {_named(users)}.")
        won(await calendars.remove_calendar(seen))
        await audit.record(actor, "delete", "calendar", calendar_id, before=calendar_facts(seen))


def _named(names: list[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
