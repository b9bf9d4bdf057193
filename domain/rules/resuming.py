"""Switching a schedule on again: which of the slots that came due meanwhile run after all."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol, TypeVar

from domain.errors import InvalidInput
from domain.rules.schedules.catch_up import CatchUp

ResumeChoice = Literal["policy", "latest", "all", "none"]
CHOICES: tuple[ResumeChoice, ...] = ("policy", "latest", "all", "none")


def resume_choice(text: object, field: str = "catch_up") -> ResumeChoice:
    """The choice of this name. Raises InvalidInput at `field`."""
    found = next((each for each in CHOICES if each == text), None)
    if found is None:
        raise InvalidInput.at(field, f"must be one of {', '.join(CHOICES)}")
    return found


MOST_AT_ONCE = 100
"""More than these are a backfill, which has a rate."""
MOST_LOOKED_AT = 1_000
LOOKS_BACK = timedelta(days=30)
LEFT_PAUSED = "left_paused"
"""The reason of a paused slot when its trigger was switched on, and nothing was run for it."""

# Only a trigger that is on comes to these.
_ONLY_WHEN_ON = frozenset({"fired", "late", "waiting"})
_SKIPPED_WHEN_ON = frozenset({"overlap", "catch_up"})


class OnRecord(Protocol):
    """A slot as it is on record."""

    @property
    def scheduled_for(self) -> datetime:
        """Its instant."""
        ...

    @property
    def due_at(self) -> datetime:
        """The same with its jitter."""
        ...

    @property
    def state(self) -> str:
        """What became of it."""
        ...

    @property
    def reason(self) -> str | None:
        """Why."""
        ...


Slot = TypeVar("Slot", bound=OnRecord)


def paused_since_off(newest_first: Iterable[Slot]) -> list[Slot]:
    """The slots that came due while the trigger was off, this time: those paused since the last one
    that only a trigger that is on comes to, or that was left paused before. Oldest first."""
    found: list[Slot] = []
    for slot in newest_first:
        if (
            slot.state in _ONLY_WHEN_ON
            or slot.reason == LEFT_PAUSED
            or (slot.state == "skipped" and slot.reason in _SKIPPED_WHEN_ON)
        ):
            break
        if slot.state == "paused":
            found.append(slot)
    return found[::-1]


def to_run(
    paused: Sequence[Slot], choice: ResumeChoice, policy: CatchUp, now: datetime
) -> list[Slot]:
    """Those that run, oldest first. The trigger's policy counts with its window; somebody who says
    "the latest" or "all" (the newest 100) means it however long ago that was."""
    if choice == "policy":
        return _by_policy(paused, policy, now)
    most = {"none": 0, "latest": 1, "all": MOST_AT_ONCE}[choice]
    return list(paused[max(0, len(paused) - most) :])


def _by_policy(paused: Sequence[Slot], policy: CatchUp, now: datetime) -> list[Slot]:
    """None of them is on time, however short a while ago it was due: all were due while the trigger
    was off."""
    window = timedelta(seconds=policy.window_s)
    within = [each for each in paused if now - each.due_at <= window]
    return within[max(0, len(within) - policy.allows) :]


@dataclass(frozen=True, slots=True)
class Beyond:
    """How many of the paused slots the policy does not run: for their age, and for their number."""

    too_old: int
    too_many: int


def beyond_policy(paused: Sequence[Slot], policy: CatchUp, now: datetime) -> Beyond:
    """What the policy leaves out."""
    window = timedelta(seconds=policy.window_s)
    too_old = sum(now - each.due_at > window for each in paused)
    return Beyond(too_old, len(paused) - too_old - len(_by_policy(paused, policy, now)))
