"""The breaker of a destination: closed, open, half open, and what moves it between them.

It opens when so many calls in a row failed, or too large a part of those in a rolling window. Open,
it lets nothing through until its cool-down is over; then exactly one call, the probe, goes out to
see (half open). A probe that is answered closes it. One that fails opens it for twice as long, up
to a cap. The cool-down begins anew once the breaker stayed closed for as long as it lasted, and a
minute at least.

All instants here are seconds on a clock of the caller's that never goes back. Workers share one
breaker through Redis, where two scripts hold to these same rules
(`domain/coordination/scripts/breaker_*.lua`); what is below is asked while Redis is away, and a
test holds the two to each other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from domain.rules.checking import Problems
from domain.rules.json_values import JsonValue, number_of

State = Literal["closed", "open", "half_open"]
Reason = Literal[
    "in_a_row", "failure_rate", "probe", "probe_failed", "probe_answered", "reset", "noted_late"
]

# The window moves on by twelfths: how far back it reaches is right to a twelfth.
BUCKETS = 12
SHORTEST_MEMORY_S = 60.0
# A probe that is not heard of is given up this long after its call must have ended.
GRACE_S = 5.0

_SERVER_ERRORS = range(500, 600)
_TOO_MANY_REQUESTS = 429
# The call was not sent, or what is wrong is the call: these say nothing about the destination.
NOT_SENT = frozenset({"invalid_url", "invalid_request", "blocked_address"})


@dataclass(frozen=True, slots=True)
class BreakerSettings:
    """When a destination's breaker opens and for how long, and how many calls may be under way
    there at once over all workers (None: any number)."""

    failure_rate: float = 0.5
    window_s: int = 60
    min_calls: int = 20
    in_a_row: int = 10
    cool_down_s: int = 10
    longest_s: int = 600
    most_at_once: int | None = None


DEFAULTS = BreakerSettings()
BOUNDS: Mapping[str, tuple[float, float]] = {
    "failure_rate": (0.01, 1),
    "window_s": (10, 3_600),
    "min_calls": (1, 10_000),
    "in_a_row": (1, 1_000),
    "cool_down_s": (1, 3_600),
    "longest_s": (1, 86_400),
    "most_at_once": (1, 10_000),
}


def parse_settings(raw: object, field: str = "settings") -> BreakerSettings:
    """The settings that `raw` spells; what is left out is as by default. Raises InvalidInput."""
    problems = Problems()
    found: dict[str, float | None] = {}
    if isinstance(raw, Mapping):
        problems.refuse_unknown(raw, tuple(BOUNDS), field)
        for name in BOUNDS:
            if name in raw and not (name == "most_at_once" and raw[name] is None):
                found[name] = _bounded(name, raw[name], field, problems)
    elif raw is not None:
        problems.add(field, "must be an object")
    problems.raise_any()
    settings = replace(DEFAULTS, **found)  # type: ignore[arg-type]
    if settings.longest_s < settings.cool_down_s:
        problems.add(_at(field, "longest_s"), "must not be shorter than the cool-down")
    problems.raise_any()
    return settings


def _bounded(name: str, given: JsonValue, field: str, problems: Problems) -> float | None:
    low, high = BOUNDS[name]
    number = number_of(given)
    whole = name != "failure_rate"
    if number is None or not low <= number <= high or (whole and number != int(number)):
        kind = "whole number" if whole else "number"
        problems.add(_at(field, name), f"must be a {kind} from {low:g} to {high:g}")
        return None
    return int(number) if whole else float(number)


def _at(field: str, name: str) -> str:
    return f"{field}.{name}" if field else name


def settings_as_stored(settings: BreakerSettings) -> dict[str, float | None]:
    """What differs from the defaults, as it is stored."""
    return {
        name: getattr(settings, name)
        for name in BOUNDS
        if getattr(settings, name) != getattr(DEFAULTS, name)
    }


def is_failure(status: int) -> bool:
    """Whether an answer says that the destination is in trouble: 5xx, and 429. Any other 4xx is an
    answer like any other: the call was wrong, not who was called."""
    return status in _SERVER_ERRORS or status == _TOO_MANY_REQUESTS


@dataclass(frozen=True, slots=True)
class Report:
    """What became of calls: how many, how many of them failed, and how many of the failures came
    after the last success."""

    calls: int
    failures: int
    trailing: int


@dataclass(frozen=True, slots=True)
class Breaker:
    """A breaker at one instant. `trips`: how often it opened since it last was well for long
    enough. `streak`: failures since the last success. `buckets`: (number, calls, failures) of the
    window's twelfths, oldest first."""

    state: State = "closed"
    since: float = 0.0
    trips: int = 0
    probe_at: float = 0.0
    cool_down_s: float = 0.0
    streak: int = 0
    buckets: tuple[tuple[int, int, int], ...] = ()

    def counts(self, settings: BreakerSettings, now: float) -> tuple[int, int]:
        """Calls and failures within the window."""
        seen = _within(self.buckets, settings, now)
        return sum(b[1] for b in seen), sum(b[2] for b in seen)


