"""Put what was due on record: each slot with what became of it, and the events of those that fire.

Within a transaction that has locked the epochs in question, so nobody else is at them.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

from domain import metrics
from domain.logs import logger
from domain.operations.running_slots import Running, running_slots
from domain.rules.bodies import read_stored
from domain.rules.due_slots import LOOKS_BACK, Due, Epoch, SlotDecision, due_slots
from domain.rules.schedules.calendars import Dates
from domain.rules.schedules.overlap import decide_overlap
from domain.rules.schedules.schedule import Schedule, read_schedule
from domain.rules.schedules.zones import TZDATA
from domain.rules.slot_events import slot_event, slot_id
from domain.store import calendars, schedules, slots
from domain.store.schedules import Key, Progress, ScheduleRow
from domain.store.slots import NewSlot, OpenSlot

# So many slots a pass, of all schedules together: after an outage there may be any number.
MOST_SLOTS = 2_000
KEPT_SCHEDULES = 5_000
# A list of a thousand instants takes 200 KB of memory, and 13 ms to read: of such as many are kept
# as a team may have.
LONG_CONFIG = 2_000
KEPT_LONG = 1_000
UNREADABLE = "unreadable"
UNREADABLE_FOR_S = 300.0
# So long a pass computes at a stretch before the other jobs of this process have their turn.
_SLICE_S = 0.005

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What came of it: the events to ring for, whose pages show something new (by team and
    trigger), the slots whose executions are to be ended, and how many epochs were gone through."""

    event_ids: list[UUID] = field(default_factory=list)
    changed: set[tuple[UUID, UUID]] = field(default_factory=set)
    superseded: list[OpenSlot] = field(default_factory=list)
    epochs: int = 0


@dataclass(frozen=True, slots=True)
class _Pass:
    """An epoch with what is due of it."""

    row: ScheduleRow
    schedule: Schedule
    due: Due

    @property
    def key(self) -> Key:
        return Key(self.row.trigger_id, self.row.epoch)


def schedule_of(config: str) -> Schedule:
    """The schedule of a stored config. Equal texts are equal schedules, so none is out of date."""
    return (_kept_long if len(config) > LONG_CONFIG else _kept)(config)


def _read(config: str) -> Schedule:
    settings = read_stored(config)
    if not isinstance(settings, dict):
        raise TypeError("a config is an object")
    return read_schedule(settings)


_kept = lru_cache(maxsize=KEPT_SCHEDULES)(_read)
_kept_long = lru_cache(maxsize=KEPT_LONG)(_read)


async def record_slots(rows: Sequence[ScheduleRow], now: datetime) -> Recorded:
    """Put on record what these locked epochs had due by `now`, the oldest 500 slots of each."""
    passes, faulty = await _work_out(rows, now)
    await schedules.put_off(faulty, UNREADABLE, UNREADABLE_FOR_S)
    made, replaced = await _slots_of(passes, now)
    recorded = await slots.record(made)
    superseded = [old for new, olds in replaced.items() if new in recorded for old in olds]
    await slots.supersede([slot.id for slot in superseded])
    await schedules.save_progress([_progress(each) for each in passes], TZDATA)
    new = [slot for slot in made if slot.id in recorded]
    for slot in new:
        metrics.SLOTS.labels(slot.state).inc()
    return Recorded(
        event_ids=[slot.event.id for slot in new if slot.event],
        changed={(each.row.team_id, each.row.trigger_id) for each in passes},
        superseded=superseded,
        epochs=len(passes) + len(faulty),
    )


async def _work_out(rows: Sequence[ScheduleRow], now: datetime) -> tuple[list[_Pass], list[Key]]:
    """What is due of each epoch; and those that nobody can read, which must not stop others."""
    known, faulty = await _schedules_of(rows)
    dates = await _dates_of(list(known.values()), now)
    passes: list[_Pass] = []
    left, turn = MOST_SLOTS, time.monotonic()
    for row in rows:
        key = Key(row.trigger_id, row.epoch)
        if key not in known:
            continue
        if left <= 0:
            break
        turn = await _let_others(turn)
        try:
            passes.append(_due(row, known[key], dates, now))
            left -= len(passes[-1].due.decided)
        except Exception:
            log.exception("unreadable_schedule", trigger_id=str(row.trigger_id))
            faulty.append(key)
    return passes, faulty


async def _let_others(turn: float) -> float:
    """Give other jobs theirs if ours has been long; since when it is ours again."""
    if time.monotonic() - turn <= _SLICE_S:
        return turn
    await asyncio.sleep(0)
    return time.monotonic()


async def _schedules_of(rows: Sequence[ScheduleRow]) -> tuple[dict[Key, Schedule], list[Key]]:
    known: dict[Key, Schedule] = {}
    faulty: list[Key] = []
    turn = time.monotonic()
    for row in rows:
        turn = await _let_others(turn)
        key = Key(row.trigger_id, row.epoch)
        try:
            known[key] = schedule_of(row.config)
        except Exception:
            log.exception("unreadable_schedule", trigger_id=str(row.trigger_id))
            faulty.append(key)
    return known, faulty


