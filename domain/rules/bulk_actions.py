"""What can be done to many executions at once, and how much of it at a time."""

from collections.abc import Mapping

from domain.rules.execution_states import CANCELABLE, TERMINAL

KINDS = ("replay", "cancel")
ELIGIBLE: Mapping[str, frozenset[str]] = {
    "replay": frozenset(map(str, TERMINAL)),
    "cancel": frozenset(map(str, CANCELABLE)),
}
"""By kind: the states in which an execution can be meant."""

MOST_ITEMS = 100_000
MOST_RUNNING = 5
"""Of one team, at the same time."""

# About 200 replays a second at most, and no more of them under way than a worker has places: so
# that what comes in live is never far behind.
PORTION = 100
PORTION_EVERY_S = 0.5
MOST_UNDER_WAY = 100
LONGEST_PORTION_S = 30.0


def portion(kind: str, under_way: int) -> int:
    """How many executions to come to now, with so many of its replays under way; 0: wait."""
    return PORTION if kind == "cancel" else min(PORTION, max(MOST_UNDER_WAY - under_way, 0))
