"""Fire what is due.

One transaction a pass: lock the epochs that have something due, put every slot up to now on record
with its event, note when each is due next. Killed anywhere before the commit, nothing happened;
after it, everything has. A clock that freezes in between loses its locks after five seconds, and
what it would have written with them.

"Now" is the database's: whatever this machine takes for the time, slots are due by that clock.
"""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from domain import metrics
from domain.clock import utc_now
from domain.logs import logger
from domain.operations.cancel_executions import end_superseded
from domain.operations.record_slots import Recorded, record_slots, schedule_of
from domain.pause_points import pause_at
from domain.rules.slot_events import slot_event
from domain.store import schedules, slots
from domain.store.database import Contended, Unavailable, transaction
from domain.store.schedules import Key
from domain.store.slots import SlotRow

__all__ = ["SlotFirer", "bring_up_to_date", "fire_again", "fire_due"]

MOST_A_PASS = 100
# After a full pass. Where very many are due at once, what they start must leave room for the door.
BREATH_S = 0.06
MOST_PASSES_OF_ONE = 20
LONGEST_REST_S = 0.25
# Somebody else is at what is due.
SHORT_REST_S = 0.02
FAILED = "failed"
FAILED_FOR_S = 300.0
CONTENDED = "contended"
CONTENDED_FOR_S = 2.0
JUMP_S = 5.0

log = logger(__name__)


class SlotFirer:
    """The passes of one clock process. It remembers nothing that matters."""

    def __init__(
        self, ring: Callable[[Sequence[UUID]], None], announce: Callable[..., None]
    ) -> None:
        """`ring(event_ids)` and `announce(team_id, *topics)` neither block nor fail."""
        self._ring = ring
        self._announce = announce
        self._newest = False
        self._ahead_s = 0.0

    async def fire(self) -> float:
        """One pass, if anything is due; seconds to rest before the next one."""
        begun = time.monotonic()
        due = await schedules.next_due()
        self._note_jump(due.now)
        if due.in_s is None or due.in_s > 0:
            return LONGEST_REST_S if due.in_s is None else min(due.in_s, LONGEST_REST_S)
        # After an outage the oldest have a long way to go: what is due just now takes turns with
        # them, so that it is in time.
        self._newest = not self._newest
        try:
            recorded = await fire_due(MOST_A_PASS, newest=self._newest)
        except Unavailable:
            raise
        except Exception:
            log.exception("firing_pass_failed")
            recorded = await _fire_one_by_one()
        metrics.FIRING_SECONDS.observe(time.monotonic() - begun)
        await self._tell(recorded)
        if recorded.epochs >= MOST_A_PASS:
            return BREATH_S
        return 0.0 if recorded.epochs else SHORT_REST_S

    async def _tell(self, recorded: Recorded) -> None:
        if recorded.superseded:
            # First what is to end, then what takes its place.
            await end_superseded(recorded.superseded)
        if recorded.event_ids:
            self._ring(recorded.event_ids)
        for team_id, trigger_id in recorded.changed:
            self._announce(team_id, "slots", "events", "triggers", f"trigger:{trigger_id}")

    def _note_jump(self, database_now: datetime) -> None:
        """Somebody should know when this machine's clock, or the database's, jumps; nothing of ours
        depends on it."""
        ahead_s = (utc_now() - database_now).total_seconds()
        if abs(ahead_s - self._ahead_s) > JUMP_S:
            log.warning("clocks_disagree", ahead_s=round(ahead_s, 1), before_s=self._ahead_s)
            self._ahead_s = round(ahead_s, 1)


async def fire_due(most: int = MOST_A_PASS, *, newest: bool = False) -> Recorded:
    """Go through at most so many schedules that have something due and that no other clock is at:
    those due longest, or those due last."""
    async with transaction():
        await schedules.bound_transaction()
        # 1. From here on they are ours. Others skip them, and an edit waits for us.
        keys = await schedules.lock_due(most, newest=newest)
        if not keys:
            return Recorded()
        # 2. Read now, what anybody committed before that is seen.
        recorded = await record_slots(await schedules.rows_of(keys), await schedules.now())
        # 3. Frozen here for longer than five seconds, the transaction is undone by the database.
        await pause_at("slots.before_commit")
    # 4. What is not rung for from here on, the sweep rings for.
    await pause_at("slots.after_commit")
    return recorded


async def _fire_one_by_one() -> Recorded:
    """After a pass that failed: one schedule at a time. One that fails alone is put off, so that
    the others come through."""
    fired = Recorded()
    for _ in range(MOST_A_PASS):
        keys: list[Key] = []
        try:
            async with transaction():
                await schedules.bound_transaction()
                keys = await schedules.lock_due(1)
                one = await record_slots(await schedules.rows_of(keys), await schedules.now())
        except Unavailable:
            raise
        except Contended as failure:
            # Nothing is wrong with it: another clock holds its slots, and may be frozen.
            log.warning("firing_contended", error=repr(failure))
            await schedules.put_off(keys, CONTENDED, CONTENDED_FOR_S)
        except Exception:
            log.exception("firing_failed", schedules=[str(key.trigger_id) for key in keys])
            await schedules.put_off(keys, FAILED, FAILED_FOR_S)
        else:
            fired = _both(fired, one)
        if not keys:
            break
    return fired


def _both(some: Recorded, more: Recorded) -> Recorded:
    return Recorded(
        [*some.event_ids, *more.event_ids],
        some.changed | more.changed,
        [*some.superseded, *more.superseded],
        some.epochs + more.epochs,
    )


async def bring_up_to_date(
    team_id: UUID, trigger_id: UUID, passes: int = MOST_PASSES_OF_ONE
) -> list[UUID]:
    """Put on record what the trigger had due until now, by its switch as it is; the events to ring
    for. Within the transaction that changes the switch, and before it does.

    After an outage of days some of it may be left to the clock, which then goes by the switch as it
    is then.
    """
    event_ids: list[UUID] = []
    for _ in range(passes):
        keys = await schedules.lock_due_of(team_id, trigger_id)
        if not keys:
            break
        recorded = await record_slots(await schedules.rows_of(keys), await schedules.now())
        event_ids += recorded.event_ids
    return event_ids


async def fire_again(
    rows: Sequence[SlotRow], catch_up: str | None, now: datetime | None = None
) -> list[UUID]:
    """Fire slots that are on record as something else, as they were seen: of those that changed
    since, nothing comes. The events to ring for. `catch_up` is what their events say.

    Within a transaction of the caller's. A slot whose schedule cannot be read stays as it is.
    """
    now = now or await schedules.now()
    keys = {Key(row.trigger_id, row.epoch) for row in rows}
    found = await schedules.rows_of(list(keys))
    configs = {Key(epoch.trigger_id, epoch.epoch): epoch.config for epoch in found}
    firing = []
    for row in rows:
        config = configs.get(Key(row.trigger_id, row.epoch))
        if config is None:
            continue
        try:
            schedule = schedule_of(config)
        except Exception:
            log.exception("unreadable_schedule", trigger_id=str(row.trigger_id))
            continue
        firing.append((row, slot_event(row.id, row.scheduled_for, schedule, catch_up, now)))
    fired = await slots.fire(firing, catch_up)
    return [event.id for row, event in firing if row.id in fired]
