"""The built-in engine: the steps of a workflow, one after the other.

A step that an earlier attempt has finished is not carried out again. Each call carries an
`Idempotency-Key` that is the same in every attempt, so a target can tell a repeat.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from domain.engines.http_step import Answer, as_facts, call_of, shown_request, shown_response
from domain.engines.plan import Failed, Lost, Outcome, Record, Run, Succeeded
from domain.outbound import Outbound, OutboundFailed, OutboundRequest
from domain.rules.placeholders import RenderContext, RenderFailed, StepFacts
from domain.rules.step_results import StepResult
from domain.rules.workflow_steps import HttpStep

KEY_LENGTH = 40
# Trying again cannot change these: the request itself is what is wrong.
_HOPELESS = frozenset({"invalid_url", "invalid_request", "blocked_address"})


def idempotency_key(execution_id: UUID, step_key: str) -> str:
    """The same for every attempt at this step of this execution, and for nothing else."""
    return hashlib.sha256(f"{execution_id}\0{step_key}".encode()).hexdigest()[:KEY_LENGTH]


class StepsEngine:
    """Runs workflows whose steps are HTTP calls."""

    def __init__(self, outbound: Outbound) -> None:
        self._outbound = outbound

    async def run(self, run: Run, record: Record, now: Callable[[], datetime]) -> Outcome:
        """Carry out the steps that are left; stop at the first that fails."""
        context = run.context
        for position, step in enumerate(run.steps):
            if step.key in run.done:
                continue
            if run.after_loss and step.on_unknown == "give_up" and position == len(run.done):
                return _gave_up(position, step, now())
            outcome = await self._carry_out(run, position, step, context, now)
            if isinstance(outcome, Failed):
                return outcome
            result, answer = outcome
            if position == len(run.steps) - 1:
                return Succeeded((result,))
            if not await record(result):
                return Lost()
            context = _with_step(context, step.key, as_facts(answer))
        return Succeeded(())

    async def _carry_out(
        self, run: Run, position: int, step: HttpStep, context: RenderContext,
        now: Callable[[], datetime],
    ) -> Failed | tuple[StepResult, Answer]:  # fmt: skip
        secrets = list(run.secrets.values())
        started_at = now()

        def result(
            state: str,
            reason: str | None,
            message: str | None,
            request: OutboundRequest | None,
            answer: Answer | None,
        ) -> StepResult:
            return StepResult(
                position, step.key, "http", state, reason, message,
                None if request is None else shown_request(request, secrets),
                None if answer is None else shown_response(answer, step, run.steps, secrets),
                started_at, now(),
            )  # fmt: skip

        try:
            request = call_of(step, context, idempotency_key(run.execution_id, step.key))
        except RenderFailed as failure:
            failed = result("failed", failure.reason, failure.message, None, None)
            return _failed(failed, retryable=False)
        try:
            response = await self._outbound.request(request)
        except OutboundFailed as failure:
            failed = result("failed", failure.reason, failure.message, request, None)
            return _failed(failed, retryable=failure.reason not in _HOPELESS)
        if not 200 <= response.status < 300:  # noqa: PLR2004 - RFC 9110 §15.3
            message = f"The target answered {response.status}."
            return _failed(
                result("failed", "bad_status", message, request, response), retryable=True
            )
        return result("succeeded", None, None, request, response), response


def _failed(result: StepResult, *, retryable: bool) -> Failed:
    return Failed(result.reason or "failed", result.message or "", retryable, (result,))


def _gave_up(position: int, step: HttpStep, now: datetime) -> Failed:
    message = "The worker was lost during this step, and the step says not to try it twice."
    result = StepResult(
        position, step.key, "http", "unknown", "unknown_outcome", message, None, None, now, now
    )
    return _failed(result, retryable=False)


def _with_step(context: RenderContext, key: str, facts: StepFacts) -> RenderContext:
    return RenderContext(
        context.event, context.trigger, {**context.steps, key: facts}, context.secrets
    )
