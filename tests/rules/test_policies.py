"""What a workflow says about its executions, and which retry policy holds for a step."""

from typing import Any

import pytest

from domain.errors import InvalidInput
from domain.rules.policies import NO_POLICY, WorkflowPolicy, given_retry, parse_policy, retry_policy
from domain.rules.retries import RetryPolicy, parse_retry


@pytest.mark.parametrize("raw", [None, {}, {"retry": None}, {"retry": {}}])
def test_a_policy_may_say_nothing(raw: object) -> None:
    assert parse_policy(raw) == NO_POLICY


def test_every_part_is_taken() -> None:
    raw = {"retry": {"attempts": 50, "on": ["timeout"]}, "deadline_s": 60, "concurrency": 1000}
    retry = RetryPolicy(attempts=50, on=("timeout",))
    assert parse_policy(raw) == WorkflowPolicy(retry, 60, 1000)


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ([], "policy"),
        ({"speed": 1}, "policy.speed"),
        ({"retry": 3}, "policy.retry"),
        ({"retry": {"attempts": 51}}, "policy.retry.attempts"),
        ({"retry": {"on": ["never"]}}, "policy.retry.on"),
        ({"retry": {"on": "timeout"}}, "policy.retry.on"),
        ({"retry": {"on": [["timeout"]]}}, "policy.retry.on"),
        ({"deadline_s": 59}, "policy.deadline_s"),
        ({"deadline_s": 2_592_001}, "policy.deadline_s"),
        ({"deadline_s": 60.5}, "policy.deadline_s"),
        ({"deadline_s": "60"}, "policy.deadline_s"),
        ({"concurrency": 0}, "policy.concurrency"),
        ({"concurrency": 1001}, "policy.concurrency"),
        ({"concurrency": True}, "policy.concurrency"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(raw: Any, field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_policy(raw)
    assert [problem.field for problem in refusal.value.problems] == [field]


def test_the_policy_nearest_to_a_step_holds() -> None:
    step, trigger, workflow = (RetryPolicy(attempts=n) for n in (1, 2, 3))
    assert retry_policy(step, trigger, workflow) == step
    assert retry_policy(None, trigger, workflow) == trigger
    assert retry_policy(None, None, workflow) == workflow
    assert retry_policy(None, None, None) == RetryPolicy()


def test_an_empty_policy_of_a_trigger_says_nothing_and_any_other_does() -> None:
    assert given_retry({}) is None
    assert given_retry({"attempts": 3}) == RetryPolicy()
    assert parse_retry({"on": []}).on == ()
