"""Delete a team's named secret."""

from domain.errors import NotFound
from domain.rules.permissions import MANAGE_SECRETS, Actor
from domain.store import audit, secrets
from domain.store.database import transaction


async def delete_secret(actor: Actor, name: str) -> None:
    """Steps that name it fail from now on. Raises NotFound."""
    actor.require(MANAGE_SECRETS)
    async with transaction():
        secret_id = await secrets.remove_secret(actor.team_id, name)
        if secret_id is None:
            raise NotFound
        await audit.record(actor, "delete", "secret", secret_id, before={"name": name})
