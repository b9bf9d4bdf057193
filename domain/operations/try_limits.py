"""The work of a trial of limits: past events, the oldest first, through limits that hold nobody.

Nothing else of the pipeline is called here: nothing is decided, started or counted. Bodies are read
outside of transactions, and looked at in slices between which the rest of the process goes on.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from domain.errors import InvalidInput
from domain.logs import logger
from domain.pause_points import pause_at
from domain.rules.backtests import MOST_LOST_LEASES, result_of
from domain.rules.bodies import UnreadableBody, read_stored
from domain.rules.conditions import Conditions, read_conditions
from domain.rules.limit_trial_results import found_by
from domain.rules.limit_trials import LimitTrial
from domain.rules.limits import parse_limits
from domain.rules.subjects import NOTHING, subject_of
from domain.store import limit_trials
from domain.store.database import Row

CHUNK_EVENTS = 500
CHUNK_BYTES = 4 * 1024 * 1024
# Live events wait for no more than this at each of their steps.
SLICE_S = 0.002
ACTS_A_STEP = 50

log = logger(__name__)

After = Literal["ended", "stopped"]
Stopping = Callable[[], bool]


async def claim_trial(trial_id: UUID) -> Row | None:
    """Take up a trial; None when it is not to be had, or has taken too many workers down."""
    row = await limit_trials.claim(trial_id)
    if row is not None and row["lost_leases"] >= MOST_LOST_LEASES:
        await give_up_trial(row, "worker_lost")
        return None
    return row


async def give_up_trial(row: Row, reason: str) -> None:
    """End a trial that cannot go on."""
    log.warning("limit_trial_failed", limit_trial_id=str(row["id"]), reason=reason)
    await limit_trials.end(row, "failed", reason)


async def try_limits(row: Row, stopping: Stopping, tell: Callable[[], None]) -> After:
    """Do a claimed trial. With `stopping()` true it ends within a slice, and writes nothing;
    `tell()` is called when there is something new to see."""
    try:
        trial = LimitTrial(parse_limits(read_stored(row["limits"])))
        conditions = read_conditions(row["conditions"])
    except (InvalidInput, UnreadableBody):
        await give_up_trial(row, "unreadable_conditions")
        return "ended"
    measured = await limit_trials.measure(row)
    if measured is None:
        return "ended"
    work = _Work(trial, conditions, row["live_version"], stopping)
    from_id, seen = measured["from_id"], 0
    while rows := await limit_trials.next_events(row, from_id, CHUNK_EVENTS, CHUNK_BYTES):
        if not await work.add(rows):
            return "stopped"
        await pause_at("limit_trial.before_record")
        seen += len(rows)
        if not await limit_trials.note_seen(row, seen):
            await limit_trials.end(row, "canceled", "trigger_deleted")
            return "ended"
        tell()
        from_id = UUID(int=rows[-1]["id"].int + 1)
    if not await work.advance(None):
        return "stopped"
    await limit_trials.finish(row, found_by(trial.days, trial.peaks, trial.values))
    return "ended"


class _Work:
    """The events of a trial, a slice at a time."""

    def __init__(
        self, trial: LimitTrial, conditions: Conditions, version: int, stopping: Stopping
    ) -> None:
        self._trial = trial
        self._conditions = conditions
        self._version = version
        self._stopping = stopping
        self._slice_begun = time.perf_counter()

    async def add(self, rows: Sequence[Row]) -> bool:
        """Take in these events; False: it is to stop."""
        for row in rows:
            if not await self.advance(row["received_at"]):
                return False
            try:
                subject = subject_of(row, self._version)
            except UnreadableBody:
                self._trial.add(row["received_at"], NOTHING, matched=False)
            else:
                matched = result_of(self._conditions, subject) == "matched"
                self._trial.add(row["received_at"], subject.body, matched=matched)
        return True

    async def advance(self, at: datetime | None) -> bool:
        """Let pass who waited up to `at` (None: whoever waits); False: it is to stop."""
        more = True
        while more:
            more = self._trial.advance(at, ACTS_A_STEP)
            if time.perf_counter() - self._slice_begun > SLICE_S:
                await asyncio.sleep(0)
                if self._stopping():
                    return False
                self._slice_begun = time.perf_counter()
        return True
