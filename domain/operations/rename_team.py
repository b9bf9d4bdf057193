"""Give the team another name."""

from domain.errors import NotFound
from domain.operations.saving import check, won
from domain.rules.names import name_problems
from domain.rules.permissions import MANAGE_MEMBERS, Actor
from domain.store import audit, teams
from domain.store.database import transaction


async def rename_team(actor: Actor, was: str, name: str) -> None:
    """Raises InvalidInput, and Conflict when somebody renamed it since it was called `was`."""
    actor.require(MANAGE_MEMBERS)
    check(name_problems(name))
    async with transaction():
        if await teams.lock_team(actor.team_id) is None:
            raise NotFound
        won(await teams.rename_team(actor.team_id, was, name))
        before, after = {"name": was}, {"name": name}
        await audit.record(actor, "rename", "team", actor.team_id, before=before, after=after)
