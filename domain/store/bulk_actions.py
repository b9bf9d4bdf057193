"""Bulk actions: what is done to many executions, chosen at once and worked off in portions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from domain.rules.bulk_actions import ELIGIBLE, LONGEST_PORTION_S, MOST_ITEMS
from domain.rules.list_filters import DeadLetterFilters, ExecutionFilters
from domain.store.database import Row, execute, fetch, fetch_one
from domain.store.dead_letters import dead_letter_scan
from domain.store.execution_lists import scan_of_executions
from domain.store.jsonb import json_text
from domain.store.pages import PAGE_SIZE, Page, Position, read_page
from domain.store.scans import Scan, Source

# More than any team has: a limit for the candidates, of which all are looked at here.
_ALL = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Selection:
    """The executions that are meant: those of `ids`, or all that `filters` find. Of what ended, or
    began, after `seen_at` nobody has seen anything: that is left out."""

    ids: tuple[UUID, ...] = ()
    filters: ExecutionFilters | DeadLetterFilters | None = None
    seen_at: datetime | None = None


_COLUMNS = "r.id, r.state, r.workflow_id, r.trigger_id, r.created_at, r.finished_at"


async def _scan(team_id: UUID, selection: Selection, now: datetime) -> Scan:
    if isinstance(selection.filters, DeadLetterFilters):
        scan = dead_letter_scan(team_id, selection.filters, now)
    elif selection.filters is not None:
        scan = await scan_of_executions(team_id, selection.filters, now)
    else:
        scan = Scan("", "", [team_id])
        where = f"AND r.id = ANY ({scan.given(list(selection.ids))}::uuid[])"
        scan.sources.append(Source("execution", "id", _COLUMNS, where=where))
    scan.ask("coalesce(c.finished_at, c.created_at) <= {}", selection.seen_at)
    return scan


@dataclass(frozen=True, slots=True)
class Counted:
    """How many executions are meant, by workflow and state."""

    workflow_id: UUID
    workflow_name: str
    state: str
    amount: int


async def count_chosen(team_id: UUID, selection: Selection, now: datetime) -> list[Counted]:
    """What is meant: of more than 100,000 only so many and one."""
    scan = await _scan(team_id, selection, now)
    if not scan.sources:
        return []
    candidates, arguments = scan.candidates(Position(), _ALL)
    asked = scan.conditions(arguments)
    rows = await fetch(
        "SELECT g.workflow_id, w.name AS workflow_name, g.state, g.amount FROM ("
        "SELECT state, workflow_id, count(*) AS amount FROM ("
        f"SELECT c.state, c.workflow_id FROM ({candidates}) c WHERE {asked} LIMIT {MOST_ITEMS + 1}"
        ") AS chosen GROUP BY state, workflow_id"
        ") g JOIN workflow w ON w.team_id = $1 AND w.id = g.workflow_id "
        "ORDER BY lower(w.name), g.workflow_id, g.state",
        *arguments,
    )
    return [Counted(**row) for row in rows]


@dataclass(frozen=True, slots=True)
class NewBulkAction:
    """A bulk action about to be stored. `filters` say to people what was chosen."""

    id: UUID
    team_id: UUID
    kind: str
    name: str
    filters: Mapping[str, Any]
    options: Mapping[str, Any]
    created_by: str


# One statement: what is chosen is what is counted. Nothing is stored of an empty choice, or of one
# that is too large.
_START = """
WITH chosen AS MATERIALIZED (
    SELECT c.id FROM ({candidates}) c WHERE {asked} LIMIT {most} + 1
), action AS (
    INSERT INTO bulk_action (id, team_id, kind, name, filters, options, state, total, created_by)
    SELECT {id}::uuid, $1, {kind}, {name}, {filters}::jsonb, {options}::jsonb, 'running',
        count(*), {by}
    FROM chosen HAVING count(*) BETWEEN 1 AND {most}
    RETURNING id
), items AS (
    INSERT INTO bulk_item (bulk_id, execution_id, team_id)
    SELECT a.id, c.id, $1 FROM action a CROSS JOIN chosen c
)
SELECT count(*) AS total FROM chosen
"""


async def start(new: NewBulkAction, selection: Selection, now: datetime) -> int:
    """Choose the executions and store them with the action; how many there are. With none, or more
    than 100,000, nothing was stored."""
    scan = await _scan(new.team_id, selection, now)
    if not scan.sources:
        return 0
    scan.ask("c.state = ANY ({})", sorted(ELIGIBLE[new.kind]))
    candidates, arguments = scan.candidates(Position(), _ALL)
    asked = scan.conditions(arguments)

    def given(value: object) -> str:
        arguments.append(value)
        return f"${len(arguments)}"

    sql = _START.format(
        candidates=candidates, asked=asked, most=MOST_ITEMS, id=given(new.id),
        kind=f"{given(new.kind)}::text", name=f"{given(new.name)}::text",
        filters=given(json_text(new.filters)), options=given(json_text(new.options)),
        by=f"{given(new.created_by)}::text",
    )  # fmt: skip
    row = await fetch_one(sql, *arguments)
    return int(row["total"]) if row else 0


async def count_running(team_id: UUID) -> int:
    """How many of the team's have not ended."""
    row = await fetch_one(
        "SELECT count(*) AS amount FROM bulk_action WHERE team_id = $1 AND state = 'running'",
        team_id,
    )
    return int(row["amount"]) if row else 0


