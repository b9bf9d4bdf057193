"""Which sliding windows an event is counted in: those of its trigger, of the keys of its trigger,
of its team, and of the whole installation.

A window of `per_s` seconds is every half-open stretch of that length, wherever it begins: an event
at the instant t has left the window at t + per_s.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from domain.rules.instants import rfc3339
from domain.rules.limits import Key, Limits, Rate, WhenUnavailable
from domain.rules.subjects import Subject

Scope = Literal["trigger", "key", "team", "global"]
Limiter = Literal["shared", "away"]

_PREFIX = "signalbox:limit"
_DIGEST = 24


@dataclass(frozen=True, slots=True)
class LimitLabel:
    """What people call the window: whose it is, and of a keyed one the key's path and value."""

    scope: Scope
    path: str | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """A window to count in, under `key` in Redis. A keyed one has the value's hash for the last
    part of its key; the rest is where its values are listed."""

    key: str
    most: int
    per_s: int
    when_unavailable: WhenUnavailable
    label: LimitLabel

    @property
    def index(self) -> str:
        """Where the values of a keyed window are listed."""
        return self.key.rpartition(":")[0]

    def traced(
        self, count: int, limiter: Limiter, counted_at: datetime | None, *, admitted: bool
    ) -> dict[str, object]:
        """The window as a decision's trace tells of it; `counted_at` where the event is counted
        in it."""
        told: dict[str, object] = {
            "limit": self.label.scope,
            "most": self.most,
            "per_s": self.per_s,
            "key": self.label.path,
            "value": self.label.value,
            "count": count,
            "admitted": admitted,
            "limiter": limiter,
        }
        return told if counted_at is None else {**told, "counted_at": rfc3339(counted_at)}


def windows_of(  # noqa: PLR0917 - whose limits, and what they are asked for, in one order everywhere
    limits: Limits,
    team_limits: Sequence[Rate],
    global_limits: Sequence[Rate],
    trigger_id: UUID,
    team_id: UUID,
    subject: Subject,
) -> tuple[Window, ...]:
    """The windows that an event of the trigger is counted in."""
    own = tuple(
        _window(rate, "trigger", str(trigger_id))
        if rate.key is None
        else keyed_window(rate, rate.key, trigger_id, rate.key.value_of(subject))
        for rate in limits.rates
    )
    return (*own, *shared_windows(team_limits, global_limits, team_id))


def shared_windows(
    team_limits: Sequence[Rate], global_limits: Sequence[Rate], team_id: UUID
) -> tuple[Window, ...]:
    """The windows that all triggers of the team are counted in."""
    team = (_window(rate, "team", str(team_id)) for rate in team_limits)
    everybody = (_window(rate, "global", "all") for rate in global_limits)
    return (*team, *everybody)


def unkeyed_windows(limits: Limits, trigger_id: UUID) -> Iterator[Window]:
    """The windows of the trigger that need no event to be named."""
    return (_window(rate, "trigger", str(trigger_id)) for rate in limits.rates if rate.key is None)


def keyed_window(rate: Rate, key: Key, trigger_id: UUID, value: str | None) -> Window:
    """The window of one value of a key; without one, all of them (to ask for their usage)."""
    listed = f"{_PREFIX}:key:{trigger_id}:{rate.per_s}:{_digest(key.text)}"
    counted = f"{listed}:{'' if value is None else _digest(value)}"
    return Window(
        counted, rate.most, rate.per_s, rate.when_unavailable, LimitLabel("key", key.text, value)
    )


def _window(rate: Rate, scope: Scope, whose: str) -> Window:
    # `most` is no part of the key: a limit that is edited goes on with what it has counted.
    key = f"{_PREFIX}:{scope}:{whose}:{rate.per_s}"
    return Window(key, rate.most, rate.per_s, rate.when_unavailable, LimitLabel(scope))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGEST]
