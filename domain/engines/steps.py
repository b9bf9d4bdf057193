"""The built-in engine: the steps of a workflow, one after the other.

A step that an earlier attempt has finished is not carried out again. Each call carries an
`Idempotency-Key` that is the same in every attempt, so a target can tell a repeat.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from domain.engines.guard import Guard, OpenGuard, guarded_call
from domain.engines.http_step import Answer, as_facts, call_of, shown_request, shown_response
from domain.engines.plan import Failed, Lost, Outcome, Record, Run, Succeeded, Waits
from domain.outbound import Outbound, OutboundFailed, OutboundRequest
from domain.rules.failures import BAD_STATUS, DEADLINE_EXCEEDED, UNKNOWN_OUTCOME
from domain.rules.placeholders import RenderContext, RenderFailed, StepFacts
from domain.rules.retry_after import retry_after_s
from domain.rules.step_results import StepResult
from domain.rules.workflow_steps import HttpStep

KEY_LENGTH = 40
# Trying again cannot change these: the request itself is what is wrong.
_HOPELESS = frozenset({"invalid_url", "invalid_request", "blocked_address"})
SHORTEST_CALL_S = 0.001
_MAY_BE_DONE = {
    "hold": "It may have been carried out: somebody has to say what follows.",
    "give_up": "It may have been carried out, and the step says not to try it twice.",
}


def idempotency_key(execution_id: UUID, step_key: str) -> str:
    """The same for every attempt at this step of this execution, and for nothing else."""
    return hashlib.sha256(f"{execution_id}\0{step_key}".encode()).hexdigest()[:KEY_LENGTH]


class StepsEngine:
    """Runs workflows whose steps are HTTP calls."""

    def __init__(self, outbound: Outbound, guard: Guard | None = None) -> None:
        """`guard` is asked before each call; without one every call goes out."""
        self._outbound = outbound
        self._guard = guard or OpenGuard()

    async def run(self, run: Run, record: Record, now: Callable[[], datetime]) -> Outcome:
        """Carry out the steps that are left; stop at the first that fails."""
        context, recorded = run.context, False
        for position, step in enumerate(run.steps):
            if step.key in run.done:
                continue
            if run.deadline is not None and now() >= run.deadline:
                return _too_late(position)
            if run.after_loss and step.on_unknown != "retry" and position == len(run.done):
                return _unseen(position, step, now())
            outcome = await self._carry_out(run, position, step, context, now)
            if isinstance(outcome, Failed | Waits):
                return _stopped(outcome, recorded=recorded)
            result, answer = outcome
            if position == len(run.steps) - 1:
                return Succeeded((result,))
            if not await record(result):
                return Lost()
            recorded = True
            context = _with_step(context, step.key, as_facts(answer))
        return Succeeded(())

    async def _carry_out(
        self, run: Run, position: int, step: HttpStep, context: RenderContext,
        now: Callable[[], datetime],
    ) -> Failed | Waits | tuple[StepResult, Answer]:  # fmt: skip
        try:
            request = call_of(step, context, idempotency_key(run.execution_id, step.key))
        except RenderFailed as failure:
            call = _Call(run, position, step, None, now(), now)
            failed = call.result("failed", failure.reason, failure.message, sent=False)
            return _failed(failed, retryable=False)
        call = _Call(run, position, step, request, now(), now)
        try:
            answer = await guarded_call(
                self._outbound, self._guard, run.team_id,
                _within(request, run.deadline, call.started_at),
            )  # fmt: skip
        except OutboundFailed as failure:
            return call.unanswered(failure)
        return answer if isinstance(answer, Waits) else call.answered(answer)


@dataclass(frozen=True, slots=True)
class _Call:
    """A step's call, and what its end comes to. There is no request where none could be made."""

    run: Run
    position: int
    step: HttpStep
    request: OutboundRequest | None
    started_at: datetime
    now: Callable[[], datetime]

    def result(
        self, state: str, reason: str | None = None, message: str | None = None,
        answer: Answer | None = None, *, sent: bool = True,
    ) -> StepResult:  # fmt: skip
        """The step as it goes on record."""
        secrets = list(self.run.secrets.values())
        request, steps = self.request, self.run.steps
        return StepResult(
            self.position, self.step.key, "http", state, reason, message,
            None if request is None else shown_request(request, secrets),
            None if answer is None else shown_response(answer, self.step, steps, secrets),
            self.started_at, self.now(), sent and _maybe_before(self.run, self.position, self.step),
        )  # fmt: skip

    def unanswered(self, failure: OutboundFailed) -> Failed:
        """No answer came; whether it was carried out is not known where it was sent."""
        maybe_done = failure.maybe_received
        if maybe_done and self.step.on_unknown != "retry":
            message = f"{failure.message} {_MAY_BE_DONE[self.step.on_unknown]}"
            return _unknown(self.result("unknown", UNKNOWN_OUTCOME, message), self.step)
        failed = self.result("failed", failure.reason, failure.message, sent=maybe_done)
        again = failure.reason not in _HOPELESS
        return replace(_failed(failed, retryable=again), unknown=maybe_done)

    def answered(self, answer: Answer) -> Failed | tuple[StepResult, Answer]:
        """Done, or refused by its target."""
        if 200 <= answer.status < 300:  # noqa: PLR2004 - RFC 9110 §15.3
            return self.result("succeeded", answer=answer), answer
        message = f"The target answered {answer.status}."
        failed = self.result("failed", BAD_STATUS, message, answer)
        return replace(
            _failed(failed, retryable=True),
            status=answer.status,
            retry_after_s=retry_after_s(answer.headers, self.now()),
        )


def _stopped(outcome: Failed | Waits, *, recorded: bool) -> Failed | Waits:
    return replace(outcome, recorded=recorded) if isinstance(outcome, Waits) else outcome


def _maybe_before(run: Run, position: int, step: HttpStep) -> bool:
    """Whether an earlier attempt may have made this call."""
    return step.key in run.unsure or (run.after_loss and position == len(run.done))


def _within(request: OutboundRequest, deadline: datetime | None, now: datetime) -> OutboundRequest:
    """The call with no more time than the execution has left."""
    if deadline is None:
        return request
    left_s = max((deadline - now).total_seconds(), SHORTEST_CALL_S)
    return replace(request, timeout_s=min(request.timeout_s, left_s))


def _failed(result: StepResult, *, retryable: bool) -> Failed:
    reason, message = result.reason or "failed", result.message or ""
    return Failed(reason, message, retryable, (result,), result.position)


def _unknown(result: StepResult, step: HttpStep) -> Failed:
    """A call that may have been carried out, and is not to be made twice without asking."""
    failed = _failed(result, retryable=False)
    return replace(failed, unknown=True, held=step.on_unknown == "hold")


def _unseen(position: int, step: HttpStep, now: datetime) -> Failed:
    message = f"The worker was lost during this step. {_MAY_BE_DONE[step.on_unknown]}"
    result = StepResult(
        position, step.key, "http", "unknown", UNKNOWN_OUTCOME, message, None, None, now, now
    )
    return _unknown(result, step)


def _too_late(position: int) -> Failed:
    message = "The deadline of the execution passed before this step was called."
    return Failed(DEADLINE_EXCEEDED, message, retryable=False, results=(), position=position)


def _with_step(context: RenderContext, key: str, facts: StepFacts) -> RenderContext:
    return RenderContext(
        context.event, context.trigger, {**context.steps, key: facts}, context.secrets
    )
