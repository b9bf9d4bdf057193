"""What becomes of slots that nobody could run in time: after a pause, or an outage."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from domain.rules.schedules.occurrences import Occurrence

CatchUpPolicy = Literal["none", "latest", "all"]

ON_TIME_S = 60
"""How long after its due moment a slot still counts as on time."""


@dataclass(frozen=True, slots=True)
class CatchUp:
    """Which overdue slots run after all: those due at most `window_s` ago, and of these none, the
    latest, or the `most` latest."""

    policy: CatchUpPolicy = "latest"
    most: int = 10
    window_s: int = 3_600

    @property
    def allows(self) -> int:
        """How many overdue slots it runs at the most."""
        return {"none": 0, "latest": 1, "all": self.most}[self.policy]


class Overdue(NamedTuple):
    """An occurrence whose moment has come: `due_at` is its instant with its jitter."""

    occurrence: Occurrence
    due_at: datetime


class Fire(NamedTuple):
    """It runs: on time (`catch_up` None), or late, by that policy."""

    overdue: Overdue
    catch_up: Literal["latest", "all"] | None


class Skip(NamedTuple):
    """It does not run, because the schedule's owner wants it so."""

    overdue: Overdue
    reason: Literal["catch_up", "dst"]


class Missed(NamedTuple):
    """It does not run, and nobody wanted that: it was noticed too late to catch up."""

    overdue: Overdue


Decision = Fire | Skip | Missed


def decide_overdue(overdue: Sequence[Overdue], policy: CatchUp, now: datetime) -> list[Decision]:
    """What becomes of each, in the order given (oldest first).

    Calendars are asked before: what they do not allow must not be among `overdue`, or it would take
    the place of one that may run.
    """
    late = [each for each in overdue if _may_catch_up(each, policy, now)]
    chosen = frozenset(each.occurrence.at for each in late[max(0, len(late) - policy.allows) :])
    return [_decision(each, policy, chosen, now) for each in overdue]


def _decision(
    overdue: Overdue, policy: CatchUp, chosen: frozenset[datetime], now: datetime
) -> Decision:
    if overdue.occurrence.skipped:
        return Skip(overdue, overdue.occurrence.skipped)
    if _is_on_time(overdue, now):
        return Fire(overdue, None)
    if overdue.occurrence.at in chosen and policy.policy != "none":
        return Fire(overdue, policy.policy)
    return Skip(overdue, "catch_up") if _is_within(overdue, policy, now) else Missed(overdue)


def _may_catch_up(overdue: Overdue, policy: CatchUp, now: datetime) -> bool:
    return (
        overdue.occurrence.skipped is None
        and not _is_on_time(overdue, now)
        and _is_within(overdue, policy, now)
    )


def _is_on_time(overdue: Overdue, now: datetime) -> bool:
    return now - overdue.due_at <= timedelta(seconds=ON_TIME_S)


def _is_within(overdue: Overdue, policy: CatchUp, now: datetime) -> bool:
    return now - overdue.due_at <= timedelta(seconds=policy.window_s)
