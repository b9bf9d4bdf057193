"""The clock process: everything that must happen although nobody rings.

Any number of clocks may run at once: each job claims its rows, or is one atomic statement, or
does no harm twice.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta

import uvloop

from domain.closing import close_in_time
from domain.coordination.live_feed import LiveFeed
from domain.errors import BadSettings
from domain.logs import configure_logs, logger
from domain.operations.end_overdue import end_overdue
from domain.operations.fire_slots import SlotFirer
from domain.operations.keep_gates import GateKeeper, remove_idle_gates
from domain.operations.keep_zone_data import keep_zone_data
from domain.operations.measure_slots import measure_slots
from domain.operations.release_backfills import release_backfills
from domain.operations.sweep import Turns, sweep, sweep_chains, sweep_shadows
from domain.operations.sweep_backtests import sweep_backtests
from domain.operations.switch_off_failing import switch_off_failing
from domain.settings import Settings, read_settings
from domain.store import (
    backtests,
    events,
    limit_trials,
    partitions,
    refused_requests,
    sessions,
    tallies,
)
from domain.store.database import close_pool, open_pool
from domain.store.readiness import database_clock
from tasks.bell import Bell
from tasks.breakers import BreakerJobs
from tasks.bulk_jobs import bulk_jobs
from tasks.lanes import LaneJobs
from tasks.ledger import LedgerJobs
from tasks.priority import stand_behind_the_door

SWEEP_EVERY_S = 0.5
GATES_EVERY_S = 0.25
BACKTESTS_EVERY_S = 2.0
BACKFILLS_EVERY_S = 0.5
OVERDUE_EVERY_S = 1.0
FAILING_EVERY_S = 3.0
MEASURE_EVERY_S = 1.0
MEASURE_OLD_EVERY_S = 30.0
FOLD_EVERY_S = 3.0
FORGET_EVERY_S = 60.0
FORGET_COUNTS_EVERY_S = 3600.0
PARTITIONS_EVERY_S = 3600.0
ZONE_DATA_EVERY_S = 3600.0
AFTER_FAILURE_S = 0.5
REFUSED_KEPT = timedelta(days=30)
# A year of days is what the ledger shows.
COUNTS_KEPT = timedelta(days=400)
MOST_FORGOTTEN = 5_000
POOL_SIZE = 6
STOP_WITHIN_S = 3.0
CLOSE_WITHIN_S = 1.0

log = logger(__name__)

Job = Callable[[], Awaitable[object]]


def _jobs(bell: Bell, feed: LiveFeed) -> dict[str, tuple[float, Job]]:
    """Each job with its period in seconds."""
    turns, gates = Turns(), GateKeeper(bell.ring_executions)
    return {
        "sweep": (
            SWEEP_EVERY_S,
            lambda: sweep(bell.ring_events, bell.ring_executions, turns=turns),
        ),
        "open_gates": (GATES_EVERY_S, gates.let_in),
        "remove_idle_gates": (FORGET_EVERY_S, remove_idle_gates),
        "sweep_chains": (SWEEP_EVERY_S, lambda: sweep_chains(bell.ring_events)),
        "sweep_shadows": (SWEEP_EVERY_S, lambda: sweep_shadows(bell.ring_shadows)),
        "sweep_backtests": (BACKTESTS_EVERY_S, lambda: sweep_backtests(bell.ring_backtests)),
        "end_overdue": (OVERDUE_EVERY_S, lambda: end_overdue(feed.nudge)),
        "switch_off_failing": (
            FAILING_EVERY_S,
            lambda: switch_off_failing(bell.ring_events, feed.nudge),
        ),
        "measure_slots": (MEASURE_EVERY_S, lambda: _measure_slots(bell, feed)),
        "measure_old_slots": (MEASURE_OLD_EVERY_S, lambda: _measure_slots(bell, feed, old=True)),
        "release_backfills": (BACKFILLS_EVERY_S, lambda: _release_backfills(bell, feed)),
        "zone_data": (ZONE_DATA_EVERY_S, keep_zone_data),
        "fold_tallies": (FOLD_EVERY_S, tallies.fold),
        "forget_sender_ids": (FORGET_EVERY_S, _forget_sender_ids),
        "forget_sessions": (FORGET_EVERY_S, _forget_sessions),
        "forget_refused": (FORGET_EVERY_S, _forget_refused),
        "forget_backtests": (FORGET_EVERY_S, _forget_backtests),
        "forget_counts": (FORGET_COUNTS_EVERY_S, _forget_counts),
        "partitions": (PARTITIONS_EVERY_S, _keep_partitions),
    }


async def _forget_sender_ids() -> None:
    while await events.forget_expired_sender_ids(MOST_FORGOTTEN) == MOST_FORGOTTEN:
        pass


async def _forget_sessions() -> None:
    await sessions.delete_expired_sessions(MOST_FORGOTTEN)


async def _forget_refused() -> None:
    kept_since = await database_clock() - REFUSED_KEPT
    await refused_requests.forget_refused(kept_since, MOST_FORGOTTEN)


async def _forget_backtests() -> None:
    await backtests.forget_those_of_deleted_triggers(MOST_FORGOTTEN)
    await limit_trials.forget_those_of_deleted_triggers(MOST_FORGOTTEN)


async def _forget_counts() -> None:
    kept_since = await database_clock() - COUNTS_KEPT
    while await tallies.forget(kept_since, MOST_FORGOTTEN) == MOST_FORGOTTEN:
        pass


async def _keep_partitions() -> None:
    # By the database's clock: one of ours that is a year ahead would drop all that there is.
    now = await database_clock()
    await partitions.make_partitions(now)
    for name in await partitions.drop_old_partitions(now):
        log.info("partition_dropped", partition=name)
    astray = {
        name: rows for name, rows in (await partitions.rows_outside_partitions()).items() if rows
    }
    if astray:
        log.error("rows_outside_partitions", tables=astray)


async def _measure_slots(bell: Bell, feed: LiveFeed, *, old: bool = False) -> None:
    seen = await measure_slots(old=old)
    bell.ring_events(seen.event_ids)
    for team_id, trigger_id in seen.changed:
        feed.nudge(team_id, "slots", f"trigger:{trigger_id}")


async def _release_backfills(bell: Bell, feed: LiveFeed) -> None:
    for released in await release_backfills():
        one = released.backfill
        bell.ring_events(released.event_ids)
        topics = f"backfill:{one.id}", f"backfills:{one.trigger_id}", f"trigger:{one.trigger_id}"
        feed.nudge(one.team_id, "slots", "events", *topics)


async def _fire_slots(firer: SlotFirer) -> None:
    """Fire for ever, each slot as soon as it is due."""
    while True:
        try:
            rest_s = await firer.fire()
        except Exception as failure:  # noqa: BLE001 - whatever it was, the next pass may succeed
            log.warning("clock_job_failed", job="fire_slots", error=repr(failure))
            rest_s = AFTER_FAILURE_S
        await asyncio.sleep(rest_s)


async def _repeat(name: str, period_s: float, job: Job) -> None:
    """Run a job for ever. A failure is logged, and the job runs again at its next time."""
    while True:
        try:
            await job()
        except Exception as failure:  # noqa: BLE001 - whatever it was, the next time may succeed
            log.warning("clock_job_failed", job=name, error=repr(failure))
        await asyncio.sleep(period_s)


async def run_clock(settings: Settings, stop: asyncio.Event) -> None:
    """Run all jobs until `stop` is set."""
    stand_behind_the_door()
    await open_pool(POOL_SIZE)
    bell = Bell(settings.redis_url)
    bell.start()
    feed = LiveFeed(settings.redis_url)
    await feed.start()
    ledger = LedgerJobs(settings, feed)
    await ledger.start()
    breakers = BreakerJobs(settings, bell, feed)
    lanes = LaneJobs(settings, bell, feed)
    await lanes.start()
    with contextlib.suppress(Exception):
        # Before anything fires: after a week without a clock even today has no partition.
        await partitions.make_partitions(await database_clock())
    jobs = {
        **_jobs(bell, feed),
        **bulk_jobs(bell, feed),
        **ledger.jobs(),
        **breakers.jobs(),
        **lanes.jobs(),
    }
    tasks = [asyncio.create_task(_repeat(name, *job)) for name, job in jobs.items()]
    tasks.append(asyncio.create_task(_fire_slots(SlotFirer(bell.ring_events, feed.nudge))))
    log.info("clock_started")
    await stop.wait()
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks, timeout=STOP_WITHIN_S)
    with contextlib.suppress(Exception):
        await close_in_time(ledger, breakers, lanes, bell, feed, within_s=CLOSE_WITHIN_S)
    await close_pool()  # which ends what still waits for an answer of the database


async def _main(settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await run_clock(settings, stop)


def main() -> None:
    """Entry point of the Procfile's `clock`."""
    try:
        settings = read_settings(os.environ)
    except BadSettings as bad:
        sys.exit(f"The settings need mending:\n{bad}")
    configure_logs("clock", settings.log_level)
    uvloop.run(_main(settings))


if __name__ == "__main__":
    main()
