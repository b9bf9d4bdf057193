"""Notice which triggers are late, and which are not any more.

A trigger is late when its deadline passed without an event. The deadline only ever moves on: it
counts from the newest event, or from when the expectation was stated or the trigger was switched
on. So it stays right when that event is older than what is kept.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from domain.logs import logger
from domain.rules.bodies import read_stored
from domain.rules.expectations import deadline, look_again_at
from domain.rules.ids import first_id_at
from domain.store import expectations, schedules
from domain.store.database import Row, transaction
from domain.store.expectations import Looked

MOST_AT_ONCE = 500
# An event's id is made by its web process, whose clock may be wrong, and it may be committed late.
_CLOCKS_DIFFER_BY = timedelta(days=1)
_UNREADABLE_FOR = timedelta(hours=1)

Nudge = Callable[[UUID, UUID], None]
"""Says that a team's trigger became late, or is not any more."""

log = logger(__name__)


async def check_expectations(nudge: Nudge) -> None:
    """Look at all that are to be looked at now."""
    while await _check_some(nudge) == MOST_AT_ONCE:
        pass


async def _check_some(nudge: Nudge) -> int:
    async with transaction():
        await schedules.bound_transaction()
        rows = await expectations.lock_due(MOST_AT_ONCE)
        if not rows:
            return 0
        asked = [
            (row["team_id"], row["trigger_id"], first_id_at(row["updated_at"] - _CLOCKS_DIFFER_BY))
            for row in rows
        ]
        last = await expectations.last_events(asked)
        looked = [_look(row, last.get(row["trigger_id"])) for row in rows]
        await expectations.save(looked)
    for row, found in zip(rows, looked, strict=True):
        if (row["late_since"] is None) != (found.late_since is None):
            nudge(row["team_id"], row["trigger_id"])
    return len(rows)


def _look(row: Row, last_event: datetime | None) -> Looked:
    """What is to be said of one. A fault in one must not keep the others from being looked at."""
    trigger_id, now = row["trigger_id"], row["now"]
    if not row["enabled"]:
        return Looked(trigger_id, None, None, None, moved=True)
    try:
        config = read_stored(row["config"])
        assert isinstance(config, dict)  # as it was saved
        expected_at = _expected_at(config, row, last_event)
    except Exception:
        log.exception("unreadable_expectation", trigger_id=str(trigger_id))
        return Looked(trigger_id, None, None, now + _UNREADABLE_FOR, moved=False)
    if expected_at is None:
        return Looked(trigger_id, None, None, None, moved=True)
    return Looked(
        trigger_id,
        expected_at,
        expected_at if expected_at <= now else None,
        look_again_at(now, expected_at),
        moved=expected_at != row["expected_at"],
    )


def _expected_at(
    config: Mapping[str, Any], row: Row, last_event: datetime | None
) -> datetime | None:
    begun: datetime = row["updated_at"]
    before: datetime | None = row["expected_at"]
    if before is None:
        return deadline(config, max(begun, last_event) if last_event else begun)
    moved = deadline(config, last_event) if last_event else None
    return before if moved is None else max(before, moved)
