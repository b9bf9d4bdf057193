"""What the clock does for the lanes: letting events out of them as soon as they may."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from domain.coordination.limiter import RateLimiter
from domain.coordination.live_feed import LiveFeed
from domain.encryption import Vault
from domain.operations.compiled_versions import CompiledVersions
from domain.operations.hold_back import HoldBack
from domain.operations.release_lanes import LaneReleaser
from domain.operations.team_redactors import TeamRedactors
from domain.settings import Settings
from domain.store import due_lanes
from tasks.bell import Bell

RELEASE_EVERY_S = 0.15
FORGOTTEN_EVERY_S = 15.0
# So many passes in a row, when there is more to do: then other jobs are due, too.
MOST_PASSES = 20


class LaneJobs:
    """The jobs, with a limiter of their own. Started and closed on the clock's event loop."""

    def __init__(self, settings: Settings, bell: Bell, feed: LiveFeed) -> None:
        self._bell = bell
        self._feed = feed
        self._limiter = RateLimiter(settings.redis_url)
        vault = Vault(settings.secret_key, settings.previous_secret_keys)
        self._releaser = LaneReleaser(
            CompiledVersions(),
            TeamRedactors(vault),
            HoldBack(self._limiter, settings.rate_limits),
        )

    async def start(self) -> None:
        """Connect to the limiter's Redis."""
        await self._limiter.start()

    async def close(self) -> None:
        """Close the connection."""
        await self._limiter.close()

    def jobs(self) -> dict[str, tuple[float, Callable[[], Awaitable[object]]]]:
        """Each job with its period in seconds."""
        return {
            "release_lanes": (RELEASE_EVERY_S, self._release),
            "wake_lanes": (FORGOTTEN_EVERY_S, due_lanes.wake_forgotten),
        }

    async def _release(self) -> None:
        for _ in range(MOST_PASSES):
            released = await self._releaser.release()
            self._bell.ring_executions(released.execution_ids)
            for team_id, trigger_id, event_id in released.changed:
                self._tell(team_id, trigger_id, event_id)
            if not released.more:
                return

    def _tell(self, team_id: UUID, trigger_id: UUID, event_id: UUID) -> None:
        topics = "events", "executions", "triggers", f"trigger:{trigger_id}", f"event:{event_id}"
        self._feed.nudge(team_id, *topics)
