"""Requests that hooks refused: sampled and bounded, so that no sender can fill the disk with them.

One row stands for `amount` refusals of one kind; `refused_at` is when the latest of them came.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.rules.ids import first_id_at
from domain.store.database import Row, execute, fetch
from domain.store.pages import PAGE_SIZE, Page, Position, read_page

MOST_OF_A_TRIGGER = 200


@dataclass(frozen=True, slots=True)
class NewRefused:
    """A refusal about to be stored. `headers` is JSON text without credentials; `size` counts the
    body's octets (None: it was not read)."""

    id: UUID
    team_id: UUID
    trigger_id: UUID
    status: int
    code: str
    reason: str
    method: str
    address: str
    headers: str
    size: int | None
    amount: int
    refused_at: datetime


@dataclass(frozen=True, slots=True)
class RefusedListed:
    """A refusal as the lists show it. `code` is what the sender was told, `reason` what only the
    trigger's owner is told; `headers` is the JSON text of a list of [name, value]."""

    id: UUID
    trigger_id: UUID
    trigger_name: str
    status: int
    code: str
    reason: str
    method: str
    address: str
    headers: str
    size: int | None
    amount: int
    refused_at: datetime


_STORE = """
INSERT INTO refused_request (id, team_id, trigger_id, status, code, reason, method, address,
    headers, size, amount, refused_at)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::smallint[], $5::text[], $6::text[],
    $7::text[], $8::text[], $9::jsonb[], $10::integer[], $11::integer[], $12::timestamptz[])
ON CONFLICT (id) DO NOTHING
"""

# The newest of each trigger stay; an id begins with its instant.
_KEEP_NEWEST = """
DELETE FROM refused_request r
USING (
    SELECT t.id AS trigger_id, (
        SELECT id FROM refused_request WHERE trigger_id = t.id
        ORDER BY trigger_id DESC, id DESC OFFSET $2 LIMIT 1
    ) AS first_gone
    FROM unnest($1::uuid[]) AS t (id)
) old
WHERE r.trigger_id = old.trigger_id AND r.id <= old.first_gone
"""

_LISTED = """
SELECT r.id, r.trigger_id, t.name AS trigger_name, r.status, r.code, r.reason, r.method, r.address,
    r.headers, r.size, r.amount, r.refused_at
FROM refused_request r JOIN trigger t ON t.team_id = r.team_id AND t.id = r.trigger_id
WHERE r.team_id = $1 AND ($2::text IS NULL OR r.reason = $2)
"""


async def store_refused(new: Sequence[NewRefused]) -> None:
    """Store refusals, and let go of the oldest of their triggers beyond 200 each."""
    columns = zip(*((r.id, r.team_id, r.trigger_id, r.status, r.code, r.reason, r.method,
                     r.address, r.headers, r.size, r.amount, r.refused_at) for r in new),
                  strict=True)  # fmt: skip
    await execute(_STORE, *(list(column) for column in columns))
    await execute(_KEEP_NEWEST, list({r.trigger_id for r in new}), MOST_OF_A_TRIGGER)


async def count_more(amounts: Mapping[UUID, tuple[int, datetime]]) -> None:
    """Add to rows that are stored already how many more of their kind came, and when the last."""
    await execute(
        "UPDATE refused_request r SET amount = r.amount + m.amount, "
        "refused_at = greatest(r.refused_at, m.refused_at) "
        "FROM unnest($1::uuid[], $2::integer[], $3::timestamptz[]) AS m (id, amount, refused_at) "
        "WHERE r.id = m.id",
        list(amounts),
        [amount for amount, _ in amounts.values()],
        [refused_at for _, refused_at in amounts.values()],
    )


def _listed(row: Row) -> RefusedListed:
    return RefusedListed(**row)


async def page_of_refused(
    team_id: UUID,
    trigger_id: UUID | None,
    reason: str | None,
    position: Position,
    *,
    size: int = PAGE_SIZE,
) -> Page[RefusedListed]:
    """The team's refused requests, newest first, of one trigger and for one reason unless None."""
    if trigger_id is None:
        return await read_page(_LISTED, "r.id", (team_id, reason), position, _listed, size=size)
    # BETWEEN, not "=": see `read_page`.
    return await read_page(
        f"{_LISTED} AND r.trigger_id BETWEEN $3 AND $3", "r.id", (team_id, reason, trigger_id),
        position, _listed, narrowed="r.trigger_id", size=size,
    )  # fmt: skip


async def reasons_of_refused(team_id: UUID) -> list[str]:
    """Why the team's kept requests were refused, in order: what a filter offers."""
    rows = await fetch(
        "SELECT DISTINCT reason FROM refused_request WHERE team_id = $1 ORDER BY reason", team_id
    )
    return [row["reason"] for row in rows]


@dataclass(frozen=True, slots=True)
class RefusalCount:
    """How often a trigger's door refused for one reason, and when last."""

    reason: str
    amount: int
    last_at: datetime


async def refusals_by_reason(team_id: UUID, trigger_id: UUID) -> list[RefusalCount]:
    """Why the door of a trigger refused, the most frequent reason first."""
    rows = await fetch(
        "SELECT reason, sum(amount)::int AS amount, max(refused_at) AS last_at "
        "FROM refused_request WHERE team_id = $1 AND trigger_id = $2 "
        "GROUP BY reason ORDER BY amount DESC, reason",
        team_id,
        trigger_id,
    )
    return [RefusalCount(**row) for row in rows]


async def forget_refused(before: datetime, most: int) -> int:
    """Delete refusals that were first noted before that instant, at most `most`; how many went."""
    return await execute(
        "DELETE FROM refused_request WHERE id IN "
        "(SELECT id FROM refused_request WHERE id < $1 ORDER BY id LIMIT $2)",
        first_id_at(before),
        most,
    )
