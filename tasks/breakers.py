"""What the clock does about breakers."""

from collections.abc import Awaitable, Callable

from domain.coordination.breakers import SharedBreakers
from domain.coordination.live_feed import LiveFeed
from domain.operations.mirror_breakers import BreakerMirror
from domain.settings import Settings
from tasks.bell import Bell

MIRROR_EVERY_S = 1.0
FORGET_EVERY_S = 3600.0


class BreakerJobs:
    """The jobs, and the way to the breakers. Closed on the clock's event loop."""

    def __init__(self, settings: Settings, bell: Bell, feed: LiveFeed) -> None:
        shared = SharedBreakers(settings.redis_url)
        self._mirror = BreakerMirror(shared, feed.nudge, bell.ring_executions)

    async def close(self) -> None:
        """Close the connections."""
        await self._mirror.close()

    def jobs(self) -> dict[str, tuple[float, Callable[[], Awaitable[object]]]]:
        """Each job with its period in seconds."""
        return {
            "mirror_breakers": (MIRROR_EVERY_S, self._mirror.mirror),
            "forget_breaker_changes": (FORGET_EVERY_S, self._mirror.forget),
        }
