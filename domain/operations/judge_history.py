"""The chunks of a backtest: past events judged by the live and by the edited conditions.

Nothing else of the pipeline is called here: no decision, execution, count or remembered id is
written, only the chunk itself. Bodies are read outside of transactions, and judged between slices
in which the rest of the process goes on, so that live events do not wait.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from domain.errors import InvalidInput
from domain.logs import logger
from domain.pause_points import pause_at
from domain.rules.backtests import (
    MOST_LOST_LEASES,
    UNREADABLE,
    Chunk,
    Field,
    compare,
    fields_of,
)
from domain.rules.bodies import UnreadableBody
from domain.rules.conditions import Conditions, read_conditions
from domain.rules.subjects import subject_of
from domain.store import backtests
from domain.store.database import Row

CHUNK_EVENTS = 500
CHUNK_BYTES = 4 * 1024 * 1024
# A chunk of costly conditions ends early: its lease is renewed, and a cancellation seen, in time.
CHUNK_S = 2.0
# Some 50 events of 1 KB. Live events wait for no more than this at each of their steps.
SLICE_S = 0.002

log = logger(__name__)

After = Literal["more", "ended", "stopped"]
"""What follows a chunk: there is more to do, there is not (or not for us), we are to stop."""


@dataclass(slots=True)
class Claimed:
    """A backtest that this worker holds the lease of, and how far it is."""

    row: Row
    live: Conditions
    edited: Conditions
    fields: tuple[Field, ...]
    total: int
    from_id: UUID
    cursor: UUID
    judged: int
    chunks: int


async def claim_backtest(backtest_id: UUID) -> Claimed | None:
    """Take up a backtest where it stands; None when it is not to be had, or cannot go on."""
    row = await backtests.claim(backtest_id)
    if row is None:
        return None
    if row["lost_leases"] >= MOST_LOST_LEASES:
        await _give_up(row, "worker_lost")
        return None
    try:
        live, edited = (read_conditions(row[name]) for name in ("live_conditions", "conditions"))
    except (InvalidInput, UnreadableBody):
        await _give_up(row, "unreadable_conditions")
        return None
    total, from_id = row["total"], row["from_id"]
    if total is None:
        measured = await backtests.measure(row)
        if measured is None:
            return None
        total, from_id = measured["total"], measured["from_id"]
    return Claimed(
        row, live, edited, fields_of(edited), total, from_id, row["cursor_id"], row["judged"],
        row["chunks"],
    )  # fmt: skip


async def _give_up(row: Row, reason: str) -> None:
    log.warning("backtest_failed", backtest_id=str(row["id"]), reason=reason)
    await backtests.end(row, "failed", reason)


async def fail_backtest(claimed: Claimed) -> None:
    """End a backtest that a fault of ours stops, rather than try it for ever."""
    await _give_up(claimed.row, "internal")


async def judge_chunk(claimed: Claimed, stopping: Callable[[], bool]) -> After:
    """Judge the next events of a claimed backtest, and write what they came to.

    With `stopping()` true it ends within a slice, and writes nothing.
    """
    left = claimed.total - claimed.judged
    rows: Sequence[Row] = ()
    if left > 0:
        rows = await backtests.next_events(
            claimed.row, claimed.from_id, claimed.cursor, min(left, CHUNK_EVENTS), CHUNK_BYTES
        )
    if not rows:
        # Fewer than were counted: the others' partitions were dropped meanwhile.
        await backtests.end(claimed.row, "done", "events_gone" if left else None)
        return "ended"
    chunk = await _judge(claimed, rows, stopping)
    if chunk is None:
        return "stopped"
    await pause_at("backtest.before_record")
    judged = claimed.judged + len(chunk.event_ids)
    last = judged >= claimed.total
    if not await backtests.record(claimed.row, claimed.chunks + 1, chunk, last=last):
        await _end_if_orphaned(claimed)
        return "ended"
    await pause_at("backtest.after_record")
    claimed.judged, claimed.cursor, claimed.chunks = judged, chunk.event_ids[-1], claimed.chunks + 1
    return "ended" if last else "more"


async def _judge(
    claimed: Claimed, rows: Sequence[Row], stopping: Callable[[], bool]
) -> Chunk | None:
    chunk, version = Chunk(claimed.fields), claimed.row["live_version"]
    begun = slice_begun = time.perf_counter()
    for row in rows:
        try:
            subject = subject_of(row, version)
        except UnreadableBody:
            chunk.add(row["id"], row["received_at"], UNREADABLE, None)
        else:
            letter = compare(claimed.live, claimed.edited, subject)
            chunk.add(row["id"], row["received_at"], letter, subject)
        now = time.perf_counter()
        if now - slice_begun > SLICE_S:
            await asyncio.sleep(0)
            if stopping():
                return None
            if now - begun > CHUNK_S:
                break
            slice_begun = time.perf_counter()
    return chunk


async def _end_if_orphaned(claimed: Claimed) -> None:
    if await backtests.trigger_is_deleted(claimed.row):
        await backtests.end(claimed.row, "canceled", "trigger_deleted")
