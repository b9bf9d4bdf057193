"""What becomes of the instants at which a schedule was due, up to now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

from domain.rules.schedules.calendars import Dates, suppressed_by
from domain.rules.schedules.catch_up import Fire, Missed, Overdue, decide_overdue
from domain.rules.schedules.jitter import jitter_of
from domain.rules.schedules.occurrences import Occurrence
from domain.rules.schedules.schedule import Schedule

MOST_A_PASS = 500
LOOKS_BACK = timedelta(days=30)
"""What was due longer ago is not put on record slot by slot: whoever was away for so long wants to
go on, not to read a hundred thousand lines that all say the same."""

TOO_LATE = "catch_up_window"
"""The reason of a slot that came to light when it was too late to catch up on it."""

_FIRST_LOOK = timedelta(hours=1)
_MOST_LATER = 20_000

SlotState = Literal["fire", "skipped", "paused", "missed"]


class SlotDecision(NamedTuple):
    """What becomes of one slot. `fire` still has to ask whether the last one runs yet."""

    occurrence: Occurrence
    due_at: datetime
    state: SlotState
    reason: str | None = None
    catch_up: Literal["latest", "all"] | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """The slots to put on record, oldest first; up to where the schedule then is on record; and
    when it is due next (None: not in this epoch any more).

    `passed_over` says that there were slots longer ago than anyone looks back.
    """

    decided: list[SlotDecision]
    last_slot: datetime
    next_slot: datetime | None
    next_due_at: datetime | None
    passed_over: bool = False


@dataclass(frozen=True, slots=True)
class Epoch:
    """A schedule as it is in force from `since` (exclusive) to `until` (inclusive; None: still),
    with the days that its calendars hold, and why it is paused, if it is."""

    trigger_id: UUID
    schedule: Schedule
    since: datetime
    until: datetime | None
    dates: Mapping[UUID, Dates]
    paused: str | None = None

    def after(self, instant: datetime) -> Overdue | None:
        """The first slot after an instant, with its jitter, as long as this epoch is in force."""
        occurrence = self.schedule.after(instant)
        if occurrence is None or (self.until is not None and occurrence.at > self.until):
            return None
        return self._with_jitter(occurrence)

    def _with_jitter(self, occurrence: Occurrence) -> Overdue:
        jitter = jitter_of(self.trigger_id, occurrence.at, self.schedule.jitter_s)
        return Overdue(occurrence, occurrence.at + jitter)

    def between(self, start: datetime, now: datetime) -> list[Overdue]:
        """The slots after `start` that were due by `now`."""
        end = now if self.until is None else min(now, self.until)
        found = map(self._with_jitter, self.schedule.between(start, end, _MOST_LATER))
        return [each for each in found if each.due_at <= now]

    def suppressed(self, occurrence: Occurrence) -> str | None:
        """Why a slot does not run whatever else is so: its clock's policy, or a calendar."""
        if occurrence.skipped:
            return occurrence.skipped
        day = occurrence.wall.date()
        if suppressed_by(self.schedule.calendars, self.dates, day) is not None:
            return "calendar"
        return None


def due_slots(epoch: Epoch, now: datetime, most: int = MOST_A_PASS) -> Due:
    """What becomes of the oldest `most` slots that are due by `now`. With more of them left, the
    next one is due in the past, and the next pass goes on there."""
    since = max(epoch.since, now - LOOKS_BACK)
    found: list[Overdue] = []
    following = epoch.after(since)
    while following is not None and following.due_at <= now and len(found) < most:
        found.append(following)
        following = epoch.after(following.occurrence.at)
    return Due(
        decided=_decide(epoch, found, following, now),
        last_slot=found[-1].occurrence.at if found else since,
        next_slot=following.occurrence.at if following else None,
        next_due_at=following.due_at if following else None,
        passed_over=_passes_over(epoch, since),
    )


def _passes_over(epoch: Epoch, since: datetime) -> bool:
    first = epoch.after(epoch.since) if since > epoch.since else None
    return first is not None and first.occurrence.at <= since


def _decide(
    epoch: Epoch, found: Sequence[Overdue], following: Overdue | None, now: datetime
) -> list[SlotDecision]:
    reasons = {each: epoch.suppressed(each.occurrence) for each in found}
    runnable = [each for each in found if reasons[each] is None]
    if epoch.paused is not None:
        ran = {each: SlotDecision(*each, "paused", epoch.paused) for each in runnable}
    else:
        later = _newest(epoch, found[-1].occurrence.at, now) if _goes_on(following, now) else []
        ran = _caught_up(epoch.schedule, runnable, later, now)
    return [
        ran[each] if reason is None else SlotDecision(*each, "skipped", reason)
        for each, reason in reasons.items()
    ]


def _goes_on(following: Overdue | None, now: datetime) -> bool:
    return following is not None and following.due_at <= now


def _newest(epoch: Epoch, after: datetime, now: datetime) -> list[Overdue]:
    """The newest slots of those after an instant, so many that nothing older could be among those
    to catch up on: the policy takes the newest, so what comes later decides about what is earlier.
    """
    policy = epoch.schedule.catch_up
    wanted = policy.most if policy.policy == "all" else 1
    look = _FIRST_LOOK
    while True:
        start = max(after, now - look)
        newest = _runnable(epoch, epoch.between(start, now))
        late = sum(1 for each in newest if not _is_on_time(epoch, each, now))
        if late >= wanted or start == after or look.total_seconds() > policy.window_s:
            return newest
        look *= 4


def _runnable(epoch: Epoch, slots: Iterable[Overdue]) -> list[Overdue]:
    return [each for each in slots if epoch.suppressed(each.occurrence) is None]


def _is_on_time(epoch: Epoch, slot: Overdue, now: datetime) -> bool:
    decision = decide_overdue([slot], epoch.schedule.catch_up, now)[0]
    return isinstance(decision, Fire) and decision.catch_up is None


def _caught_up(
    schedule: Schedule, runnable: Sequence[Overdue], later: Sequence[Overdue], now: datetime
) -> dict[Overdue, SlotDecision]:
    decisions = decide_overdue([*runnable, *later], schedule.catch_up, now)
    ran: dict[Overdue, SlotDecision] = {}
    for each, decision in zip(runnable, decisions, strict=False):
        if isinstance(decision, Fire):
            ran[each] = SlotDecision(*each, "fire", None, decision.catch_up)
        elif isinstance(decision, Missed):
            ran[each] = SlotDecision(*each, "missed", TOO_LATE)
        else:
            ran[each] = SlotDecision(*each, "skipped", decision.reason)
    return ran
