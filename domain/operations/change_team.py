"""Go on in another of one's teams."""

from dataclasses import replace
from uuid import UUID

from domain.errors import NotFound
from domain.operations.open_session import open_session
from domain.rules.permissions import OWN_PROFILE, Actor
from domain.store import teams
from domain.store.sessions import Device
from domain.store.team_scope import every_team


async def change_team(actor: Actor, team_id: UUID, device: Device, *, old_token: str | None) -> str:
    """The token of a session made anew in that team; the present one ends: another team is other
    rights. Raises NotFound unless the actor belongs to it."""
    actor.require(OWN_PROFILE)
    with every_team():
        member = await teams.member_of(team_id, actor.id) if actor.id else None
        if member is None:
            raise NotFound
        there = replace(actor, team_id=team_id, role=member["role"])
        return await open_session(there, device, old_token=old_token, action="change_team")
