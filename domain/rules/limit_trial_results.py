"""What a trial of limits came to: by the day, by window, by value of a key; and as it is stored."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from domain.rules.instants import rfc3339
from domain.rules.limits import Rate

MOST_VALUES = 10
"""Of each key: those that were held back most."""
_SECOND = 1_000_000


@dataclass(slots=True)
class TrialDay:
    """What became of the events that came on one day (UTC). `deferred` are among `passed` or
    `too_late`; the five others of `matched` are apart from each other."""

    events: int = 0
    matched: int = 0
    passed: int = 0
    executions: int = 0
    deferred: int = 0
    longest_wait_s: float = 0.0
    over_limit: int = 0
    too_late: int = 0
    debounced: int = 0


@dataclass(slots=True)
class WindowPeak:
    """The most events that asked for a window within its length, when that was, and of which key's
    value. More than it allows: then it had something to do."""

    rate: Rate
    count: int = 0
    at: int = 0
    value: str | None = None


@dataclass(slots=True)
class ValueCount:
    """How many events had a value of a key, and how many of these were held back or dropped."""

    events: int = 0
    held: int = 0


def instant(micros: int) -> datetime:
    """The instant (UTC) that a trial counts in microseconds."""
    return datetime.fromtimestamp(micros / _SECOND, UTC)


def found_by(
    days: Mapping[str, TrialDay],
    peaks: Sequence[WindowPeak],
    values: Mapping[str, Mapping[str, ValueCount]],
) -> dict[str, Any]:
    """All of it as JSON: the first day first, of each key the values that were held back most."""
    return {
        "days": [{"day": day, **asdict(days[day])} for day in sorted(days)],
        "windows": [_peak(peak) for peak in peaks],
        "keys": [
            {"key": key, "values": len(counts), "most": _most(counts)}
            for key, counts in values.items()
        ],
    }


def _peak(peak: WindowPeak) -> dict[str, Any]:
    return {
        "most": peak.rate.most,
        "per_s": peak.rate.per_s,
        "key": None if peak.rate.key is None else peak.rate.key.text,
        "value": peak.value,
        "peak": peak.count,
        "peak_at": rfc3339(instant(peak.at)) if peak.count else None,
    }


def _most(counts: Mapping[str, ValueCount]) -> list[dict[str, Any]]:
    ordered = sorted(counts.items(), key=lambda each: (-each[1].held, -each[1].events, each[0]))
    return [
        {"value": value, "events": count.events, "held": count.held}
        for value, count in ordered[:MOST_VALUES]
    ]
