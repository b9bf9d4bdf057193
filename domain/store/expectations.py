"""By when the next event of a trigger is expected. Every query names the team, but for those of the
clock, which acts for all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.store.database import Row, execute, fetch, fetch_one


@dataclass(frozen=True, slots=True)
class ExpectationRow:
    """What is expected of a trigger; `config` is JSON text. `expected_at` is None while the trigger
    is switched off, and for a moment after it was switched on."""

    trigger_id: UUID
    config: str
    expected_at: datetime | None
    late_since: datetime | None


async def expectation_of(team_id: UUID, trigger_id: UUID) -> ExpectationRow | None:
    """What is expected of the trigger, or None where nobody said so."""
    row = await fetch_one(
        "SELECT trigger_id, config, expected_at, late_since FROM expectation "
        "WHERE team_id = $1 AND trigger_id = $2",
        team_id,
        trigger_id,
    )
    return ExpectationRow(**row) if row else None


async def expectations_of(team_id: UUID, trigger_ids: Sequence[UUID]) -> dict[UUID, ExpectationRow]:
    """The same for several triggers; those of which nothing is expected are left out."""
    rows = await fetch(
        "SELECT trigger_id, config, expected_at, late_since FROM expectation "
        "WHERE team_id = $1 AND trigger_id = ANY ($2)",
        team_id,
        list(trigger_ids),
    )
    return {row["trigger_id"]: ExpectationRow(**row) for row in rows}


# Time counts from the statement on, so a change of it begins anew: nobody is late at once.
_KEEP = """
INSERT INTO expectation AS e (trigger_id, team_id, config, check_at)
VALUES ($2, $1, $3::jsonb, now())
ON CONFLICT (trigger_id) DO UPDATE SET config = excluded.config, expected_at = NULL,
    late_since = NULL, check_at = now(), updated_at = now()
WHERE e.team_id = $1 AND e.config <> excluded.config
"""


async def keep(team_id: UUID, trigger_id: UUID, config: str) -> None:
    """Store what is expected, as JSON text; what was stated already goes on."""
    await execute(_KEEP, team_id, trigger_id, config)


async def forget(team_id: UUID, trigger_id: UUID) -> None:
    """Expect nothing any more."""
    await execute(
        "DELETE FROM expectation WHERE team_id = $1 AND trigger_id = $2", team_id, trigger_id
    )


async def look_again(team_id: UUID, trigger_ids: Sequence[UUID]) -> None:
    """Have the clock look at these triggers now: they were switched on or off. Where nothing was
    expected up to now, time counts from here."""
    await execute(
        "UPDATE expectation SET check_at = now(), "
        "updated_at = CASE WHEN expected_at IS NULL THEN now() ELSE updated_at END "
        "WHERE team_id = $1 AND trigger_id = ANY ($2)",
        team_id,
        list(trigger_ids),
    )


async def lock_due(most: int) -> Sequence[Row]:
    """Lock what is to be looked at now, soonest first, with whether its trigger is on, and the
    database's `now`. Inside a transaction only; other clocks skip these rows."""
    return await fetch(
        "SELECT x.trigger_id, x.team_id, x.config, x.expected_at, x.late_since, x.updated_at, "
        "t.enabled AND t.deleted_at IS NULL AS enabled, now() AS now "
        "FROM expectation x JOIN trigger t ON t.team_id = x.team_id AND t.id = x.trigger_id "
        "WHERE x.check_at <= now() ORDER BY x.check_at LIMIT $1 FOR UPDATE OF x SKIP LOCKED",
        most,
    )


# One look into the index by trigger and id for each: BETWEEN and the order by both columns leave
# the planner no other (see `pages_triggers.py`), the id's bound the partitions that matter.
_LAST_EVENTS = """
SELECT a.trigger_id, e.received_at
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS a (team_id, trigger_id, low)
CROSS JOIN LATERAL (
    SELECT received_at FROM event WHERE team_id = a.team_id
        AND trigger_id BETWEEN a.trigger_id AND a.trigger_id AND id >= a.low
    ORDER BY trigger_id DESC, id DESC LIMIT 1
) e
"""


async def last_events(asked: Sequence[tuple[UUID, UUID, UUID]]) -> dict[UUID, datetime]:
    """When the newest event of each came, by trigger: `asked` are teams, triggers, and the lowest
    ids to look at."""
    teams, triggers, lows = zip(*asked, strict=True)
    rows = await fetch(_LAST_EVENTS, list(teams), list(triggers), list(lows))
    return {row["trigger_id"]: row["received_at"] for row in rows}


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found out about one trigger. `moved`: its deadline is another than before."""

    trigger_id: UUID
    expected_at: datetime | None
    late_since: datetime | None
    check_at: datetime | None
    moved: bool


async def save(looked: Sequence[Looked]) -> int:
    """Store what was found out about locked rows; how many."""
    columns = zip(
        *((o.trigger_id, o.expected_at, o.late_since, o.check_at, o.moved) for o in looked),
        strict=True,
    )
    return await execute(
        "UPDATE expectation x SET expected_at = s.expected_at, late_since = s.late_since, "
        "check_at = s.check_at, updated_at = CASE WHEN s.moved THEN now() ELSE x.updated_at END "
        "FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::timestamptz[], "
        "$5::boolean[]) AS s (trigger_id, expected_at, late_since, check_at, moved) "
        "WHERE x.trigger_id = s.trigger_id",
        *(list(column) for column in columns),
    )
