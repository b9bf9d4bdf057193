"""When to try again, and when to give up.

Exponential backoff with full jitter: the wait before the next attempt is drawn evenly between 0 and
`base_s * factor ** (attempt - 1)`, which `cap_s` bounds. (AWS Architecture Blog, "Exponential
Backoff And Jitter": of the common ways it spreads a herd of retries best.)
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from domain.rules.checking import Problems
from domain.rules.json_values import JsonValue, number_of

GiveUpReason = Literal["attempts_exhausted", "not_retryable", "worker_lost"]

MAX_ATTEMPTS = 50
MAX_BASE_S = 3_600.0
MAX_FACTOR = 10.0
MAX_CAP_S = 86_400.0
LOST_LEASES_ALLOWED = 2
"""An execution whose worker is lost once more than this is what kills workers."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often an execution is tried, and how long it waits in between (seconds)."""

    attempts: int = 3
    base_s: float = 1.0
    factor: float = 2.0
    cap_s: float = 300.0


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
        )
    elif raw is not None:
        problems.add(field, "must be an object")
    problems.raise_any()
    return policy


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
    attempt: int,
    failure_retryable: bool,  # noqa: FBT001  # The third fact of the decision, named by its caller.
    now: datetime,
    random: Callable[[], float],
) -> Retry | GiveUp:
    """What follows the failure of attempt number `attempt` (from 1).

    `random` gives a number in [0, 1). `now` is an aware instant, best the database's.
    """
    if not failure_retryable:
        return GiveUp("not_retryable")
    if attempt >= policy.attempts:
        return GiveUp("attempts_exhausted")
    longest_s = min(policy.cap_s, policy.base_s * policy.factor ** (attempt - 1))
    return Retry(now + timedelta(seconds=longest_s * random()))


def decide_lost_lease(lost_leases: int, now: datetime) -> Retry | GiveUp:
    """What follows when a lease ran out for the `lost_leases`-th time: again at once, or never.

    Counted apart from failures: an execution that kills its worker never reports one.
    """
    return Retry(now) if lost_leases <= LOST_LEASES_ALLOWED else GiveUp("worker_lost")
