"""What a workflow says about its executions: retries, a deadline, and how many run at once.

`{"retry": {…}, "deadline_s": 60 to 2592000, "concurrency": 1 to 1000}`, every part optional.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.rules.checking import Problems
from domain.rules.json_values import number_of
from domain.rules.retries import RetryPolicy, parse_retry

SHORTEST_DEADLINE_S = 60
LONGEST_DEADLINE_S = 2_592_000
MOST_AT_ONCE = 1_000

POLICY_FIELDS = ("retry", "deadline_s", "concurrency")


@dataclass(frozen=True, slots=True)
class WorkflowPolicy:
    """What holds for all executions of a workflow version. `deadline_s`: from its start on, an
    execution has so many seconds in all. `concurrency`: how many of them run at once."""

    retry: RetryPolicy | None = None
    deadline_s: int | None = None
    concurrency: int | None = None


NO_POLICY = WorkflowPolicy()


def parse_policy(raw: object, field: str = "policy") -> WorkflowPolicy:
    """The policy that `raw` spells; None and `{}` say nothing. Raises InvalidInput with each
    problem at its field (`policy.retry.attempts`)."""
    problems = Problems()
    if raw is not None and not isinstance(raw, Mapping):
        problems.add(field, "must be an object")
    given: Mapping[str, object] = raw if isinstance(raw, Mapping) else {}
    problems.refuse_unknown(given, POLICY_FIELDS, field)
    bounds = (SHORTEST_DEADLINE_S, LONGEST_DEADLINE_S)
    policy = WorkflowPolicy(
        retry=problems.attempt(lambda: given_retry(given.get("retry"), f"{field}.retry")),
        deadline_s=_whole(given.get("deadline_s"), bounds, f"{field}.deadline_s", problems),
        concurrency=_whole(
            given.get("concurrency"), (1, MOST_AT_ONCE), f"{field}.concurrency", problems
        ),
    )
    problems.raise_any()
    return policy


def given_retry(raw: object, field: str = "retry") -> RetryPolicy | None:
    """The retry policy that `raw` spells; None where it says nothing. Raises InvalidInput."""
    policy = parse_retry(raw, field)
    return policy if raw else None


def retry_policy(
    step: RetryPolicy | None, trigger: RetryPolicy | None, workflow: RetryPolicy | None
) -> RetryPolicy:
    """The policy that holds for a step: its own, else its trigger's, else its workflow's, else the
    one that everybody has."""
    return step or trigger or workflow or RetryPolicy()


def _whole(raw: object, bounds: tuple[int, int], field: str, problems: Problems) -> int | None:
    if raw is None:
        return None
    number = number_of(raw)  # type: ignore[arg-type]  # Anything that is no number gives None.
    if number is not None and bounds[0] <= number <= bounds[1] and number == int(number):
        return int(number)
    problems.add(field, f"must be a whole number from {bounds[0]} to {bounds[1]}")
    return None
