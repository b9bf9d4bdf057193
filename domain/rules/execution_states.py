"""The states of an execution, the moves between them, and what each means.

A claim takes a queued or retrying execution whose time has come. A running one whose lease has run
out goes back to retrying, and from there to another worker. One whose deadline passes while nobody
runs it is dead. Every move is made by an update that
names the state and the fence it expects; this table says which updates may exist at all.
"""

from enum import StrEnum


class ExecutionState(StrEnum):
    """Where an execution stands."""

    QUEUED = "queued"
    """Waits for its first attempt, or was released before its attempt began."""
    RUNNING = "running"
    """A worker holds its lease."""
    RETRYING = "retrying"
    """An attempt failed; the next one is due at `due_at`."""
    SUCCEEDED = "succeeded"
    """Every step was carried out."""
    FAILED = "failed"
    """Ended by a failure that no retry can mend."""
    DEAD = "dead"
    """Out of attempts or of time, or lost three leases: a dead letter, kept for inspection and
    replay."""
    CANCELED = "canceled"
    """A person stopped it."""
    UNKNOWN = "unknown"
    """An action may or may not have been carried out, and a person has to say what follows."""


_QUEUED, _RUNNING, _RETRYING = (
    ExecutionState.QUEUED,
    ExecutionState.RUNNING,
    ExecutionState.RETRYING,
)

MOVES: dict[ExecutionState, frozenset[ExecutionState]] = {
    ExecutionState.QUEUED: frozenset({_RUNNING, ExecutionState.DEAD, ExecutionState.CANCELED}),
    ExecutionState.RUNNING: frozenset(ExecutionState),
    ExecutionState.RETRYING: frozenset({_RUNNING, ExecutionState.DEAD, ExecutionState.CANCELED}),
    ExecutionState.UNKNOWN: frozenset(
        {_QUEUED, ExecutionState.FAILED, ExecutionState.DEAD, ExecutionState.CANCELED}
    ),
    ExecutionState.SUCCEEDED: frozenset(),
    ExecutionState.FAILED: frozenset(),
    ExecutionState.DEAD: frozenset(),
    ExecutionState.CANCELED: frozenset(),
}

TERMINAL = frozenset(state for state, moves in MOVES.items() if not moves)
CLAIMABLE = frozenset({_QUEUED, _RETRYING})
"""What a claim may take once `due_at` has come."""

CANCELABLE = frozenset(state for state, moves in MOVES.items() if ExecutionState.CANCELED in moves)


def can_move(source: ExecutionState, target: ExecutionState) -> bool:
    """Whether an execution may go from `source` to `target`."""
    return target in MOVES[source]
