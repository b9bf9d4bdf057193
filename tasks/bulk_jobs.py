"""The clock's jobs about bulk actions."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from domain.clock import utc_now
from domain.coordination.live_feed import LiveFeed
from domain.operations.compiled_versions import CompiledVersions
from domain.operations.run_bulk_actions import run_bulk_actions
from domain.rules.bulk_actions import PORTION_EVERY_S
from domain.store import bulk_actions
from tasks.bell import Bell

FORGET_EVERY_S = 3600.0
MOST_FORGOTTEN = 1_000
# As long as the executions that they name.
KEPT = timedelta(days=90)

Job = Callable[[], Awaitable[object]]


def bulk_jobs(bell: Bell, feed: LiveFeed) -> dict[str, tuple[float, Job]]:
    """Each job with its period in seconds."""
    versions = CompiledVersions()
    return {
        "run_bulk_actions": (PORTION_EVERY_S, lambda: _run_bulk_actions(bell, feed, versions)),
        "forget_bulk_actions": (FORGET_EVERY_S, _forget_bulk_actions),
    }


async def _run_bulk_actions(bell: Bell, feed: LiveFeed, versions: CompiledVersions) -> None:
    for one in await run_bulk_actions(versions):
        bell.ring_executions([*one.started, *one.let_in])
        topics = [f"execution:{execution_id}" for execution_id in one.canceled]
        feed.nudge(one.team_id, "executions", "bulk_actions", f"bulk:{one.id}", *topics)


async def _forget_bulk_actions() -> None:
    await bulk_actions.forget(utc_now() - KEPT, MOST_FORGOTTEN)
