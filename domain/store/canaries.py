"""The system's own team, its triggers, and what became of their probes. It acts for no team: what
it reads for pages says nothing of anybody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.rules.canaries import Outcome, Seen
from domain.rules.ids import first_id_at, new_id
from domain.store.database import Row, execute, fetch, fetch_one
from domain.store.executions import execution_id_for
from domain.store.pages import id_range
from domain.store.team_scope import every_team

# No team of people can have it: their slugs have no underscores.
SLUG = "_signalbox"


@dataclass(frozen=True, slots=True)
class CanaryTrigger:
    """One of the triggers of the system's team. `since`: it is as it is from then on."""

    id: UUID
    team_id: UUID
    workflow_id: UUID
    hook_token: str | None
    enabled: bool
    since: datetime


Flock = Mapping[str, CanaryTrigger]
"""The triggers by the kind of canary: schedule, webhook, chain."""


async def find_flock() -> Flock:
    """The canaries; empty where there are none yet."""
    rows = await fetch(
        "SELECT CASE t.kind WHEN 'workflow' THEN 'chain' ELSE t.kind END AS canary, t.id, "
        "t.team_id, t.workflow_id, t.hook_token, t.enabled, t.updated_at AS since "
        "FROM team m JOIN trigger t ON t.team_id = m.id AND t.deleted_at IS NULL WHERE m.system"
    )
    names = CanaryTrigger.__dataclass_fields__
    return {row["canary"]: CanaryTrigger(**{name: row[name] for name in names}) for row in rows}


async def lock_flock() -> None:
    """Until the transaction ends, nobody else makes canaries."""
    await execute("SELECT pg_advisory_xact_lock(hashtext('canaries'))")


async def add_system_team() -> UUID:
    """The system's team, made now if there is none; its id."""
    await execute(
        "INSERT INTO team (id, name, slug, system) VALUES ($1, 'Signalbox', $2, true) "
        "ON CONFLICT DO NOTHING",
        new_id(),
        SLUG,
    )
    row = await fetch_one("SELECT id FROM team WHERE system")
    assert row is not None
    team_id: UUID = row["id"]
    return team_id


# Also the minutes in which no clock was there to expect anything, a day back at most: an outage is
# nothing that must not be seen. All kinds have the same minutes, so one of them tells the last.
_EXPECT = """
INSERT INTO canary_probe (kind, minute, team_id)
SELECT k.kind, m.minute, $1 FROM unnest($2::text[]) AS k (kind)
CROSS JOIN generate_series(
    greatest(date_trunc('minute', $3::timestamptz),
        (SELECT max(minute) FROM canary_probe WHERE kind = 'schedule'),
        date_trunc('minute', now()) - interval '1 day') + interval '1 minute',
    date_trunc('minute', now()), interval '1 minute') AS m (minute)
ON CONFLICT (kind, minute) DO NOTHING
RETURNING kind, minute, minute = date_trunc('minute', now()) AS present
"""


async def expect(team_id: UUID, kinds: Sequence[str], since: datetime) -> Sequence[Row]:
    """Write down what is expected of the canaries in each minute from after `since` up to now; what
    was not there yet, with whether it is about the `present` minute."""
    return await fetch(_EXPECT, team_id, list(kinds), since)


async def note_sent(minute: datetime, event_id: UUID) -> int:
    """The delivery of a minute was accepted as this event."""
    return await execute(
        "UPDATE canary_probe SET event_id = $2 WHERE kind = 'webhook' AND minute = $1 "
        "AND state = 'expected'",
        minute,
        event_id,
    )


async def settle(ended: Sequence[tuple[str, datetime, Outcome, Seen, UUID | None]]) -> int:
    """How probes ended: kinds, minutes, outcomes, and what is known of them; how many were still
    open."""
    kinds, minutes, outcomes, seen, events = zip(*ended, strict=True)
    return await execute(
        "UPDATE canary_probe p SET state = e.state, reason = e.reason, started_at = e.started_at, "
        "event_id = coalesce(p.event_id, e.event_id) "
        "FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::timestamptz[], "
        "$6::uuid[]) AS e (kind, minute, state, reason, started_at, event_id) "
        "WHERE p.kind = e.kind AND p.minute = e.minute AND p.state = 'expected'",
        list(kinds),
        list(minutes),
        [each.state for each in outcomes],
        [each.reason for each in outcomes],
        [each.started_at for each in seen],
        list(events),
    )