async def cancel(team_id: UUID, bulk_id: UUID) -> int:
    """End it if it has not ended; 0 when it has. What it has not come to yet stays as it is."""
    ended = await execute(
        "UPDATE bulk_action SET state = 'canceled', finished_at = now(), lease_until = NULL "
        "WHERE team_id = $1 AND id = $2 AND state = 'running'",
        team_id,
        bulk_id,
    )
    if ended:
        await execute("DELETE FROM bulk_item WHERE team_id = $1 AND bulk_id = $2", team_id, bulk_id)
    return ended


# --- What the clock does --------------------------------------------------------------------------

# Locked: another clock passes it over, and whoever cancels it waits for the portion to end. Who
# waits longest comes first, so that a large one does not hold up the others.
_LOCKED = """
SELECT id, team_id, kind, name, options, total, done, skipped, left_out FROM bulk_action
WHERE state = 'running'"""
_LOCK_DUE = f"""{_LOCKED} AND (lease_until IS NULL OR lease_until <= now())
ORDER BY lease_until NULLS FIRST, id LIMIT 1 FOR UPDATE SKIP LOCKED
"""


async def lock_due() -> Row | None:
    """A bulk action whose next portion is due, locked until the transaction ends."""
    return await fetch_one(_LOCK_DUE)


async def lock(bulk_id: UUID) -> Row | None:
    """The same of one that is running, whether it is due or not."""
    return await fetch_one(f"{_LOCKED} AND id = $1 FOR UPDATE", bulk_id)


async def under_way(bulk_id: UUID, most: int) -> int:
    """How many of its executions wait or run, at most `most`. One that backs off counts for none:
    it takes nobody's place."""
    row = await fetch_one(
        "SELECT count(*) AS amount FROM (SELECT FROM execution WHERE bulk_id = $1 "
        "AND bulk_id IS NOT NULL AND (state IN ('queued', 'running') "
        "OR state = 'retrying' AND waits_for IS NOT NULL) LIMIT $2) AS open",
        bulk_id,
        most,
    )
    return int(row["amount"]) if row else 0


async def next_items(bulk_id: UUID, most: int, most_bytes: int) -> list[UUID]:
    """The executions to come to next, oldest first. The bodies of their events have at most
    `most_bytes` together, but one is given in any case."""
    rows = await fetch(
        "SELECT execution_id FROM (SELECT i.execution_id, "
        "sum(coalesce(e.size, 0)) OVER (ORDER BY i.execution_id) - coalesce(e.size, 0) AS before "
        "FROM (SELECT execution_id FROM bulk_item WHERE bulk_id = $1 "
        "ORDER BY execution_id LIMIT $2) i "
        "LEFT JOIN LATERAL (SELECT event_id FROM execution "
        "WHERE id = i.execution_id LIMIT 1) x ON true "
        "LEFT JOIN LATERAL (SELECT octet_length(body) AS size FROM event "
        "WHERE id = x.event_id LIMIT 1) e ON true) AS sized WHERE before < $3 "
        "ORDER BY execution_id",
        bulk_id,
        most,
        most_bytes,
    )
    return [row["execution_id"] for row in rows]