def counted(
    breaker: Breaker, settings: BreakerSettings, report: Report, now: float
) -> tuple[Breaker, Reason | None]:
    """The breaker after calls that were let through while it was closed; the reason if it opens by
    them. What an open one hears of calls begun before it opened changes nothing."""
    if breaker.state != "closed":
        return breaker, None
    answered = report.calls > report.failures
    seen = replace(
        breaker,
        streak=report.trailing + (0 if answered else breaker.streak),
        buckets=_added(breaker.buckets, settings, report, now),
    )
    calls, failures = seen.counts(settings, now)
    if report.trailing and seen.streak >= settings.in_a_row:
        return _opened(seen, settings, now), "in_a_row"
    if (
        report.failures
        and calls >= settings.min_calls
        and failures >= calls * settings.failure_rate
    ):
        return _opened(seen, settings, now), "failure_rate"
    return seen, None


def asked(breaker: Breaker, hold_s: float, now: float) -> tuple[Breaker, bool]:
    """Whether a call may go out, and the breaker then. Of those that ask an open one after its
    cool-down the first may, as the probe: the next one not before `hold_s` seconds, within which
    the probe must have ended, nor before another cool-down."""
    if breaker.state == "closed":
        return breaker, True
    if now < breaker.probe_at:
        return breaker, False
    held_until = now + max(hold_s, breaker.cool_down_s)
    return replace(breaker, state="half_open", since=now, probe_at=held_until), True


def probed(breaker: Breaker, settings: BreakerSettings, now: float, *, answered: bool) -> Breaker:
    """The breaker after its probe."""
    if answered:
        return Breaker(since=now, trips=breaker.trips, cool_down_s=breaker.cool_down_s)
    return _opened(breaker, settings, now)


def cool_down(settings: BreakerSettings, trips: int) -> float:
    """How long it stays open the `trips`-th time in short succession (from 1), in seconds."""
    # Beyond 2 ** 20 every cap is reached, and nothing gets too large to count.
    return float(min(settings.longest_s, settings.cool_down_s * 2 ** min(trips - 1, 20)))


def _opened(breaker: Breaker, settings: BreakerSettings, now: float) -> Breaker:
    rested = breaker.state == "closed" and now - breaker.since > max(
        breaker.cool_down_s, SHORTEST_MEMORY_S
    )
    trips = 1 if rested else breaker.trips + 1
    wait_s = cool_down(settings, trips)
    return Breaker("open", now, trips, now + wait_s, wait_s)


def _within(
    buckets: tuple[tuple[int, int, int], ...], settings: BreakerSettings, now: float
) -> tuple[tuple[int, int, int], ...]:
    oldest = bucket_of(settings.window_s, now) - BUCKETS + 1
    return tuple(bucket for bucket in buckets if bucket[0] >= oldest)


def bucket_of(window_s: float, now: float) -> int:
    """The number of the twelfth of a window that an instant is in."""
    return int(now * BUCKETS // window_s)


def _added(
    buckets: tuple[tuple[int, int, int], ...],
    settings: BreakerSettings,
    report: Report,
    now: float,
) -> tuple[tuple[int, int, int], ...]:
    number = bucket_of(settings.window_s, now)
    kept = _within(buckets, settings, now)
    calls, failures = report.calls, report.failures
    if kept and kept[-1][0] == number:
        calls, failures = calls + kept[-1][1], failures + kept[-1][2]
        kept = kept[:-1]
    return (*kept, (number, calls, failures))