async def open_probes(most: int) -> Sequence[Row]:
    """Probes whose outcome is not known, the oldest first, with the database's `now`."""
    return await fetch(
        "SELECT kind, minute, event_id, now() AS now FROM canary_probe WHERE state = 'expected' "
        "ORDER BY minute LIMIT $1",
        most,
    )


async def slots_of(trigger: CanaryTrigger, minutes: Sequence[datetime]) -> dict[datetime, Row]:
    """State and event of the schedule's slots of these minutes."""
    rows = await fetch(
        "SELECT scheduled_for, state, event_id FROM slot WHERE team_id = $1 AND trigger_id = $2 "
        "AND id >= $3 AND id < $4 AND scheduled_for = ANY ($5)",
        trigger.team_id,
        trigger.id,
        first_id_at(min(minutes)),
        id_range([first_id_at(max(minutes))])[1],
        list(minutes),
    )
    return {row["scheduled_for"]: row for row in rows}


async def events_caused_by(
    trigger: CanaryTrigger, execution_ids: Sequence[UUID]
) -> dict[UUID, UUID]:
    """The events that told the trigger of these executions' ends, by execution."""
    if not execution_ids:
        return {}
    rows = await fetch(
        "SELECT id, caused_by FROM event WHERE team_id = $1 AND trigger_id = $2 "
        "AND caused_by = ANY ($3) AND id >= $4",
        trigger.team_id,
        trigger.id,
        list(execution_ids),
        id_range(execution_ids)[0],
    )
    return {row["caused_by"]: row["id"] for row in rows}


async def executions_of(trigger: CanaryTrigger, event_ids: Sequence[UUID]) -> dict[UUID, Row]:
    """State and start of what these events of a trigger started, by event."""
    ids = {execution_id_for(event_id, trigger.workflow_id): event_id for event_id in event_ids}
    rows = await fetch(
        "SELECT id, state, started_at FROM execution WHERE team_id = $1 AND id = ANY ($2)",
        trigger.team_id,
        list(ids),
    )
    return {ids[row["id"]]: row for row in rows}


@dataclass(frozen=True, slots=True)
class CanaryRecord:
    """A canary's last known outcome, and how many probes of the last hour ended how."""

    kind: str
    last_minute: datetime
    last_state: str
    last_reason: str | None
    on_time: int
    late: int
    missed: int


_RECORDS = """
SELECT k.kind, l.minute AS last_minute, l.state AS last_state, l.reason AS last_reason, h.*
FROM team m CROSS JOIN (VALUES ('schedule'), ('webhook'), ('chain')) AS k (kind)
CROSS JOIN LATERAL (SELECT minute, state, reason FROM canary_probe
    WHERE kind = k.kind AND team_id = m.id AND state <> 'expected'
    ORDER BY minute DESC LIMIT 1) l
CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE state = 'on_time') AS on_time,
    count(*) FILTER (WHERE state = 'late') AS late,
    count(*) FILTER (WHERE state = 'missed') AS missed
    FROM canary_probe
    WHERE kind = k.kind AND team_id = m.id AND minute >= now() - interval '1 hour') h
WHERE m.system
"""


async def canary_records() -> list[CanaryRecord]:
    """The canaries that have ever probed anything. Not within a transaction."""
    with every_team():
        return [CanaryRecord(**row) for row in await fetch(_RECORDS)]


async def forget_probes(before: datetime, most: int) -> int:
    """Delete up to `most` probes of before then; how many."""
    return await execute(
        "DELETE FROM canary_probe WHERE (kind, minute) IN (SELECT kind, minute FROM canary_probe "
        "WHERE minute < $1 LIMIT $2)",
        before,
        most,
    )
