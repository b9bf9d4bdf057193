"""Release the slots of backfills, each at the rate that was asked for.

Runs in the clock process. Any number of clocks may run it at once: a backfill is locked by one of
them, and its slots, their events and how far it is commit together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.logs import logger
from domain.operations.fire_slots import fire_again
from domain.rules.backfills import pace_of
from domain.store import backfills, schedules
from domain.store.backfills import Releasing
from domain.store.database import Unavailable, transaction

MOST_A_PASS = 50
FAILED_FOR_S = 60.0

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Released:
    """What went of one backfill: the events to ring for."""

    backfill: Releasing
    event_ids: Sequence[UUID]


async def release_backfills() -> list[Released]:
    """Let go of what is due of every backfill whose trigger is on; those of deleted triggers end.
    At most 50 a pass: what is left is due again at once."""
    done: list[Released] = []
    while len(done) < MOST_A_PASS and (one := await _release_next()) is not None:
        done.append(one)
    return done


async def _release_next() -> Released | None:
    found: Releasing | None = None
    try:
        async with transaction():
            # 1. A clock that freezes from here on is thrown out, and others go on with this one.
            await schedules.bound_transaction()
            # 2. Locked: another clock passes it over, and whoever cancels it waits.
            found = await backfills.lock_due()
            # 3. Slots, events and progress, or nothing of it.
            return None if found is None else await _release(found)
    except Unavailable:
        raise
    except Exception:
        if found is None:
            raise
        # 4. The others shall not wait for it.
        log.exception("backfill_failed", backfill_id=str(found.id))
        await backfills.put_off(found, FAILED_FOR_S)
        return Released(found, ())


async def _release(found: Releasing) -> Released:
    if found.deleted:
        await _end(found)
        return Released(found, ())
    return Released(found, await _let_go(found))


async def _let_go(found: Releasing) -> Sequence[UUID]:
    pace = pace_of(found.per_minute)
    slots = await backfills.take_waiting(found.team_id, found.id, pace.amount)
    event_ids = await fire_again(slots, "backfill", await schedules.now())
    await backfills.note_released(found, len(event_ids), pace.wait_s)
    if not await backfills.are_waiting(found.team_id, found.id):
        await backfills.finish(found)
    return event_ids


async def _end(found: Releasing) -> None:
    await backfills.cancel(found.team_id, found.id)
    await backfills.cancel_slots(found.team_id, found.id)
