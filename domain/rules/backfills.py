"""Backfills: which slots of the past somebody may have run after all, and how fast."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

from domain.errors import InvalidInput
from domain.rules.checking import Problems
from domain.rules.schedules.calendars import Dates, suppressed_by
from domain.rules.schedules.occurrences import Occurrence
from domain.rules.schedules.schedule import Schedule

MOST_DAYS_BACK = 366
MOST_SLOTS = 5_000
MOST_A_MINUTE = 600
MOST_NOTE_CHARACTERS = 500

Which = Literal["not_fired", "all"]
WHICH: tuple[Which, ...] = ("not_fired", "all")

# What is on record of an instant, the most telling first: it has one row an epoch and backfill.
_TELLING = ("fired", "late", "waiting", "missed", "paused", "skipped")
_RAN = frozenset({"fired", "late", "waiting"})
_MINUTE_S = 60


class Recorded(NamedTuple):
    """What is on record of a slot."""

    scheduled_for: datetime
    state: str
    reason: str | None = None
    catch_up: str | None = None


@dataclass(frozen=True, slots=True)
class PastSlot:
    """A slot of the past: what the schedule in force now makes of it (`left_out`: why it would not
    run), and what is on record of it (None: nothing, since another schedule was in force then, or
    its time of 90 days is over)."""

    occurrence: Occurrence
    left_out: Literal["dst", "calendar"] | None
    recorded: Recorded | None

    @property
    def ran(self) -> bool:
        """Whether it has an event already, or is about to have one."""
        return self.recorded is not None and self.recorded.state in _RAN

    def chosen(self, which: Which) -> bool:
        """Whether it is among those to run: never what the schedule leaves out."""
        return self.left_out is None and (which == "all" or not self.ran)


def check_range(since: datetime, until: datetime, now: datetime) -> None:
    """Raises InvalidInput (at `from`, `to`) unless it is a time of the past that is not too long
    ago."""
    problems = Problems()
    if since < now - timedelta(days=MOST_DAYS_BACK):
        problems.add("from", f"must not be longer ago than {MOST_DAYS_BACK} days")
    if until > now:
        problems.add("to", "must not be in the future")
    if since > until:
        problems.add("to", "must not be earlier than from")
    problems.raise_any()


def slots_between(schedule: Schedule, since: datetime, until: datetime) -> list[Occurrence]:
    """The slots from `since` to `until`, both included. Raises InvalidInput (at `to`) for more than
    5,000."""
    found = schedule.between(since - timedelta(microseconds=1), until, MOST_SLOTS + 1)
    if len(found) > MOST_SLOTS:
        raise InvalidInput.at("to", f"leaves more than {MOST_SLOTS:,} slots: take a shorter time")
    return found


def past_slots(
    schedule: Schedule,
    found: Iterable[Occurrence],
    dates: Mapping[UUID, Dates],
    recorded: Sequence[Recorded],
) -> list[PastSlot]:
    """The slots with what is on record of them; `dates` are those of the schedule's calendars."""
    known: dict[datetime, Recorded] = {}
    for row in sorted(recorded, key=lambda each: -_TELLING.index(each.state)):
        known[row.scheduled_for] = row
    return [PastSlot(each, _left_out(schedule, each, dates), known.get(each.at)) for each in found]


def _left_out(
    schedule: Schedule, occurrence: Occurrence, dates: Mapping[UUID, Dates]
) -> Literal["dst", "calendar"] | None:
    if occurrence.skipped:
        return occurrence.skipped
    day = occurrence.wall.date()
    return "calendar" if suppressed_by(schedule.calendars, dates, day) else None


class Pace(NamedTuple):
    """How many slots go at once, and how long the next ones wait."""

    amount: int
    wait_s: float


def pace_of(per_minute: int) -> Pace:
    """The rate as steps of a second or longer: the clock looks about that often."""
    amount = math.ceil(per_minute / _MINUTE_S)
    return Pace(amount, amount * _MINUTE_S / per_minute)
