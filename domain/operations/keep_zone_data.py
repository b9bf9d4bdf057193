"""After an update of the time zones, work out anew when schedules are due next.

Only what is to come: a slot on record was due when it was due. Its id is made of its instant, so
one that a zone's new rule moves is another slot.
"""

from domain.logs import logger
from domain.operations.record_slots import UNREADABLE, UNREADABLE_FOR_S, schedule_of
from domain.rules.due_slots import Epoch
from domain.rules.schedules.zones import TZDATA
from domain.store import schedules
from domain.store.database import transaction
from domain.store.schedules import Key, Progress, ScheduleRow

# Each takes a moment to work out, and slots come due in this process meanwhile.
MOST_A_PASS = 100

log = logger(__name__)


async def keep_zone_data() -> int:
    """Work out the next slot of every schedule that was worked out with other zone data; how many
    those were. What a clock is at just now is left to the next time."""
    done, last = 0, None
    while True:
        async with transaction():
            await schedules.bound_transaction()
            keys = await schedules.lock_other_zone_data(TZDATA, last, MOST_A_PASS)
            await _work_out(await schedules.rows_of(keys))
        done += len(keys)
        if len(keys) < MOST_A_PASS:
            break
        last = keys[-1]
    if done:
        log.info("zone_data_updated", schedules=done, tzdata=TZDATA)
    return done


async def _work_out(rows: list[ScheduleRow]) -> None:
    progress: list[Progress] = []
    for row in rows:
        key = Key(row.trigger_id, row.epoch)
        try:
            epoch = Epoch(row.trigger_id, schedule_of(row.config), row.since, row.until_at, {})
            following = epoch.after(row.since)
        except Exception:
            log.exception("unreadable_schedule", trigger_id=str(row.trigger_id))
            await schedules.put_off([key], UNREADABLE, UNREADABLE_FOR_S)
            continue
        progress.append(
            Progress(
                key,
                row.since,
                following.occurrence.at if following else None,
                following.due_at if following else None,
            )
        )
    await schedules.save_progress(progress, TZDATA)
