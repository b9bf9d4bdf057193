"""The shadow pass: judge decided events by the draft that runs beside their trigger, and count.

One transaction a pass: lock what waits, judge it (pure, no waiting), add to the counts, note what
the two disagree about, take the events out of the queue. Killed anywhere before the commit, nothing
happened; after it, everything has. It never runs within the transaction of a decision, and nothing
that fails here reaches one.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.logs import logger
from domain.pause_points import pause_at
from domain.rules.bodies import UnreadableBody
from domain.rules.conditions import Conditions, judge, read_conditions
from domain.rules.shadows import AGREED, Outcome, compared, counts_of, live_result
from domain.rules.subjects import subject_of
from domain.rules.traces import Result
from domain.store import shadows
from domain.store.database import Row, Unavailable, transaction
from domain.store.shadows import NewDisagreement

MOST_A_PASS = 200
MOST_BYTES = 4 * 1024 * 1024
MOST_CLEARED = 5_000
# So long a pass judges at a stretch before decisions and calls of this process have their turn,
SLICE_S = 0.005
# and so long in all: what is left then waits for another pass.
PASS_S = 0.5

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Judged:
    """What a pass did: how many events left the queue, and whose page changed by it."""

    events: int
    team_id: UUID | None = None
    trigger_id: UUID | None = None


async def judge_shadow(shadow_id: UUID) -> Judged:
    """Judge the events that wait longest for this shadow. For one that has ended, or whose trigger
    is deleted, they are let go of."""
    shadow = await shadows.draft_of(shadow_id)
    if shadow is None:
        return Judged(await shadows.clear_queue(shadow_id, MOST_CLEARED))
    await shadows.skip_overflow(shadow_id)
    try:
        events = await _pass(shadow, MOST_A_PASS)
    except Unavailable:
        raise
    except Exception:
        log.exception("shadow_pass_failed", shadow_id=str(shadow_id))
        events = await _with_care(shadow)
    return Judged(events, shadow["team_id"], shadow["trigger_id"])


async def _pass(shadow: Row, most: int, event_id: UUID | None = None) -> int:
    """Judge at most `most` events, or that one; how many left the queue."""
    conditions = _draft(shadow)
    async with transaction():
        taken = await shadows.take_waiting(shadow["id"], most, event_id)
        waiting = {row["event_id"]: row for row in taken}
        if not waiting:
            return 0
        rows = await shadows.events_to_judge(shadow["team_id"], list(waiting), MOST_BYTES)
        judged = await _judge(conditions, rows, waiting)
        gone = waiting.keys() - {row["id"] for row in rows}
        await _record(shadow, judged, len(gone))
        await shadows.leave_queue(shadow["id"], [*judged, *gone])
        await pause_at("shadow.before_commit")
    return len(judged) + len(gone)


def _draft(shadow: Row) -> Conditions | None:
    """The draft, or None when it cannot be read (any more): then every event is an error."""
    try:
        return read_conditions(shadow["conditions"])
    except Exception:
        log.exception("unreadable_draft", shadow_id=str(shadow["id"]))
        return None


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What both came to about an event."""

    outcome: Outcome
    live: Result
    draft: Result
    trigger_version: int


async def _judge(
    conditions: Conditions | None, rows: Sequence[Row], waiting: Mapping[UUID, Row]
) -> dict[UUID, _Verdict]:
    """Judge the events in order, as far as their bodies were loaded and the time reaches: the first
    one always."""
    judged: dict[UUID, _Verdict] = {}
    begun = turn = time.monotonic()
    for row in rows:
        now = time.monotonic()
        if row["body"] is None or (judged and now - begun > PASS_S):
            break
        if now - turn > SLICE_S:
            await asyncio.sleep(0)
            turn = time.monotonic()
        judged[row["id"]] = _verdict(conditions, row, waiting[row["id"]])
    return judged


def _verdict(conditions: Conditions | None, event: Row, waited: Row) -> _Verdict:
    live, version = live_result(waited["verdict"]), waited["trigger_version"]
    draft: Result = "error"
    if conditions is not None:
        try:
            draft = judge(conditions, subject_of(event, version)).result
        except UnreadableBody:
            pass
        except Exception:
            log.exception("shadow_judging_failed", event_id=str(event["id"]))
    return _Verdict(compared(live, draft), live, draft, version)


async def _record(shadow: Row, judged: Mapping[UUID, _Verdict], gone: int) -> None:
    counts = counts_of(Counter(one.outcome for one in judged.values()), skipped=gone)
    if await shadows.add_counts(shadow["id"], counts) == 0:
        return  # it ended meanwhile
    await shadows.add_disagreements(
        shadow,
        [
            NewDisagreement(event_id, one.outcome, one.live, one.draft, one.trigger_version)
            for event_id, one in judged.items()
            if one.outcome not in AGREED
        ],
    )


async def _with_care(shadow: Row) -> int:
    """After a pass that failed: one event at a time, so that those that it fails on are found, and
    counted as errors of the draft; how many events left the queue."""
    done = given_up = 0
    end = time.monotonic() + PASS_S
    for row in await shadows.take_waiting(shadow["id"], MOST_A_PASS):
        try:
            done += await _pass(shadow, 1, row["event_id"])
        except Unavailable:
            raise
        except Exception:  # noqa: BLE001 - logged when the whole pass failed by it
            given_up += await _give_up(shadow, row["event_id"])
        if time.monotonic() > end:
            break
    log.error("shadow_events_given_up", shadow_id=str(shadow["id"]), events=given_up)
    return done + given_up


async def _give_up(shadow: Row, event_id: UUID) -> int:
    """Count an event as an error, unjudged."""
    async with transaction():
        left = await shadows.leave_queue(shadow["id"], [event_id])
        await shadows.add_counts(shadow["id"], counts_of({"error": left}))
    return left
