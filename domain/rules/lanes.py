"""Lanes: where events that matched wait in order, and for how long.

An event passes them in the order of `LANES`: it may be held while its trigger is off, wait for its
key to become quiet, gather in a batch, and wait for room in a window. Whoever needs several lanes
at once takes them in this order too, so that nobody waits for another in a circle.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from domain.rules.ids import derived_id
from domain.rules.json_values import write_json
from domain.rules.limits import Batch, Debounce, Key, Rate
from domain.rules.subjects import Subject

Why = Literal["pause", "debounce", "batch", "limit"]
LANES: tuple[Why, ...] = ("pause", "debounce", "batch", "limit")

MOST_REST_S = 300.0
"""A lane is looked at after so long at the latest, whatever the windows said: they may have been
widened, or lost with Redis."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane by name. `key` is what it is shown with; None: it is the trigger's only one."""

    team_id: UUID
    trigger_id: UUID
    why: Why
    key: str | None = None

    @property
    def id(self) -> UUID:
        """The one id of this lane."""
        return lane_id(self.trigger_id, self.why, self.key)


def lane_id(trigger_id: UUID, why: Why, key: str | None) -> UUID:
    """The id of the trigger's lane of this kind and key."""
    return derived_id(trigger_id, "lane", why, *(() if key is None else (key,)))


@dataclass(frozen=True, slots=True)
class LaneState:
    """A lane as it was found: how many wait in it, since how many seconds it is there, and whether
    its time is over. `taken` is the event that was let through at once, whose later ones are not.
    """

    waiting: int
    age_s: float
    is_due: bool
    is_new: bool
    taken: UUID | None = None


def key_value(key: Key | None, subject: Subject) -> str | None:
    """What tells the lanes of a limit apart; None without a key."""
    return None if key is None else key.value_of(subject)


def limit_key(rates: Iterable[Rate], subject: Subject) -> str | None:
    """What tells apart the lanes of events that wait for room: the values of all keys that the
    windows have. So one customer's flood does not stand in the way of the others."""
    keys = dict.fromkeys(rate.key for rate in rates if rate.key is not None)
    values: list[object] = [key.value_of(subject) for key in keys]
    if len(values) > 1:
        return write_json(values).decode()  # type: ignore[arg-type]  # texts
    return str(values[0]) if values else None


def begins_anew(state: LaneState) -> bool:
    """Whether a lane that is there is one no more: its quiet time is over, and nobody waits."""
    return state.is_new or (state.is_due and not state.waiting)


def quiet_in_s(debounce: Debounce, age_s: float) -> float:
    """In how many seconds the key counts as quiet, after an event just now. Not later than
    `most_s` after the first one, `age_s` ago."""
    return max(min(float(debounce.quiet_s), debounce.most_s - age_s), 0.0)


def full_in_s(batch: Batch, waiting: int, age_s: float) -> float:
    """In how many seconds a batch of so many events is closed, whose first came `age_s` ago."""
    if waiting >= batch.most:
        return 0.0
    return max(batch.within_s - age_s, 0.0)


def look_in_s(retry_after_s: float) -> float:
    """In how many seconds to ask the windows again."""
    return min(max(retry_after_s, 0.0), MOST_REST_S)
