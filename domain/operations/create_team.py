"""Create a team. Operators do it, with the `signalbox` command."""

from uuid import UUID

from domain.operations.saving import check
from domain.rules.names import name_problems, slug_problems
from domain.rules.permissions import operator
from domain.store import audit, teams
from domain.store.database import transaction


async def create_team(name: str, slug: str) -> UUID:
    """The new team's id. Raises InvalidInput, and Conflict when the slug is taken."""
    check([*name_problems(name), *slug_problems(slug)])
    async with transaction():
        team_id = await teams.add_team(name, slug)
        facts = {"name": name, "slug": slug}
        await audit.record(operator(team_id), "create", "team", team_id, after=facts)
    return team_id
