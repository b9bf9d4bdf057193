"""The ledger: every instant at which something was due, and what became of it.

Lists are read by id, which begins with the instant that a slot was scheduled for; a backfilled
slot's begins with the one at which it was asked for, and so it stands there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.rules.list_filters import SlotFilters
from domain.store.database import Row, fetch, fetch_one
from domain.store.pages import PAGE_SIZE, Page, Position
from domain.store.scans import Scan, Source, read_scan

_COLUMNS = """r.id, r.trigger_id, r.epoch, r.scheduled_for, r.due_at, r.change, r.state, r.reason,
    r.catch_up, r.event_id, r.execution_id, r.recorded_at, r.started_at, r.finished_at"""
_SHOWING = """
SELECT page.*, t.name AS trigger_name, x.state AS execution_state
FROM page
JOIN trigger t ON t.team_id = $1 AND t.id = page.trigger_id
LEFT JOIN LATERAL (SELECT state FROM execution
    WHERE team_id = $1 AND id = page.execution_id LIMIT 1) x ON true"""


@dataclass(frozen=True, slots=True)
class SlotListed:
    """A slot as lists show it. `started_at` is when what it started was taken up."""

    id: UUID
    trigger_id: UUID
    trigger_name: str
    epoch: int
    scheduled_for: datetime
    due_at: datetime
    change: str | None
    state: str
    reason: str | None
    catch_up: str | None
    event_id: UUID | None
    execution_id: UUID | None
    execution_state: str | None
    recorded_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


_FIELDS = tuple(SlotListed.__dataclass_fields__)


def _listed(row: Row) -> SlotListed:
    return SlotListed(**{name: row[name] for name in _FIELDS})


async def list_slots(
    team_id: UUID,
    filters: SlotFilters,
    position: Position,
    now: datetime,
    *,
    size: int = PAGE_SIZE,
) -> Page[SlotListed]:
    """The team's slots, newest first."""
    return await read_scan(_scan(team_id, filters, now), position, _listed, size=size)


def _scan(team_id: UUID, filters: SlotFilters, now: datetime) -> Scan:
    scan = Scan("SELECT c.* FROM ({candidates}) c", _SHOWING, [team_id])
    scan.narrow(filters.span, now)
    states: list[str] | None = list(filters.states) or None
    if filters.trigger_id:
        values = f"{scan.given([filters.trigger_id])}::uuid[]"
        scan.sources.append(Source("slot", "id", _COLUMNS, "trigger_id", values))
    elif states and "fired" not in states:
        # What simply fired is nearly everything, and the index of states leaves it out.
        values, where = f"{scan.given(states)}::text[]", "AND r.state <> 'fired'"
        scan.sources.append(Source("slot", "id", _COLUMNS, "state", values, where))
        states = None
    else:
        scan.sources.append(Source("slot", "id", _COLUMNS))
    scan.ask("c.state = ANY ({})", states)
    scan.ask("c.reason = {}", filters.reason)
    scan.ask("c.catch_up = {}", filters.catch_up)
    return scan


async def latest_slots(
    team_id: UUID, trigger_id: UUID, now: datetime, size: int
) -> Sequence[SlotListed]:
    """The trigger's newest slots."""
    found = await list_slots(
        team_id, SlotFilters(trigger_id=trigger_id), Position(), now, size=size
    )
    return found.rows


@dataclass(frozen=True, slots=True)
class NextDue:
    """The instant that a schedule comes due at next, and that instant with its jitter."""

    slot: datetime
    due_at: datetime


async def next_due_of(team_id: UUID, trigger_id: UUID) -> NextDue | None:
    """When the trigger's present schedule comes due next; None: never again, or it has none."""
    row = await fetch_one(
        "SELECT next_slot AS slot, next_due_at AS due_at FROM schedule "
        "WHERE team_id = $1 AND trigger_id = $2 AND until_at IS NULL AND next_slot IS NOT NULL",
        team_id,
        trigger_id,
    )
    return NextDue(**row) if row else None


@dataclass(frozen=True, slots=True)
class SlotHour:
    """How many slots of one hour (UTC) had one outcome: on_time, late, skipped, paused, missed."""

    hour: datetime
    outcome: str
    amount: int


# Counts that are not folded yet lie in `tally`. One statement sees both sides of a fold.
_HOURS = """
SELECT hour, substr(outcome, 6) AS outcome, sum(amount)::bigint AS amount FROM (
    SELECT hour, outcome, amount FROM trigger_hour
    WHERE team_id = $1 AND hour >= $2 AND hour < $3 AND outcome LIKE 'slot:%' {of_trigger}
    UNION ALL
    SELECT hour, outcome, amount FROM tally
    WHERE team_id = $1 AND hour >= $2 AND hour < $3 AND outcome LIKE 'slot:%' {of_trigger}
) counted GROUP BY hour, outcome ORDER BY hour
"""


_HOURS_OF_TEAM = _HOURS.format(of_trigger="")
_HOURS_OF_TRIGGER = _HOURS.format(of_trigger="AND trigger_id = $4")


async def slot_hours(
    team_id: UUID, trigger_id: UUID | None, since: datetime, until: datetime
) -> list[SlotHour]:
    """What became of the trigger's slots (None: of all of the team's) by the hour, from `since` up
    to before `until`. Counts are kept longer than the slots themselves."""
    if trigger_id is None:
        rows = await fetch(_HOURS_OF_TEAM, team_id, since, until)
    else:
        rows = await fetch(_HOURS_OF_TRIGGER, team_id, since, until, trigger_id)
    return [SlotHour(**row) for row in rows]
