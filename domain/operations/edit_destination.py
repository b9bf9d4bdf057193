"""Editing the settings of a destination's breaker. Workers go by them within two seconds."""

from uuid import UUID

from domain.errors import NotFound
from domain.operations.saving import check_revision, won
from domain.rules.breakers import parse_settings, settings_as_stored
from domain.rules.permissions import EDIT_TRIGGERS, Actor
from domain.store import audit, destinations
from domain.store.database import transaction
from domain.store.destinations import DestinationRow


async def edit_destination(
    actor: Actor, destination_id: UUID, settings: object, revision: int | None = None
) -> DestinationRow:
    """The destination with these settings; what they leave out is as by default.

    Raises NotFound, InvalidInput, and Conflict when `revision` is not the present one.
    """
    actor.require(EDIT_TRIGGERS)
    wanted = parse_settings(settings, field="")
    async with transaction():
        seen = await destinations.find_destination(actor.team_id, destination_id)
        if seen is None:
            raise NotFound
        check_revision(seen.revision, revision)
        won(await destinations.save_settings(seen, settings_as_stored(wanted)))
        before = {"host": seen.host, "settings": settings_as_stored(seen.settings)}
        after = {"settings": settings_as_stored(wanted)}
        await audit.record(actor, "edit", "destination", destination_id, before=before, after=after)
        found = await destinations.find_destination(actor.team_id, destination_id)
    if found is None:
        raise NotFound
    return found
