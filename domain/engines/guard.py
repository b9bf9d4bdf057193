"""Calls behind the breaker of their destination: asked before each one, told after it."""

from typing import Literal, Protocol
from uuid import UUID

from domain.engines.plan import Waits
from domain.outbound import Outbound, OutboundFailed, OutboundRequest, OutboundResponse
from domain.rules.breakers import NOT_SENT, is_failure

End = Literal["answered", "failed", "unknown"]


class Passage(Protocol):
    """One call that was let out."""

    def leave(self, how: End) -> None:
        """It ended so; `unknown`: it was broken off here. Called once; neither blocks nor fails."""
        ...


class Guard(Protocol):
    """Says whether calls may go out."""

    async def enter(self, team_id: UUID, request: OutboundRequest) -> Passage | Waits:
        """The passage of a call, or how long it has to wait."""
        ...


class _Unwatched:
    def leave(self, how: End) -> None:
        """Nobody is told."""


UNWATCHED: Passage = _Unwatched()


class OpenGuard:
    """Lets everything out: for what runs without breakers."""

    async def enter(self, team_id: UUID, request: OutboundRequest) -> Passage | Waits:  # noqa: ARG002
        """Always a passage."""
        return UNWATCHED


async def guarded_call(
    outbound: Outbound, guard: Guard, team_id: UUID, request: OutboundRequest
) -> OutboundResponse | Waits:
    """The answer, or that its destination is not available: then nothing was sent. Raises
    OutboundFailed."""
    passage = await guard.enter(team_id, request)
    if isinstance(passage, Waits):
        return passage
    how: End = "unknown"
    try:
        response = await outbound.request(request)
        how = "failed" if is_failure(response.status) else "answered"
    except OutboundFailed as failure:
        # What was never sent says nothing about the destination; but it did end.
        how = "unknown" if failure.reason in NOT_SENT else "failed"
        raise
    finally:
        passage.leave(how)
    return response
