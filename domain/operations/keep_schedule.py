"""Keep the epochs of a schedule: each edit of it ends one and begins the next.

Slots belong to the epoch in which they were due, so an edit neither repeats one nor hides one: what
the present epoch had due is put on record yet, as it was meant then.
"""

from uuid import UUID

from domain.errors import InvalidInput
from domain.operations.fire_slots import bring_up_to_date
from domain.operations.record_slots import schedule_of
from domain.rules.due_slots import Epoch
from domain.rules.schedules.schedule import Schedule
from domain.rules.schedules.zones import TZDATA
from domain.store import schedules
from domain.store.schedules import Progress, Quotas
from domain.store.triggers import TriggerRow

_FIELDS = {"cron": "config.cron", "every": "config.every", "once": "config.at"}


async def keep_schedule(row: TriggerRow, *, changed: bool) -> None:
    """Have a schedule trigger's present version in force: `changed` says that its config is another
    than before. Within the transaction that saved the trigger, which is locked.

    Raises InvalidInput when the team may have no more schedules, none whose slots lie so close, or
    when its last slot came due while it was being saved: nothing would ever tell of that one.
    """
    if row.kind != "schedule":
        return
    present = await schedules.lock_present(row.team_id, row.id)
    if present is not None and not changed:
        return
    schedule = schedule_of(row.config)
    quotas = await schedules.lock_quotas(row.team_id)
    if present is None:
        _check_number(quotas)
        begins_at = await schedules.now()
    else:
        begins_at = await schedules.end_epoch(row.team_id, row.id) or await schedules.now()
    _check_interval(schedule, quotas, schedule.shortest_gap_s(begins_at))
    key = await schedules.begin_epoch(row.team_id, row.id, row.version_id, begins_at, TZDATA)
    first = Epoch(row.id, schedule, begins_at, None, {}).after(begins_at)
    if first is None:
        raise InvalidInput.at(_end_of(schedule), "is in the past")
    due = Progress(key, begins_at, first.occurrence.at, first.due_at)
    await schedules.save_progress([due], TZDATA)


def _field_of(schedule: Schedule) -> str:
    return _FIELDS.get(schedule.form, "config.instants")


def _end_of(schedule: Schedule) -> str:
    return "config.ends_at" if schedule.ends_at else _field_of(schedule)


def _check_number(quotas: Quotas) -> None:
    if quotas.schedules >= quotas.most_schedules:
        most = f"{quotas.most_schedules:,}"
        raise InvalidInput.at("kind", f"your team may have {most} schedules, and has as many")


def _check_interval(schedule: Schedule, quotas: Quotas, gap_s: float | None) -> None:
    shortest = quotas.shortest_interval_s
    if gap_s is not None and gap_s < shortest:
        raise InvalidInput.at(
            _field_of(schedule),
            f"comes due {gap_s:g} seconds apart; the shortest interval of your team's schedules is "
            f"{shortest:,} seconds",
        )


async def end_schedule(team_id: UUID, trigger_id: UUID) -> None:
    """Nothing of the trigger is due any more from now on. Within the transaction that deletes it,
    and before it does."""
    await bring_up_to_date(team_id, trigger_id)
    await schedules.end_epoch(team_id, trigger_id)
