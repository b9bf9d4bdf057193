"""Calls of an execution that nobody saw the end of: what is asked, what was said, and what may have
happened twice."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.engines.steps import idempotency_key
from domain.rules.failures import MAYBE_CARRIED_OUT, UNSEEN_ENDS
from domain.rules.resolutions import CARRIED_OUT
from domain.store.pages_executions import AttemptShown, ExecutionShown, StepShown


@dataclass(frozen=True, slots=True)
class Outcome:
    """`asked`: the key of the step that a person has to say something about, empty when there is
    none, and `asked_key` that of its call. `said` are the sentences of what people have said.
    `twice` are the steps whose call may have been carried out twice, each with the key that both
    calls had."""

    asked: str
    asked_key: str
    said: tuple[str, ...]
    twice: tuple[tuple[str, str], ...]


def outcome_of(
    execution: ExecutionShown, attempts: Sequence[AttemptShown], steps: Sequence[StepShown]
) -> Outcome:
    """What there is to tell of it."""
    asked = ""
    if execution.state == "unknown":
        unknown = [step.key for step in steps if step.state == "unknown"]
        asked = unknown[-1] if unknown else ""
    said = [step.message or "" for step in steps if step.reason == CARRIED_OUT]
    twice = _made_again(attempts, steps) if execution.maybe_twice else []
    return Outcome(
        asked,
        idempotency_key(execution.id, asked) if asked else "",
        tuple(said),
        tuple((key, idempotency_key(execution.id, key)) for key in twice),
    )


def _made_again(attempts: Sequence[AttemptShown], steps: Sequence[StepShown]) -> list[str]:
    """The steps that were called once more after a call of which nobody knows what it did."""
    unsure: set[str] = set()
    found: dict[str, None] = {}
    unseen = False
    for attempt in attempts:
        for place, step in enumerate(s for s in steps if s.attempt == attempt.number):
            sent = step.request is not None
            if sent and (step.key in unsure or (unseen and place == 0)):
                found[step.key] = None
            if step.reason in MAYBE_CARRIED_OUT:
                unsure.add(step.key)
        unseen = attempt.reason in UNSEEN_ENDS
    return list(found)
