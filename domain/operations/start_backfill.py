"""Start a backfill: slots of the past that are run after all, at a chosen rate."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.clock import utc_now
from domain.errors import Conflict, InvalidInput, NotFound
from domain.operations.record_slots import schedule_of
from domain.rules.backfills import (
    MOST_A_MINUTE,
    MOST_NOTE_CHARACTERS,
    WHICH,
    PastSlot,
    Which,
    check_range,
    past_slots,
    slots_between,
)
from domain.rules.checking import Problems
from domain.rules.ids import new_id
from domain.rules.permissions import EDIT_TRIGGERS, Actor
from domain.rules.schedules.occurrences import Occurrence
from domain.store import audit, backfills, schedules, triggers
from domain.store.backfills import NewBackfill
from domain.store.calendars import dates_of
from domain.store.database import transaction
from domain.store.schedules import ToCome
from domain.store.triggers import TriggerRow


class BackfillUnderWay(Conflict):
    """A backfill of this trigger has not ended yet. Wait for it, or cancel it."""


class SwitchedOff(Conflict):
    """This trigger is switched off: its events would start nothing. Switch it on first."""


@dataclass(frozen=True, slots=True)
class BackfillDraft:
    """Which slots to run, those from `since` to `until`: all of them, or only those that have not
    fired; so many a minute, and why."""

    since: datetime
    until: datetime
    per_minute: int = 60
    which: Which = "not_fired"
    note: str = ""


async def slots_of_range(row: TriggerRow, since: datetime, until: datetime) -> list[PastSlot]:
    """The slots that the schedule in force now has in a time of the past, oldest first, with what
    became of each; without those that the clocks have yet to come to, which would run twice. Raises
    InvalidInput (at `from`, `to`); Conflict for a trigger without a schedule."""
    if row.kind != "schedule":
        raise Conflict("Only a trigger with a schedule has slots.")
    check_range(since, until, utc_now())
    schedule = schedule_of(row.config)
    coming = await schedules.to_come(row.team_id, row.id)
    found = [each for each in slots_between(schedule, since, until) if _is_over(each, coming)]
    dates = await dates_of(row.team_id, [use.calendar_id for use in schedule.calendars])
    recorded = await backfills.recorded_slots(row.team_id, row.id, [each.at for each in found])
    return past_slots(schedule, found, dates, recorded)


def _is_over(occurrence: Occurrence, coming: Sequence[ToCome]) -> bool:
    """Whether it is on record by now, or never will be."""
    return not any(
        each.since <= occurrence.at and (each.until is None or occurrence.at <= each.until)
        for each in coming
    )


async def start_backfill(actor: Actor, trigger_id: UUID, draft: BackfillDraft) -> UUID:
    """The id of the backfill, whose slots the clock releases from now on.

    Raises InvalidInput (at `from`, `to`, `per_minute`, `which`, `note`), NotFound, and Conflict for
    a trigger that has no schedule, is switched off, or has a backfill under way.
    """
    actor.require(EDIT_TRIGGERS)
    _check(draft)
    async with transaction():
        seen = await triggers.lock_trigger(actor.team_id, trigger_id)
        if seen is None:
            raise NotFound
        slots = await slots_of_range(seen, draft.since, draft.until)
        if not seen.enabled:
            raise SwitchedOff
        if await backfills.is_running(actor.team_id, trigger_id):
            raise BackfillUnderWay
        new = await _add(actor, seen, draft, slots)
    return new.id


def _check(draft: BackfillDraft) -> None:
    problems = Problems()
    if not 1 <= draft.per_minute <= MOST_A_MINUTE:
        problems.add("per_minute", f"must be from 1 to {MOST_A_MINUTE}")
    if draft.which not in WHICH:
        problems.add("which", f"must be one of {', '.join(WHICH)}")
    if len(draft.note) > MOST_NOTE_CHARACTERS:
        problems.add("note", f"must have at most {MOST_NOTE_CHARACTERS} characters")
    problems.raise_any()


async def _add(
    actor: Actor, seen: TriggerRow, draft: BackfillDraft, slots: Sequence[PastSlot]
) -> NewBackfill:
    chosen = [each.occurrence for each in slots if each.chosen(draft.which)]
    if not chosen:
        raise InvalidInput.at("to", "leaves no slot to run")
    new = NewBackfill(
        id=new_id(),
        team_id=actor.team_id,
        trigger_id=seen.id,
        epoch=await backfills.present_epoch(actor.team_id, seen.id),
        since=draft.since,
        until=draft.until,
        per_minute=draft.per_minute,
        note=draft.note,
        created_by=actor.name,
    )
    await backfills.add_backfill(new, chosen)
    await audit.record(actor, "start", "backfill", new.id, after=_facts(new, draft, len(chosen)))
    return new


def _facts(new: NewBackfill, draft: BackfillDraft, slots: int) -> dict[str, Any]:
    return {
        "trigger_id": new.trigger_id,
        "from": new.since,
        "to": new.until,
        "which": draft.which,
        "slots": slots,
        "per_minute": new.per_minute,
        "note": new.note,
    }