async def note_portion(
    row: Row, ids: Sequence[UUID], done: int, left_out: Mapping[str, int], again_in_s: float
) -> bool:
    """Put on record that a locked bulk action has come to `ids`, of which so many were `done`;
    whether that was the end of it."""
    await execute(
        "DELETE FROM bulk_item WHERE bulk_id = $1 AND execution_id = ANY ($2)", row["id"], list(ids)
    )
    known: dict[str, int] = msgspec.json.decode(row["left_out"])
    for reason, amount in left_out.items():
        known[reason] = known.get(reason, 0) + amount
    ended = await fetch_one(
        "UPDATE bulk_action b SET done = b.done + $2, skipped = b.skipped + $3, "
        "left_out = $4::jsonb, "
        "state = CASE WHEN more THEN b.state ELSE 'finished' END, "
        "finished_at = CASE WHEN more THEN NULL ELSE now() END, "
        "lease_until = CASE WHEN more THEN now() + $5 * interval '1 second' END "
        "FROM (SELECT EXISTS (SELECT FROM bulk_item WHERE bulk_id = $1) AS more) m "
        "WHERE b.id = $1 AND b.state = 'running' RETURNING b.state",
        row["id"],
        done,
        len(ids) - done,
        json_text(known),
        again_in_s,
    )
    return ended is not None and ended["state"] == "finished"


async def put_off(bulk_id: UUID, seconds: float = LONGEST_PORTION_S) -> None:
    """Come to it again later."""
    await execute(
        "UPDATE bulk_action SET lease_until = now() + $2 * interval '1 second' "
        "WHERE id = $1 AND state = 'running'",
        bulk_id,
        seconds,
    )


async def mark(team_id: UUID, ids: Sequence[UUID], bulk_id: UUID) -> None:
    """Name the bulk action in executions that it canceled. One that another bulk action made keeps
    that one's name: its page counts what became of it."""
    await execute(
        "UPDATE execution SET bulk_id = $3 "
        "WHERE team_id = $1 AND id = ANY ($2) AND bulk_id IS NULL",
        team_id,
        list(ids),
        bulk_id,
    )


async def forget(before: datetime, most: int) -> int:
    """Delete those that ended before an instant, at most `most`; how many went."""
    return await execute(
        "DELETE FROM bulk_action WHERE id IN (SELECT id FROM bulk_action "
        "WHERE state <> 'running' AND finished_at < $1 LIMIT $2)",
        before,
        most,
    )


# --- What pages show ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BulkAction:
    """A bulk action and how far it is; `filters`, `options` and `left_out` are JSON texts."""

    id: UUID
    kind: str
    name: str
    filters: str
    options: str
    state: str
    total: int
    done: int
    skipped: int
    left_out: str
    created_by: str
    created_at: datetime
    finished_at: datetime | None


_FIELDS = tuple(BulkAction.__dataclass_fields__)
_SHOWN = f"SELECT {', '.join(_FIELDS)} FROM bulk_action WHERE team_id = $1"


def _action(row: Row) -> BulkAction:
    return BulkAction(**row)


async def page_of_bulk_actions(
    team_id: UUID, position: Position, *, size: int = PAGE_SIZE
) -> Page[BulkAction]:
    """The team's bulk actions, newest first."""
    return await read_page(_SHOWN, "id", (team_id,), position, _action, size=size)


async def find_bulk_action(team_id: UUID, bulk_id: UUID) -> BulkAction | None:
    """The bulk action, or None if the team has none of this id."""
    row = await fetch_one(f"{_SHOWN} AND id = $2", team_id, bulk_id)
    return _action(row) if row else None


async def outcomes_of(team_id: UUID, bulk_id: UUID) -> dict[str, int]:
    """What became of its executions so far: how many are in each state."""
    rows = await fetch(
        "SELECT state, count(*) AS amount FROM execution WHERE team_id = $1 AND bulk_id = $2 "
        "GROUP BY state",
        team_id,
        bulk_id,
    )
    return {row["state"]: row["amount"] for row in rows}
