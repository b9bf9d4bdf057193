"""How long everything takes: the real run, and a quick one to see that it works."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sizes:
    """Times in seconds, rates a second."""

    rounds: int
    warm_up_s: float
    ingest_slices: int
    ingest_slice_s: float
    limited_pairs: int
    limited_slice_s: float
    first_rate: float
    probe_s: float
    sustained_s: float
    idle_rate: float
    idle_samples: int
    half_s: float
    ledger_ids: int
    rest_s: float
    list_events: int
    list_samples: int
    conditions_s: float
    history_events: int
    form_samples: int
    schedules_at_once: int
    schedules_at_rest: int
    frozen_s: float
    zones: int
    lateness_minutes: int
    limiter_s: float
    overload_s: float


FULL = Sizes(
    rounds=3,
    warm_up_s=20.0,
    ingest_slices=3,
    ingest_slice_s=4.0,
    limited_pairs=12,
    limited_slice_s=1.5,
    first_rate=400.0,
    probe_s=5.0,
    sustained_s=30.0,
    idle_rate=1.0,
    idle_samples=60,
    half_s=30.0,
    ledger_ids=30_000,
    rest_s=30.0,
    list_events=1_000_000,
    list_samples=20,
    conditions_s=20.0,
    history_events=50_000,
    form_samples=60,
    schedules_at_once=1_000,
    schedules_at_rest=100_000,
    frozen_s=60.0,
    zones=600,
    lateness_minutes=2,
    limiter_s=30.0,
    overload_s=60.0,
)

QUICK = Sizes(
    rounds=1,
    warm_up_s=2.0,
    ingest_slices=2,
    ingest_slice_s=1.0,
    limited_pairs=4,
    limited_slice_s=1.0,
    first_rate=400.0,
    probe_s=2.0,
    sustained_s=6.0,
    idle_rate=4.0,
    idle_samples=60,
    half_s=5.0,
    ledger_ids=3_000,
    rest_s=3.0,
    list_events=200_000,
    list_samples=5,
    conditions_s=4.0,
    history_events=10_000,
    form_samples=20,
    schedules_at_once=200,
    schedules_at_rest=20_000,
    frozen_s=10.0,
    zones=60,
    lateness_minutes=1,
    limiter_s=5.0,
    overload_s=5.0,
)
