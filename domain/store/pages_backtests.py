"""What pages and API show of backtests."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from domain.rules.backtests import FILTERS, OUTCOMES, RESULTS, FieldCount, Filter
from domain.rules.traces import Result
from domain.store.database import Row, fetch, fetch_one
from domain.store.pages import PAGE_SIZE, Page, Position, read_page


@dataclass(frozen=True, slots=True)
class BacktestShown:
    """A backtest with what it found so far; `conditions` and `live_conditions` are JSON texts."""

    id: UUID
    trigger_id: UUID
    conditions: str | None
    live_conditions: str | None
    live_version: int
    asked_last: int | None
    asked_from: datetime | None
    asked_to: datetime | None
    capped: bool
    state: str
    reason: str | None
    total: int | None
    judged: int
    newly_fires: int
    no_longer_fires: int
    same_fired: int
    same_filtered: int
    errors: int
    created_by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


_FIELDS = tuple(BacktestShown.__dataclass_fields__)
_SHOWN = f"SELECT {', '.join(_FIELDS)} FROM backtest WHERE team_id = $1 AND trigger_id = $2"


def _shown(row: Row) -> BacktestShown:
    return BacktestShown(**row)


async def page_of_backtests(
    team_id: UUID, trigger_id: UUID, position: Position, *, size: int = PAGE_SIZE
) -> Page[BacktestShown]:
    """The trigger's backtests, newest first."""
    return await read_page(_SHOWN, "id", (team_id, trigger_id), position, _shown, size=size)


async def find_backtest(team_id: UUID, trigger_id: UUID, backtest_id: UUID) -> BacktestShown | None:
    """The backtest, or None if the trigger has none of this id."""
    row = await fetch_one(f"{_SHOWN} AND id = $3", team_id, trigger_id, backtest_id)
    return _shown(row) if row else None


@dataclass(frozen=True, slots=True)
class DayCount:
    """What the events of one day (UTC) came to, in the order of `OUTCOMES`."""

    day: date
    amounts: tuple[int, ...]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.amounts)


_SUMS = ", ".join(f"sum((d.value -> {place})::int) AS n{place}" for place in range(len(OUTCOMES)))


async def days_of(team_id: UUID, backtest_id: UUID) -> list[DayCount]:
    """The days on which its events came, the first one first."""
    rows = await fetch(
        f"SELECT d.key::date AS day, {_SUMS} FROM backtest_chunk c "
        "CROSS JOIN LATERAL jsonb_each(c.days) d "
        "WHERE c.team_id = $1 AND c.backtest_id = $2 GROUP BY d.key ORDER BY d.key",
        team_id,
        backtest_id,
    )
    return [
        DayCount(row["day"], tuple(row[f"n{place}"] for place in range(len(OUTCOMES))))
        for row in rows
    ]


async def lacking_fields_of(team_id: UUID, backtest_id: UUID) -> list[FieldCount]:
    """The fields that some of its events lack."""
    rows = await fetch(
        "SELECT f.key, sum((f.value -> 0)::int) AS found, sum((f.value -> 1)::int) AS missing, "
        "min(f.value ->> 2)::uuid AS oldest_found, max(f.value ->> 3)::uuid AS newest_missing "
        "FROM backtest_chunk c CROSS JOIN LATERAL jsonb_each(c.fields) f "
        "WHERE c.team_id = $1 AND c.backtest_id = $2 GROUP BY f.key "
        "HAVING sum((f.value -> 1)::int) > 0 ORDER BY f.key",
        team_id,
        backtest_id,
    )
    return [_field(row) for row in rows]


def _field(row: Row) -> FieldCount:
    source, _, path = row["key"].partition(" ")
    return FieldCount(
        source, path, row["found"], row["missing"], row["oldest_found"], row["newest_missing"]
    )


@dataclass(frozen=True, slots=True)
class EventCompared:
    """An event of a backtest and what both sides came to. What is None went with the event, which
    is past its retention by now."""

    id: UUID
    live: Result
    edited: Result
    received_at: datetime | None = None
    title: str | None = None
    size: int | None = None


# Chunks without such a letter are passed over, so a list of few rows costs little.
_COMPARED = """
SELECT u.event_id, u.letter FROM backtest_chunk c
CROSS JOIN LATERAL unnest(c.event_ids, string_to_array(c.outcomes, NULL)) AS u (event_id, letter)
WHERE c.team_id = $1 AND c.backtest_id = $2 AND c.outcomes ~ $3 AND u.letter ~ $3
"""


@dataclass(frozen=True, slots=True)
class _Found:
    id: UUID
    letter: str


async def page_of_compared(
    team_id: UUID,
    backtest_id: UUID,
    narrowed: Filter | None,
    position: Position,
    *,
    size: int = PAGE_SIZE,
) -> Page[EventCompared]:
    """The events of the backtest that came to this (None: all), newest first."""
    letters = FILTERS[narrowed] if narrowed else "".join(RESULTS)
    found = await read_page(
        _COMPARED, "u.event_id", (team_id, backtest_id, f"[{letters}]"), position,
        lambda row: _Found(row["event_id"], row["letter"]), size=size,
    )  # fmt: skip
    events = await _events_of(team_id, [row.id for row in found.rows])
    rows = tuple(_compared(row, events.get(row.id)) for row in found.rows)
    return Page(rows, found.older, found.newer)


def _compared(found: _Found, event: Row | None) -> EventCompared:
    live, edited = RESULTS[found.letter]
    if event is None:
        return EventCompared(found.id, live, edited)
    return EventCompared(
        found.id, live, edited, event["received_at"], event["title"], event["size"]
    )


async def _events_of(team_id: UUID, ids: Sequence[UUID]) -> dict[UUID, Row]:
    rows = await fetch(
        "SELECT id, received_at, title, octet_length(body) AS size FROM event "
        "WHERE team_id = $1 AND id = ANY ($2)",
        team_id,
        list(ids),
    )
    return {row["id"]: row for row in rows}


async def event_to_judge(team_id: UUID, trigger_id: UUID, event_id: UUID) -> Row | None:
    """All that judging an event needs, or None if the trigger has none of this id."""
    return await fetch_one(
        "SELECT id, trigger_id, kind, received_at, headers, query, content_type, title, sender_id, "
        "body FROM event WHERE team_id = $1 AND trigger_id = $2 AND id = $3",
        team_id,
        trigger_id,
        event_id,
    )
