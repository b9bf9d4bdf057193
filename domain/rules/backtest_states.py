"""The states of a backtest, and the moves between them.

A claim takes a queued one, or a running one whose lease has run out. Between two chunks a worker
may put it back, so that others have their turn. Every move is made by an update that names the
state and the fence it expects; this table says which updates may exist at all.
"""

from enum import StrEnum


class BacktestState(StrEnum):
    """Where a backtest stands."""

    QUEUED = "queued"
    """Waits for a worker, at its beginning or between two chunks."""
    RUNNING = "running"
    """A worker holds its lease."""
    DONE = "done"
    """Every event that was asked for, and is still there, was judged."""
    CANCELED = "canceled"
    """A person stopped it, or its trigger was deleted. What it found until then stays."""
    FAILED = "failed"
    """It cannot go on: its conditions cannot be read any more, or its workers were lost."""


MOVES: dict[BacktestState, frozenset[BacktestState]] = {
    BacktestState.QUEUED: frozenset({BacktestState.RUNNING, BacktestState.CANCELED}),
    BacktestState.RUNNING: frozenset(BacktestState),
    BacktestState.DONE: frozenset(),
    BacktestState.CANCELED: frozenset(),
    BacktestState.FAILED: frozenset(),
}

ENDED = frozenset(state for state, moves in MOVES.items() if not moves)
UNFINISHED = frozenset(MOVES) - ENDED
"""What counts against the team's bound, and can be canceled."""


def can_move(source: BacktestState, target: BacktestState) -> bool:
    """Whether a backtest may go from `source` to `target`."""
    return target in MOVES[source]