async def _dates_of(known: Sequence[Schedule], now: datetime) -> Mapping[UUID, Dates]:
    """The days that their calendars hold of the time in which something may have been due. A day of
    a schedule's zone is one of its neighbours in UTC, at most."""
    wanted = {use.calendar_id for schedule in known for use in schedule.calendars}
    if not wanted:
        return {}
    first, last = now - LOOKS_BACK - timedelta(days=2), now + timedelta(days=2)
    return await calendars.dates_of_all(wanted, first.date(), last.date())


def _due(row: ScheduleRow, schedule: Schedule, dates: Mapping[UUID, Dates], now: datetime) -> _Pass:
    paused = None if row.enabled else "trigger_disabled"
    if row.deleted:
        paused = "trigger_deleted"
    epoch = Epoch(row.trigger_id, schedule, row.since, row.until_at, dates, paused)
    due = due_slots(epoch, now)
    if due.passed_over:
        log.warning(
            "slots_passed_over",
            trigger_id=str(row.trigger_id),
            since=row.since.isoformat(),
            until=due.decided[0].occurrence.at.isoformat() if due.decided else now.isoformat(),
        )
    return _Pass(row, schedule, due)


def _progress(each: _Pass) -> Progress:
    due = each.due
    return Progress(each.key, due.last_slot, due.next_slot, due.next_due_at)


async def _slots_of(
    passes: Sequence[_Pass], now: datetime
) -> tuple[list[NewSlot], dict[UUID, list[OpenSlot]]]:
    """The slots as they go on record; and by those that fire, those that they supersede."""
    asking = {
        each.row.trigger_id
        for each in passes
        if each.schedule.overlap != "allow" and any(d.state == "fire" for d in each.due.decided)
    }
    running = await running_slots(list(asking), now)
    made: list[NewSlot] = []
    replaced: dict[UUID, list[OpenSlot]] = {}
    for each in passes:
        trigger_id = each.row.trigger_id
        turns = _Turns(each, running.get(trigger_id, Running()), now)
        for decision in each.due.decided:
            turns.take(decision)
        made += turns.made.values()
        replaced |= turns.replaced
        # The next epoch of the same trigger may have something due, too.
        running[trigger_id] = turns.running
    return made, replaced


class _Turns:
    """The slots of one epoch, taken one after the other: whether one may run depends on what runs,
    and what was decided about the ones before it."""

    def __init__(self, of: _Pass, running: Running, now: datetime) -> None:
        self._of = of
        self._now = now
        self.running = running
        self.made: dict[UUID, NewSlot] = {}
        self.replaced: dict[UUID, list[OpenSlot]] = {}

    def take(self, decision: SlotDecision) -> None:
        """Add one slot."""
        if decision.state != "fire":
            self._make(decision, decision.state, decision.reason)
            return
        policy = self._of.schedule.overlap
        action = decide_overlap(policy, bool(self.running.slots), self.running.waiting)
        if action == "skip":
            self._make(decision, "skipped", "overlap")
        elif action == "wait":
            self._make(decision, "waiting")
            self.running = replace(self.running, waiting=True)
        else:
            self._fire(self._make(decision, "fired"), cancels=action == "cancel_and_fire")

    def _fire(self, slot: NewSlot, *, cancels: bool) -> None:
        event = slot_event(slot.id, slot.scheduled_for, self._of.schedule, slot.catch_up, self._now)
        self.made[slot.id] = replace(slot, event=event)
        if cancels:
            self.replaced = {slot.id: [old for old in self.running.slots if not self._undo(old)]}
        opened = OpenSlot(slot.id, slot.team_id, slot.trigger_id, slot.state, event.id)
        self.running = replace(self.running, slots=(*self.running.slots, opened))

    def _undo(self, old: OpenSlot) -> bool:
        """Whether a slot that is to be ended was to begin just now: then it does not begin."""
        if old.id not in self.made:
            return False
        self.made[old.id] = replace(
            self.made[old.id], state="skipped", reason="overlap", catch_up=None, event=None
        )
        return True

    def _make(self, decision: SlotDecision, state: str, reason: str | None = None) -> NewSlot:
        row, occurrence = self._of.row, decision.occurrence
        slot = NewSlot(
            id=slot_id(row.trigger_id, row.epoch, occurrence.at),
            team_id=row.team_id,
            trigger_id=row.trigger_id,
            epoch=row.epoch,
            scheduled_for=occurrence.at,
            due_at=decision.due_at,
            change=occurrence.change,
            state=state,
            reason=reason,
            catch_up=decision.catch_up if state in ("fired", "waiting") else None,
        )
        self.made[slot.id] = slot
        return slot
