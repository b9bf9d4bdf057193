"""Destinations: where a team's steps call, how the breakers stand, and who waits there.

Redis decides while it is there. What is here is what people see, and what outlives Redis.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from domain.rules.breakers import BreakerSettings, Reason, State, parse_settings
from domain.rules.ids import derived_id, new_id
from domain.store.database import Row, execute, fetch, fetch_one
from domain.store.jsonb import json_text

KEPT_DAYS = 90


@dataclass(frozen=True, slots=True)
class DestinationRow:
    """A destination. `stamp` is the instant (ms) of the breaker's last change, `wait_s` how long it
    was until the next probe when this was read."""

    id: UUID
    team_id: UUID
    host: str
    settings: BreakerSettings
    state: State
    reason: Reason | None
    state_since: datetime
    probe_at: datetime | None
    cool_down_s: int | None
    trips: int
    stamp: int
    revision: int
    created_at: datetime
    updated_at: datetime
    wait_s: float


@dataclass(frozen=True, slots=True)
class Change:
    """A breaker that opened, let a probe through, or closed. Without a `stamp` it was not Redis
    that said so: the database's clock gives one."""

    team_id: UUID
    destination_id: UUID
    state: State
    reason: Reason
    stamp: int | None
    wait_s: float
    cool_down_s: float
    trips: int
    calls: int | None = None
    failures: int | None = None
    changed_by: str | None = None


_COLUMNS = """
SELECT id, team_id, host, settings, state, reason, state_since, probe_at, cool_down_s, trips, stamp,
    revision, created_at, updated_at,
    coalesce(greatest(0, extract(epoch FROM probe_at - now())), 0)::float8 AS wait_s
FROM destination
"""


def destination_id(team_id: UUID, host: str) -> UUID:
    """The id of a team's destination: it derives from both."""
    return derived_id(team_id, "destination", host)


def _settings(text: str) -> BreakerSettings:
    return parse_settings(msgspec.json.decode(text))


def _destination(row: Row) -> DestinationRow:
    fields = dict(row)
    return DestinationRow(settings=_settings(fields.pop("settings")), **fields)


async def meet_destination(team_id: UUID, host: str) -> DestinationRow:
    """The team's destination of this host, made if it is called for the first time."""
    id_ = destination_id(team_id, host)
    found = await find_destination(team_id, id_)
    if found is None:
        await execute(
            "INSERT INTO destination (id, team_id, host) VALUES ($1, $2, $3) "
            "ON CONFLICT DO NOTHING",
            id_,
            team_id,
            host,
        )
        found = await find_destination(team_id, id_)
    if found is None:
        raise LookupError("the team is gone")
    return found


async def find_destination(team_id: UUID, id_: UUID) -> DestinationRow | None:
    """The team's destination of this id."""
    row = await fetch_one(f"{_COLUMNS} WHERE team_id = $1 AND id = $2", team_id, id_)
    return _destination(row) if row else None


async def destinations_of(team_id: UUID, ids: Sequence[UUID]) -> list[DestinationRow]:
    """The team's destinations of these ids, by host."""
    rows = await fetch(
        f"{_COLUMNS} WHERE team_id = $1 AND id = ANY ($2) ORDER BY host", team_id, list(ids)
    )
    return [_destination(row) for row in rows]


async def open_destinations(team_id: UUID) -> dict[UUID, str]:
    """The hosts, by id, of the team's destinations whose breaker is not closed."""
    rows = await fetch(
        "SELECT id, host FROM destination WHERE team_id = $1 AND state <> 'closed'", team_id
    )
    return {row["id"]: row["host"] for row in rows}


async def edited_settings(within_s: float) -> list[tuple[UUID, UUID, BreakerSettings]]:
    """(team, id, settings) of destinations that were edited in the last `within_s` seconds. For all
    teams: what workers ask."""
    rows = await fetch(
        "SELECT team_id, id, settings FROM destination "
        "WHERE updated_at > now() - $1 * interval '1 second' AND updated_at > created_at",
        within_s,
    )
    return [(row["team_id"], row["id"], _settings(row["settings"])) for row in rows]


