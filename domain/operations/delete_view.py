"""Delete a saved view of one's own."""

from uuid import UUID

from domain.errors import Forbidden, NotFound
from domain.rules.permissions import OWN_PROFILE, Actor
from domain.store import audit, saved_views
from domain.store.database import transaction
from domain.store.saved_views import SavedView


async def delete_view(actor: Actor, view_id: UUID) -> SavedView:
    """What was deleted. Raises NotFound, also for another person's view."""
    actor.require(OWN_PROFILE)
    if actor.kind != "user" or actor.id is None:
        raise Forbidden
    async with transaction():
        gone = await saved_views.remove_view(actor.team_id, actor.id, view_id)
        if gone is None:
            raise NotFound
        before = {"page": gone.page, "name": gone.name, "query": gone.query}
        await audit.record(actor, "delete", "saved_view", view_id, before=before)
    return gone
