"""Say how many schedules a team may have, and how often one may be due. Operators do it."""

from domain.errors import NotFound, Problem
from domain.operations.saving import check
from domain.rules.permissions import Actor
from domain.store import audit, teams
from domain.store.database import transaction
from domain.store.teams import Quotas

MOST_SCHEDULES = 1_000_000
LONGEST_INTERVAL_S = 86_400


async def set_quotas(actor: Actor, *, schedules: int | None, interval_s: int | None) -> Quotas:
    """The team's quotas as they are then; None: as it was. Schedules that exceed them stay as they
    are until somebody edits them. Raises InvalidInput and NotFound."""
    check([*_problems("schedules", schedules, 0, MOST_SCHEDULES),
           *_problems("interval", interval_s, 1, LONGEST_INTERVAL_S)])  # fmt: skip
    async with transaction():
        before = await teams.lock_quotas(actor.team_id)
        if before is None:
            raise NotFound
        after = Quotas(
            before.most_schedules if schedules is None else schedules,
            before.shortest_interval_s if interval_s is None else interval_s,
        )
        await teams.save_quotas(actor.team_id, after)
        facts = {"before": before._asdict(), "after": after._asdict()}
        await audit.record(actor, "set_quotas", "team", actor.team_id, **facts)
    return after


def _problems(field: str, value: int | None, least: int, most: int) -> list[Problem]:
    if value is None or least <= value <= most:
        return []
    return [Problem(field, f"must be a number from {least:,} to {most:,}")]
