"""Destinations: how their breakers stand, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.rules.breakers import DEFAULTS, BreakerSettings
from domain.store.pages_destinations import (
    MOST_COUNTED,
    Caller,
    ChangeListed,
    DestinationListed,
)
from web.presenters.words import Lamp, count_words

_LAMPS = {
    "closed": Lamp("Closed", "clear"),
    "open": Lamp("Open", "stop"),
    "half_open": Lamp("Half open", "caution"),
}
_REASONS = {
    "in_a_row": "Too many calls in a row failed.",
    "failure_rate": "Too large a part of the calls failed.",
    "probe": "The cool-down was over: one call, the probe, went out.",
    "probe_failed": "The probe failed.",
    "probe_answered": "The probe was answered.",
    "reset": "Somebody reset it.",
    "noted_late": "Noted late: the worker that saw it was lost.",
}
Counts = Mapping[UUID, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class DestinationShown:
    """A destination of a list or page. `recent` says what became of its calls lately."""

    listed: DestinationListed
    lamp: Lamp
    reason: str
    recent: str
    waiting: str

    @property
    def id(self) -> UUID:
        """The destination's."""
        return self.listed.id

    @property
    def may_be_reset(self) -> bool:
        """Whether there is something to reset."""
        return self.listed.state != "closed"


@dataclass(frozen=True, slots=True)
class ChangeShown:
    """A change of a breaker."""

    change: ChangeListed
    lamp: Lamp
    reason: str
    more: str


def destination_shown(listed: DestinationListed, counts: Counts | None) -> DestinationShown:
    """A destination; `counts` are the calls and failures of those that had failures, None where
    nobody could say."""
    return DestinationShown(
        listed,
        _LAMPS[listed.state],
        _REASONS.get(listed.reason or "", ""),
        _recent(listed, counts),
        _amount(listed.waiting),
    )


def destinations_shown(
    rows: Sequence[DestinationListed], counts: Counts | None
) -> list[DestinationShown]:
    """The rows of a list."""
    return [destination_shown(row, counts) for row in rows]


def _recent(listed: DestinationListed, counts: Counts | None) -> str:
    if listed.state != "closed":
        return ""  # what was counted before it opened is forgotten then
    if counts is None:
        return "not known: Redis does not answer"
    calls, failures = counts.get(listed.id, (0, 0))
    if not failures:
        return "no failures"
    return f"{failures:,} of {count_words(calls, 'call')} failed"


def _amount(number: int) -> str:
    return f"more than {MOST_COUNTED:,}" if number > MOST_COUNTED else f"{number:,}"


def changes_shown(changes: Sequence[ChangeListed]) -> list[ChangeShown]:
    """The history of a breaker."""
    return [
        ChangeShown(
            change,
            _LAMPS[change.state],
            _REASONS.get(change.reason, change.reason)
            if change.changed_by is None
            else f"{change.changed_by} reset it.",
            _facts(change),
        )
        for change in changes
    ]


def _facts(change: ChangeListed) -> str:
    facts = []
    if change.failures and change.calls:
        facts.append(f"{change.failures:,} of {count_words(change.calls, 'call')} failed")
    if change.cool_down_s:
        facts.append(f"cool-down {seconds_words(change.cool_down_s)}")
    return ", ".join(facts)


def seconds_words(seconds: float) -> str:
    """A span of whole seconds, as short as it can be said."""
    for size, unit in ((3_600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"


def settings_words(settings: BreakerSettings) -> list[tuple[str, str]]:
    """What the breaker goes by, each setting with what it says."""
    rate = f"{settings.failure_rate * 100:g} % of the calls within {settings.window_s} s"
    most = settings.most_at_once
    first, longest = seconds_words(settings.cool_down_s), seconds_words(settings.longest_s)
    return [
        ("Opens when", f"{settings.in_a_row} calls in a row fail"),
        ("Or when", f"{rate} fail, of {settings.min_calls} at least"),
        ("Cool-down", f"{first}, twice as long each time, up to {longest}"),
        ("Calls at once", "any number" if most is None else f"at most {most}, over all workers"),
        ("Settings", "as by default" if settings == DEFAULTS else "its own"),
    ]


@dataclass(frozen=True, slots=True)
class Called:
    """A destination that a trigger's workflow calls; not `known`: it has not been called yet."""

    host: str
    known: DestinationShown | None


def called_by(caller: Caller | None, known: Sequence[DestinationShown]) -> list[Called]:
    """The destinations of a trigger, in the order of its workflow's steps."""
    by_host = {shown.listed.host: shown for shown in known}
    return [Called(host, by_host.get(host)) for host in (caller.hosts if caller else ())]
