"""How reliable the schedules were: of each trigger for its team, and of the whole installation in
numbers that do not say whose they are.

The last hour is counted from the slots themselves; longer times from counts by the hour, which are
kept for longer than the slots are.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.clock import utc_now
from domain.rules.ids import first_id_at
from domain.rules.reliability import WINDOWS
from domain.rules.skew import BOUNDS_S, BUCKETS, PREFIX
from domain.store.database import Row, fetch
from domain.store.pages import Page, Position, read_page
from domain.store.team_scope import every_team

KEPT_S = 15.0

Amounts = Mapping[str, int]
ByWindow = Mapping[str, Amounts]
"""Amounts by outcome (`on_time`, …) by window (`1h`, `24h`, `30d`)."""

# What a slot counts as; null: that is not known yet, or it ran outside of its time on purpose.
_OUTCOME = """CASE
    WHEN catch_up = 'resume' THEN 'paused'
    WHEN state = 'fired' AND started_at IS NOT NULL THEN 'on_time'
    WHEN state IN ('late', 'missed', 'skipped', 'paused') THEN state END"""


@dataclass(frozen=True, slots=True)
class ScheduleListed:
    """A schedule trigger, as the list of reliability names it."""

    id: UUID
    name: str
    enabled: bool


async def page_of_schedules(team_id: UUID, position: Position) -> Page[ScheduleListed]:
    """The team's schedule triggers, newest first."""
    sql = (
        "SELECT id, name, enabled FROM trigger "
        "WHERE team_id = $1 AND kind = 'schedule' AND deleted_at IS NULL"
    )
    return await read_page(sql, "id", [team_id], position, lambda row: ScheduleListed(**row))


_LAST_HOUR_OF_TRIGGERS = f"""
SELECT a.trigger_id, s.outcome, count(*) AS amount
FROM unnest($2::uuid[]) AS a (trigger_id)
CROSS JOIN LATERAL (
    SELECT {_OUTCOME} AS outcome FROM slot
    WHERE team_id = $1 AND trigger_id BETWEEN a.trigger_id AND a.trigger_id AND id >= $3 AND id < $4
        AND backfill_id IS NULL
    ORDER BY trigger_id, id
) s WHERE s.outcome IS NOT NULL GROUP BY a.trigger_id, s.outcome
"""
_HOURS_OF_TRIGGERS = """
SELECT trigger_id, substr(outcome, 6) AS outcome,
    (sum(amount) FILTER (WHERE hour >= $3))::bigint AS day, sum(amount)::bigint AS month
FROM (
    SELECT trigger_id, hour, outcome, amount FROM trigger_hour
    WHERE team_id = $1 AND trigger_id = ANY ($2) AND hour >= $4 AND outcome LIKE 'slot:%'
    UNION ALL
    SELECT trigger_id, hour, outcome, amount FROM tally
    WHERE team_id = $1 AND trigger_id = ANY ($2) AND hour >= $4 AND outcome LIKE 'slot:%'
) counted GROUP BY trigger_id, outcome
"""


async def counts_of_triggers(
    team_id: UUID, trigger_ids: Sequence[UUID], now: datetime
) -> dict[UUID, ByWindow]:
    """What became of the slots of each of the triggers."""
    found: dict[UUID, dict[str, dict[str, int]]] = {each: _empty() for each in trigger_ids}
    hour = first_id_at(now - WINDOWS["1h"]), first_id_at(now)
    for row in await fetch(_LAST_HOUR_OF_TRIGGERS, team_id, list(trigger_ids), *hour):
        found[row["trigger_id"]]["1h"][row["outcome"]] = row["amount"]
    since = now - WINDOWS["24h"], now - WINDOWS["30d"]
    for row in await fetch(_HOURS_OF_TRIGGERS, team_id, list(trigger_ids), *since):
        _add_hours(found[row["trigger_id"]], row)
    return dict(found)


def _empty() -> dict[str, dict[str, int]]:
    return {window: {} for window in WINDOWS}


def _add_hours(found: dict[str, dict[str, int]], row: Row) -> None:
    found["24h"][row["outcome"]] = row["day"] or 0
    found["30d"][row["outcome"]] = row["month"]


@dataclass(frozen=True, slots=True)
class SystemCounts:
    """What became of all slots of the installation: `slots` by outcome, `skews` by bucket (from
    when they were due to when they started)."""

    slots: ByWindow
    skews: ByWindow


_LAST_HOUR = f"""
SELECT outcome, skew, count(*) AS amount FROM (
    SELECT {_OUTCOME} AS outcome,
        CASE WHEN started_at IS NOT NULL AND catch_up IS DISTINCT FROM 'resume' THEN
            (SELECT count(*) FROM unnest($3::float8[]) AS b (bound)
            WHERE extract(epoch FROM started_at - due_at) > bound) END AS skew
    FROM slot WHERE id >= $1 AND id < $2 AND backfill_id IS NULL
) s WHERE outcome IS NOT NULL GROUP BY outcome, skew
"""
_HOURS = """
SELECT outcome, (sum(amount) FILTER (WHERE hour >= $1))::bigint AS day, sum(amount)::bigint AS month
FROM (
    SELECT hour, outcome, amount FROM system_reliability WHERE hour >= $2
    UNION ALL
    SELECT hour, outcome, amount FROM tally
    WHERE hour >= $2 AND (outcome LIKE 'slot:%' OR outcome LIKE 'skew:%')
) counted GROUP BY outcome
"""
_kept: tuple[float, SystemCounts] | None = None


async def system_counts() -> SystemCounts:
    """The numbers of the whole installation, at most 15 seconds old. Not within a transaction."""
    global _kept  # noqa: PLW0603 - one answer for all who ask within these seconds
    if _kept is None or time.monotonic() - _kept[0] >= KEPT_S:
        _kept = time.monotonic(), await _read_system_counts(utc_now())
    return _kept[1]


async def _read_system_counts(now: datetime) -> SystemCounts:
    found, skews = _empty(), _empty()
    with every_team():
        hour = await fetch(
            _LAST_HOUR, first_id_at(now - WINDOWS["1h"]), first_id_at(now), list(BOUNDS_S)
        )
        hours = await fetch(_HOURS, now - WINDOWS["24h"], now - WINDOWS["30d"])
    for row in hour:
        _add(found["1h"], row["outcome"], row["amount"])
        if row["skew"] is not None:
            _add(skews["1h"], BUCKETS[row["skew"]].removeprefix(PREFIX), row["amount"])
    for row in hours:
        word, _, outcome = row["outcome"].partition(":")
        _add_hours(found if word == "slot" else skews, {**row, "outcome": outcome})
    return SystemCounts(found, skews)


def _add(amounts: dict[str, int], outcome: str, amount: int) -> None:
    amounts[outcome] = amounts.get(outcome, 0) + amount
