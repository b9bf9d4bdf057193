"""What the clock does for the ledger: auditing it, noticing what is late, keeping the canaries."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from domain.coordination.live_feed import LiveFeed
from domain.encryption import Vault
from domain.operations.audit_schedules import audit_schedules
from domain.operations.check_expectations import check_expectations
from domain.operations.keep_canaries import (
    Canaries,
    forget_probes,
    outbound_to_ourselves,
    silence_canaries,
)
from domain.settings import Settings
from domain.store.readiness import database_clock

AUDIT_EVERY_S = 5.0
EXPECTATIONS_EVERY_S = 1.0
CANARIES_EVERY_S = 1.0
SILENCE_EVERY_S = 60.0
FORGET_EVERY_S = 3600.0


async def _forget_probes() -> None:
    await forget_probes(await database_clock())


class LedgerJobs:
    """The jobs, and the client with which the webhook canary calls us. Started and closed on the
    clock's event loop."""

    def __init__(self, settings: Settings, feed: LiveFeed) -> None:
        self._feed = feed
        self._vault = Vault(settings.secret_key, settings.previous_secret_keys)
        self._outbound = outbound_to_ourselves(settings.base_url)
        self._canaries = Canaries(self._vault, self._outbound, settings.base_url)
        self._on = settings.canaries

    async def start(self) -> None:
        """Open the client."""
        await self._outbound.start()

    async def close(self) -> None:
        """Close it."""
        await self._outbound.close()

    def jobs(self) -> dict[str, tuple[float, Callable[[], Awaitable[object]]]]:
        """Each job with its period in seconds."""
        canaries: tuple[float, Callable[[], Awaitable[object]]] = (
            (CANARIES_EVERY_S, self._canaries.keep)
            if self._on
            else (SILENCE_EVERY_S, lambda: silence_canaries(self._vault))
        )
        return {
            "audit_schedules": (AUDIT_EVERY_S, lambda: audit_schedules(self._slots_changed)),
            "check_expectations": (
                EXPECTATIONS_EVERY_S,
                lambda: check_expectations(self._trigger_changed),
            ),
            "canaries": canaries,
            "forget_probes": (FORGET_EVERY_S, _forget_probes),
        }

    def _slots_changed(self, team_id: UUID, trigger_id: UUID) -> None:
        self._feed.nudge(team_id, "slots", f"trigger:{trigger_id}")

    def _trigger_changed(self, team_id: UUID, trigger_id: UUID) -> None:
        self._feed.nudge(team_id, "triggers", f"trigger:{trigger_id}")