async def save_settings(seen: DestinationRow, settings: dict[str, float | None]) -> int:
    """Save what differs from the defaults, unless it was edited since; how many rows that were."""
    return await execute(
        "UPDATE destination SET settings = $4::jsonb, revision = revision + 1, "
        "updated_at = clock_timestamp() WHERE team_id = $1 AND id = $2 AND revision = $3",
        seen.team_id,
        seen.id,
        seen.revision,
        json_text(settings),
    )


# A change that comes after a later one, or for the second time, is none.
_NOTE = """
WITH moved AS (
    UPDATE destination d
    SET state = $3, reason = $4, state_since = now(), cool_down_s = $7, trips = $8,
        probe_at = CASE WHEN $3 <> 'closed' THEN now() + $6 * interval '1 second' END,
        stamp = coalesce($5, extract(epoch FROM clock_timestamp()) * 1000)
    WHERE d.team_id = $1 AND d.id = $2
        AND d.stamp < coalesce($5, extract(epoch FROM clock_timestamp()) * 1000)
        AND ($5::bigint IS NOT NULL OR d.state <> $3)
    RETURNING d.team_id, d.id
)
INSERT INTO breaker_change (id, team_id, destination_id, state, reason, failures, calls,
    cool_down_s, changed_by)
SELECT $9, team_id, id, $3, $4, $10, $11, CASE WHEN $3 = 'open' THEN $7::integer END, $12 FROM moved
"""


async def note_change(change: Change) -> bool:
    """Put a breaker's change on record; whether it was news."""
    return (
        await execute(
            _NOTE,
            change.team_id,
            change.destination_id,
            change.state,
            change.reason,
            change.stamp,
            change.wait_s,
            round(change.cool_down_s),
            change.trips,
            new_id(),
            change.failures,
            change.calls,
            change.changed_by,
        )
        > 0
    )


async def troubled() -> list[DestinationRow]:
    """The destinations of all teams whose breaker is on record as not closed."""
    return [_destination(row) for row in await fetch(f"{_COLUMNS} WHERE state <> 'closed'")]


async def by_id(ids: Sequence[UUID]) -> list[DestinationRow]:
    """Destinations of all teams, by id."""
    rows = await fetch(f"{_COLUMNS} WHERE id = ANY ($1)", list(ids))
    return [_destination(row) for row in rows]


async def let_in(team_id: UUID, id_: UUID, why: Sequence[str], most: int) -> list[UUID]:
    """Have the oldest executions that wait for a destination be due now; which they are."""
    rows = await fetch(
        "WITH next AS (SELECT id FROM execution WHERE waits_on = $2 AND team_id = $1 "
        "AND state IN ('queued', 'retrying') AND waits_for = ANY ($3) AND due_at > now() "
        "ORDER BY id LIMIT $4 FOR UPDATE SKIP LOCKED) "
        "UPDATE execution e SET due_at = now() FROM next WHERE e.id = next.id "
        "AND e.id = ANY (SELECT id FROM next) RETURNING e.id",
        team_id,
        id_,
        list(why),
        most,
    )
    return sorted(row["id"] for row in rows)


async def closed_lately(within_s: float) -> list[tuple[UUID, UUID]]:
    """(team, id) of destinations whose breaker closed in the last seconds: those who wait there
    are let in, also when the worker that closed it was killed before it could."""
    rows = await fetch(
        "SELECT team_id, id FROM destination WHERE state = 'closed' "
        "AND state_since > now() - $1 * interval '1 second' AND state_since > created_at",
        within_s,
    )
    return [(row["team_id"], row["id"]) for row in rows]


async def forget_changes(most: int) -> int:
    """Delete up to `most` changes that are older than 90 days; how many."""
    return await execute(
        "DELETE FROM breaker_change WHERE id IN (SELECT id FROM breaker_change "
        f"WHERE changed_at < now() - interval '{KEPT_DAYS} days' ORDER BY id LIMIT $1)",
        most,
    )
