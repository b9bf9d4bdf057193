"""Comparing the slots on record with those that a schedule asked for.

What was asked for is worked out by `schedules/expected.py`, which shares nothing with the path that
fires: so a fault of the one shows as a difference from the other.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from domain.rules.schedules.expected import expected

PATIENCE = timedelta(seconds=120)
LONGEST = timedelta(days=1)
AT_MOST_AHEAD = timedelta(days=1)
# What comes due each minute need not be worked out for a whole day to find its next slot.
_FIRST_LOOK_AHEAD = timedelta(minutes=10)
OFTEN_ENOUGH = timedelta(seconds=60)
# What lies further back is not put on record one by one.
FORGOTTEN_AFTER = timedelta(days=30)
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Epoch:
    """What of an epoch of a schedule matters here. `next_slot` is what the clock comes to next."""

    config: Mapping[str, Any]
    audited_until: datetime
    until_at: datetime | None
    next_slot: datetime | None

    @property
    def jitter(self) -> timedelta:
        """How long after its instant a slot may come due."""
        return timedelta(seconds=int(self.config.get("jitter_s", 0)))

    @property
    def window(self) -> timedelta:
        """For how long the catch-up policy may still run a slot that was not run in time."""
        return timedelta(seconds=int(self.config.get("catch_up_window_s", 3600)))


@dataclass(frozen=True, slots=True)
class Stretch:
    """What is to be audited now: (since, until]. `last`: then the epoch is audited to its end."""

    since: datetime
    until: datetime
    last: bool
    whole: bool
    """Whether nothing more could be audited now."""


def stretch_of(epoch: Epoch, now: datetime) -> Stretch:
    """What can be audited of the epoch: up to two minutes ago.

    What the clock has not come to yet is its own to decide: after an outage the catch-up policy
    says what becomes of it. Once the policy's window has passed, nothing could run it any more.
    """
    settled = now - epoch.jitter - PATIENCE
    if epoch.next_slot is not None and epoch.next_slot <= settled:
        settled = max(epoch.next_slot - _INSTANT, settled - epoch.window)
    end = settled if epoch.until_at is None else min(settled, epoch.until_at)
    since = max(epoch.audited_until, now - FORGOTTEN_AFTER)
    until = max(min(end, since + LONGEST), since)
    # Later than its end: it was over before what anyone looks back to began.
    last = epoch.until_at is not None and until >= epoch.until_at
    return Stretch(since, until, last, until >= end)


@dataclass(frozen=True, slots=True)
class Found:
    """Where the record differs: instants without a row, and rows without reason."""

    missing: list[datetime]
    unexpected: list[datetime]
    agreed: int


def compare(config: Mapping[str, Any], stretch: Stretch, on_record: Collection[datetime]) -> Found:
    """The differences within the stretch."""
    asked, known = expected(config, stretch.since, stretch.until), set(on_record)
    return Found(
        missing=[each for each in asked if each not in known],
        unexpected=sorted(known.difference(asked)),
        agreed=len(known.intersection(asked)),
    )


def next_audit(epoch: Epoch, stretch: Stretch, now: datetime) -> datetime | None:
    """When to look again: when the next slot is two minutes past; at most a day ahead, since what
    is far away costs nothing to look for then. None: never."""
    if stretch.last:
        return None
    if not stretch.whole:
        return now
    ahead = _first_expected(epoch.config, stretch.until)
    if epoch.until_at is not None:
        ahead = min(ahead, epoch.until_at)
    return max(ahead + epoch.jitter + PATIENCE, now + OFTEN_ENOUGH)


def _first_expected(config: Mapping[str, Any], since: datetime) -> datetime:
    """The first instant after `since`, or when to look for it again."""
    for look in (_FIRST_LOOK_AHEAD, AT_MOST_AHEAD):
        if following := expected(config, since, since + look):
            return following[0]
    return since + AT_MOST_AHEAD
