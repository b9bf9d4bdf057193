"""What waits to be taken up: oldest first while it is little, and team by team once it is much, so
that one team's flood does not stand in the others' way."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.rules.execution_states import CLAIMABLE
from domain.store.database import execute, fetch, transaction

MOST_TEAMS = 200
MOST_QUEUES = 400
_FIRST = UUID(int=0)
_CLAIMABLE = ", ".join(f"'{state}'" for state in sorted(CLAIMABLE))


@dataclass(frozen=True, slots=True)
class Found:
    """Executions or events by id, each with its team; and the team to go on after the next time,
    None: begin with the first."""

    teams: dict[UUID, UUID]
    after: UUID | None = None


# While its statistics know nothing yet of a backlog, the planner would read and sort all of it.
_IN_ORDER = "SET LOCAL enable_sort = off"
# Who was let in at a gate has waited already: no ring is on its way that could be waited for.
_DUE = f"""
SELECT id, team_id FROM execution WHERE state IN ({_CLAIMABLE}) AND due_at <= now()
    AND (state = 'retrying' OR waits_for IS NOT NULL
         OR due_at <= now() - $1 * interval '1 second')
ORDER BY due_at LIMIT $2
"""
# A loose scan: from each team that has something queued on to the next.
_DUE_TEAMS = f"""
WITH RECURSIVE each (team_id) AS (
    (SELECT team_id FROM execution WHERE team_id > $1 AND state IN ({_CLAIMABLE})
     ORDER BY team_id LIMIT 1)
    UNION ALL
    SELECT n.team_id FROM each CROSS JOIN LATERAL (
        SELECT team_id FROM execution WHERE team_id > each.team_id AND state IN ({_CLAIMABLE})
        ORDER BY team_id LIMIT 1) n
)
SELECT team_id FROM each LIMIT $2
"""
_DUE_OF_TEAMS = f"""
SELECT x.id, t.team_id FROM unnest($1::uuid[]) AS t (team_id) CROSS JOIN LATERAL (
    SELECT id FROM execution
    WHERE team_id = t.team_id AND state IN ({_CLAIMABLE}) AND due_at <= now()
    ORDER BY due_at LIMIT $2) x
"""


async def due_executions(queued_for_s: float, most: int, after: UUID | None) -> Found:
    """Executions to ring for, soonest due first: retries whose time has come, and queued ones whose
    ring may have been lost because nobody claimed them for `queued_for_s` seconds. Where there are
    more than `most`, a share of each team's, beginning with the team after `after`."""
    async with transaction():
        await execute(_IN_ORDER)
        rows = await fetch(_DUE, queued_for_s, most)
        if len(rows) < most:
            return Found({row["id"]: row["team_id"] for row in rows})
        found = await fetch(_DUE_TEAMS, after or _FIRST, MOST_TEAMS)
        teams = [row["team_id"] for row in found]
        shares = await fetch(_DUE_OF_TEAMS, teams, max(most // max(len(teams), 1), 1))
    last = teams[-1] if len(teams) == MOST_TEAMS else None
    return Found({row["id"]: row["team_id"] for row in shares}, last)


_EVENTS = """
SELECT event_id, team_id FROM pending_event
WHERE received_at < now() - $1 * interval '1 second' ORDER BY event_id LIMIT $2
"""
# The same by trigger, since that is how the index goes on.
_QUEUES = """
WITH RECURSIVE each (team_id, trigger_id) AS (
    (SELECT team_id, trigger_id FROM pending_event WHERE team_id > $1
     ORDER BY team_id, trigger_id LIMIT 1)
    UNION ALL
    SELECT n.team_id, n.trigger_id FROM each CROSS JOIN LATERAL (
        SELECT team_id, trigger_id FROM pending_event
        WHERE (team_id, trigger_id) > (each.team_id, each.trigger_id)
        ORDER BY team_id, trigger_id LIMIT 1) n
)
SELECT team_id, trigger_id FROM each LIMIT $2
"""
_EVENTS_OF_QUEUES = """
SELECT x.event_id, q.team_id FROM unnest($1::uuid[], $2::uuid[], $3::integer[])
    AS q (team_id, trigger_id, most) CROSS JOIN LATERAL (
    SELECT event_id FROM pending_event
    WHERE team_id = q.team_id AND trigger_id = q.trigger_id
        AND received_at < now() - $4 * interval '1 second'
    ORDER BY event_id LIMIT q.most) x
"""


async def waiting_events(older_than_s: float, most: int, after: UUID | None) -> Found:
    """Undecided events whose ring may have been lost, oldest first. Where there are more than
    `most`, a share of each team's, and within it of each trigger's."""
    rows = await fetch(_EVENTS, older_than_s, most)
    if len(rows) < most:
        return Found({row["event_id"]: row["team_id"] for row in rows})
    queues = await fetch(_QUEUES, after or _FIRST, MOST_QUEUES)
    teams = [row["team_id"] for row in queues]
    shares = _shares(teams, most)
    found = await fetch(
        _EVENTS_OF_QUEUES, teams, [row["trigger_id"] for row in queues], shares, older_than_s
    )
    last = teams[-1] if len(teams) == MOST_QUEUES else None
    return Found({row["event_id"]: row["team_id"] for row in found}, last)


def _shares(teams: Sequence[UUID], most: int) -> list[int]:
    """How many of each queue, where every team has as much as the others."""
    queues = Counter(teams)
    of_a_team = most // max(len(queues), 1)
    return [max(of_a_team // queues[team_id], 1) for team_id in teams]


async def teams_of_events(ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """The teams of those of the events that are still to be decided."""
    rows = await fetch(
        "SELECT event_id, team_id FROM pending_event WHERE event_id = ANY ($1)", list(ids)
    )
    return {row["event_id"]: row["team_id"] for row in rows}


async def teams_of_executions(ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """The teams of those of the executions that may be claimed."""
    rows = await fetch(
        f"SELECT id, team_id FROM execution WHERE id = ANY ($1) AND state IN ({_CLAIMABLE})",
        list(ids),
    )
    return {row["id"]: row["team_id"] for row in rows}
