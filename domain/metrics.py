"""What is counted, for `/metrics`. Labels come from small fixed sets: never an id, never a name.

Counters live in their process. With PROMETHEUS_MULTIPROC_DIR set, the processes of one machine
share them through that folder, and every `/metrics` shows their sum.
"""

import os

from prometheus_client import (
    CollectorRegistry,
    Counter,
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
ATTEMPT_SECONDS = Histogram(
    "signalbox_attempt_seconds",
    "From an execution's claim to its settling.",
    buckets=(0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60),
)
LEASES_LOST = Counter("signalbox_leases_lost", "Results that came after the lease was lost.")
RINGS_FAILED = Counter(
    "signalbox_rings_failed", "Rings that Redis did not take; the sweep makes up."
)
POISON_MESSAGES = Counter(
    "signalbox_poison_messages", "Messages in Redis that could not be decoded, and were dropped."
)
NUDGES_DROPPED = Counter("signalbox_nudges_dropped", "Live-page nudges that Redis did not take.")
SIGN_INS = Counter("signalbox_sign_ins", "Tries to sign in, by result.", ["result"])


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


def exposition(depths: dict[str, int]) -> bytes:
    """All metrics in Prometheus' text format, with `depths` (name → number) as gauges."""
    counted = CollectorRegistry()
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        multiprocess.MultiProcessCollector(counted)  # type: ignore[no-untyped-call]
    read = CollectorRegistry()
    read.register(_Depths(depths))
    ours = counted if "PROMETHEUS_MULTIPROC_DIR" in os.environ else REGISTRY
    return generate_latest(ours) + generate_latest(read)
