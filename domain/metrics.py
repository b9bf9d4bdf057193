"""What is counted, for `/metrics`. Labels come from small fixed sets: never an id, never a name.

Counters live in their process. With PROMETHEUS_MULTIPROC_DIR set, the processes of one machine
share them through that folder, and every `/metrics` shows their sum.
"""

import os
from collections.abc import Mapping, Sequence

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Metric,
    generate_latest,
    multiprocess,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import REGISTRY, Collector

EVENTS = Counter("signalbox_events_received", "Webhook calls that were answered 202.", ["result"])
REFUSED = Counter(
    "signalbox_refused", "Webhook calls that were refused, by error code.", ["reason"]
)
INGEST_BATCH = Histogram(
    "signalbox_ingest_batch_size",
    "Events stored by one commit.",
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256),
)
INGEST_SECONDS = Histogram(
    "signalbox_ingest_commit_seconds",
    "How long a commit of events took.",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
)
DECISIONS = Counter("signalbox_decisions", "Decisions, by verdict.", ["verdict"])
EXECUTIONS_SETTLED = Counter(
    "signalbox_executions_settled",
    "Attempts that were settled, by the state they led to.",
    ["state"],
)
CHAIN_EVENTS = Counter(
    "signalbox_chain_events", "Events that told workflow triggers of an execution's end."
)
SLOTS = Counter(
    "signalbox_slots", "Slots of schedules put on record, by what became of them.", ["state"]
)
FIRING_SECONDS = Histogram(
    "signalbox_firing_pass_seconds",
    "How long a pass over the schedules that are due took.",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
)
ATTEMPT_SECONDS = Histogram(
    "signalbox_attempt_seconds",
    "From an execution's claim to its settling.",
    buckets=(0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60),
)
LEASES_LOST = Counter("signalbox_leases_lost", "Results that came after the lease was lost.")
RINGS_FAILED = Counter(
    "signalbox_rings_failed", "Rings that Redis did not take; the sweep makes up."
)
BELL_UNREADABLE = Counter(
    "signalbox_bell_unreadable",
    "Messages in Redis that are no rings of this version's, and were dropped; the sweep makes up.",
)
CLOCK_SKEW = Gauge(
    "signalbox_clock_skew_seconds",
    "How far this process's clock is ahead of the database's; negative: behind.",
    multiprocess_mode="mostrecent",
)
LIMITER_UNAVAILABLE = Counter(
    "signalbox_limiter_unavailable",
    "Events that were let through (open) or not (closed) because nobody could count them.",
    ["mode"],
)
BREAKER_CHANGES = Counter(
    "signalbox_breaker_changes", "Breakers that changed, by the state they went to.", ["state"]
)
CALLS_HELD = Counter(
    "signalbox_calls_held",
    "Calls that had to wait: for a breaker, or for a place at their destination.",
    ["why"],
)
BREAKERS_AWAY = Counter(
    "signalbox_breaker_asked_without_redis",
    "Calls for which this process's own breaker was asked because Redis did not answer.",
)
NUDGES_DROPPED = Counter("signalbox_nudges_dropped", "Live-page nudges that Redis did not take.")
SLOTS_AUDITED = Counter(
    "signalbox_slots_audited",
    "Slots that the auditor compared with the schedules, by what it found.",
    ["found"],
)
SIGN_INS = Counter("signalbox_sign_ins", "Tries to sign in, by result.", ["result"])


Gauges = Mapping[str, tuple[str, Sequence[str], Mapping[tuple[str, ...], float]]]
"""By name: what it says, the names of its labels, and numbers by the labels' values."""


class _Depths(Collector):
    """Depths that were just read from the database, as gauges."""

    def __init__(self, depths: dict[str, int]) -> None:
        self._depths = depths

    def collect(self) -> list[Metric]:
        """Called by prometheus_client."""
        return [
            GaugeMetricFamily(f"signalbox_{name}", f"{name.replace('_', ' ')}, by the database.", n)
            for name, n in self._depths.items()
        ]


class _Labelled(Collector):
    """Numbers that were just read from the database, as gauges with labels."""

    def __init__(self, gauges: Gauges) -> None:
        self._gauges = gauges

    def collect(self) -> list[Metric]:
        """Called by prometheus_client."""
        found: list[Metric] = []
        for name, (words, labels, amounts) in self._gauges.items():
            family = GaugeMetricFamily(f"signalbox_{name}", words, labels=labels)
            for values, amount in amounts.items():
                family.add_metric(values, amount)
            found.append(family)
        return found


def exposition(depths: dict[str, int], gauges: Gauges | None = None) -> bytes:
    """All metrics in Prometheus' text format, with `depths` (name → number) and `gauges`."""
    counted = CollectorRegistry()
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        multiprocess.MultiProcessCollector(counted)  # type: ignore[no-untyped-call]
    read = CollectorRegistry()
    read.register(_Depths(depths))
    read.register(_Labelled(gauges or {}))
    ours = counted if "PROMETHEUS_MULTIPROC_DIR" in os.environ else REGISTRY
    return generate_latest(ours) + generate_latest(read)
