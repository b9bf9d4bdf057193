"""When to try again, and when to give up.

Exponential backoff with full jitter: the wait before the next try is drawn evenly between 0 and
`base_s * factor ** (try - 1)`, which `cap_s` bounds. (AWS Architecture Blog, "Exponential Backoff
And Jitter": of the common ways it spreads a herd of retries best.) A target that says how long to
stay away is not called before that.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from domain.rules.checking import Problems
from domain.rules.failures import KINDS, FailureKind
from domain.rules.json_values import JsonValue, number_of

GiveUpReason = Literal["attempts_exhausted", "not_retryable", "worker_lost", "deadline_exceeded"]

MAX_ATTEMPTS = 50
MAX_BASE_S = 3_600.0
MAX_FACTOR = 10.0
MAX_CAP_S = 86_400.0
MAX_RETRY_AFTER_S = 86_400.0
"""What a target asks for beyond this is cut."""
MORE_SHARE, MORE_AT_MOST_S = 0.1, 300.0
LOST_LEASES_ALLOWED = 2
"""An execution whose worker is lost once more than this is what kills workers."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a step is tried, how long it waits in between (seconds), and `on` which failures
    it is tried again at all."""

    attempts: int = 3
    base_s: float = 1.0
    factor: float = 2.0
    cap_s: float = 300.0
    on: tuple[FailureKind, ...] = KINDS


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong. `retryable`: another try could end differently at all. `retry_after_s`: how
    long the target asked to be left alone."""

    kind: FailureKind
    retryable: bool
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again at this instant (UTC)."""

    at: datetime


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Do not try again."""

    reason: GiveUpReason


def parse_retry(raw: object, field: str = "retry") -> RetryPolicy:
    """The policy that `raw` spells; None and `{}` are the default one. Raises InvalidInput."""
    problems = Problems()
    policy = RetryPolicy()
    if isinstance(raw, Mapping):
        problems.refuse_unknown(raw, RetryPolicy.__slots__, field)
        policy = RetryPolicy(
            attempts=int(_bounded(raw, "attempts", (1, MAX_ATTEMPTS), field, problems)),
            base_s=_bounded(raw, "base_s", (0, MAX_BASE_S), field, problems),
            factor=_bounded(raw, "factor", (1, MAX_FACTOR), field, problems),
            cap_s=_bounded(raw, "cap_s", (0, MAX_CAP_S), field, problems),
            on=_kinds(raw.get("on"), f"{field}.on", problems),
        )
    elif raw is not None:
        problems.add(field, "must be an object")
    problems.raise_any()
    return policy


def _kinds(raw: object, field: str, problems: Problems) -> tuple[FailureKind, ...]:
    """In the order of `KINDS`; not given: all of them."""
    if raw is None:
        return KINDS
    if not isinstance(raw, list) or not all(each in KINDS for each in raw):
        problems.add(field, f"must be a list of any of {', '.join(KINDS)}")
        return KINDS
    return tuple(kind for kind in KINDS if kind in raw)


def _bounded(
    raw: Mapping[str, JsonValue],
    name: str,
    bounds: tuple[float, float],
    field: str,
    problems: Problems,
) -> float:
    default: float = getattr(RetryPolicy(), name)
    number = number_of(raw.get(name, default))
    whole = name == "attempts"
    inside = number is not None and bounds[0] <= number <= bounds[1]
    if number is None or not inside or (whole and number != int(number)):
        kind = "whole number" if whole else "number"
        problems.add(f"{field}.{name}", f"must be a {kind} from {bounds[0]:g} to {bounds[1]:g}")
        return default
    return float(number)


def decide_retry(
    policy: RetryPolicy,
    tries: int,
    failure: Failure,
    now: datetime,
    random: Callable[[], float],
    *,
    deadline: datetime | None = None,
) -> Retry | GiveUp:
    """What follows the failure of try number `tries` (from 1) of a step.

    `random` gives a number in [0, 1). `now` and `deadline` are aware instants, best the database's.
    """
    if not failure.retryable or failure.kind not in policy.on:
        return GiveUp("not_retryable")
    if tries >= policy.attempts:
        return GiveUp("attempts_exhausted")
    longest_s = min(policy.cap_s, policy.base_s * policy.factor ** (tries - 1))
    wait_s = max(longest_s * random(), _asked_s(failure.retry_after_s, random))
    at = now + timedelta(seconds=wait_s)
    if deadline is not None and at >= deadline:
        return GiveUp("deadline_exceeded")
    return Retry(at)


def _asked_s(retry_after_s: float | None, random: Callable[[], float]) -> float:
    """The wait that a target asked for, and a little more: it tells everybody the same, and they
    shall not all come back at the same moment."""
    if retry_after_s is None:
        return 0.0
    asked_s = min(max(retry_after_s, 0.0), MAX_RETRY_AFTER_S)
    return asked_s + min(asked_s * MORE_SHARE, MORE_AT_MOST_S) * random()


def decide_lost_lease(lost_leases: int, now: datetime) -> Retry | GiveUp:
    """What follows when a lease ran out for the `lost_leases`-th time: again at once, or never.

    Counted apart from failures: an execution that kills its worker never reports one.
    """
    return Retry(now) if lost_leases <= LOST_LEASES_ALLOWED else GiveUp("worker_lost")
