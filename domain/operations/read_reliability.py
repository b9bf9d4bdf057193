"""Read how reliable the installation is, for monitoring."""

from collections.abc import Mapping, Sequence

from domain.metrics import Gauges
from domain.rules.reliability import OUTCOMES, counts_in
from domain.store.canaries import CanaryRecord, canary_records
from domain.store.reliability import system_counts


async def reliability_gauges() -> Gauges:
    """The slots by window and outcome, the share that ran in time, and the canaries."""
    slots, canaries = (await system_counts()).slots, await canary_records()
    return {**_of_slots(slots), **_of_canaries(canaries)}


def _of_slots(slots: Mapping[str, Mapping[str, int]]) -> Gauges:
    shares = {(window,): counts_in(amounts).share for window, amounts in slots.items()}
    amounts_of: dict[tuple[str, ...], float] = {
        (window, outcome): amounts.get(outcome, 0)
        for window, amounts in slots.items()
        for outcome in OUTCOMES
    }
    return {
        "slots_of_window": (
            "Slots of all schedules, by window and what became of them.",
            ("window", "outcome"),
            amounts_of,
        ),
        "reliability": (
            "Slots that ran in time, of those that were to run; none where nothing was to run.",
            ("window",),
            {window: share for window, share in shares.items() if share is not None},
        ),
    }


def _of_canaries(canaries: Sequence[CanaryRecord]) -> Gauges:
    probes: dict[tuple[str, ...], float] = {
        (each.kind, outcome): getattr(each, outcome)
        for each in canaries
        for outcome in ("on_time", "late", "missed")
    }
    return {
        "canary_probes_of_hour": (
            "Probes of the last hour, by canary and outcome.",
            ("canary", "outcome"),
            probes,
        ),
        "canary_well": (
            "Whether a canary's last probe was on time.",
            ("canary",),
            {(each.kind,): float(each.last_state == "on_time") for each in canaries},
        ),
    }
