"""How reliable the schedules were: what ran in time, of what was to run.

    on time ÷ (expected - suppressed)

Suppressed is what nobody wanted to run then: paused, or skipped by a policy or a calendar. What ran
late or not at all counts against us; what its workflow then did does not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

WINDOWS = {"1h": timedelta(hours=1), "24h": timedelta(hours=24), "30d": timedelta(days=30)}
OUTCOMES = ("on_time", "late", "missed", "skipped", "paused")


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of slots."""

    on_time: int = 0
    late: int = 0
    missed: int = 0
    skipped: int = 0
    paused: int = 0

    @property
    def suppressed(self) -> int:
        """What was not to run."""
        return self.skipped + self.paused

    @property
    def expected(self) -> int:
        """All of them."""
        return self.on_time + self.late + self.missed + self.suppressed

    @property
    def share(self) -> float | None:
        """The part that ran in time, from 0 to 1; None where nothing was to run."""
        wanted = self.expected - self.suppressed
        return self.on_time / wanted if wanted else None


def counts_in(amounts: Mapping[str, int]) -> Counts:
    """The counts that amounts by outcome make; other outcomes are left out."""
    return Counts(**{outcome: amounts.get(outcome, 0) for outcome in OUTCOMES})
