"""The geometry of the charts over hours; templates draw it as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.store.pages_triggers import HourCount

HOURS = 24
_GAP = 1
_SMALLEST = 1.5


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a bar: `kind` is fired, filtered, failed, or none for an hour without anything."""

    kind: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class HourBar:
    """The bar of one hour."""

    x: float
    width: float
    segments: tuple[Segment, ...]
    title: str


@dataclass(frozen=True, slots=True)
class HoursChart:
    """Stacked bars, the oldest hour first, within `width` by `height` units."""

    width: float
    height: float
    bars: tuple[HourBar, ...]
    fired: int
    filtered: int
    failed: int

    @property
    def summary(self) -> str:
        """What the chart says, for those who do not see it."""
        return f"24 hours: {self.fired} fired, {self.filtered} filtered, {self.failed} failed"


def hours_of(now: datetime) -> list[datetime]:
    """The last 24 hours on the clock, the present one last."""
    last = now.replace(minute=0, second=0, microsecond=0)
    return [last - timedelta(hours=back) for back in range(HOURS - 1, -1, -1)]


def hours_table(counts: Sequence[HourCount], now: datetime) -> list[HourCount]:
    """The hours in which something happened, the latest first: the chart as a table."""
    first = hours_of(now)[0]
    known = [count for count in counts if count.hour >= first and _total(count)]
    return sorted(known, key=lambda count: count.hour, reverse=True)


def hours_chart(
    counts: Sequence[HourCount], now: datetime, *, width: float = 98, height: float = 24
) -> HoursChart:
    """The chart of the 24 hours up to `now`. Hours without counts are shown as such."""
    by_hour = {count.hour: count for count in counts}
    hours = [by_hour.get(hour) for hour in hours_of(now)]
    # What failed has also fired: the bar shows it once.
    tallest = max((_total(count) for count in hours if count), default=0)
    step = (width + _GAP) / HOURS
    bars = tuple(
        HourBar(
            x=round(index * step, 2),
            width=round(step - _GAP, 2),
            segments=_segments(count, tallest, height),
            title=_title(hour, count),
        )
        for index, (hour, count) in enumerate(zip(hours_of(now), hours, strict=True))
    )
    known = [count for count in hours if count]
    return HoursChart(
        width,
        height,
        bars,
        fired=sum(count.fired for count in known),
        filtered=sum(count.filtered for count in known),
        failed=sum(count.failed for count in known),
    )


def _total(count: HourCount) -> int:
    return max(count.fired - count.failed, 0) + count.filtered + count.failed


def _segments(count: HourCount | None, tallest: int, height: float) -> tuple[Segment, ...]:
    if count is None or _total(count) == 0:
        return (Segment("none", height - 1, 1),)
    parts = (
        ("failed", count.failed),
        ("fired", max(count.fired - count.failed, 0)),
        ("filtered", count.filtered),
    )
    return stacked(parts, tallest, height)


def stacked(parts: Sequence[tuple[str, int]], tallest: int, height: float) -> tuple[Segment, ...]:
    """A bar of these parts (kind and amount, not all of them 0), the first one lowest, beside
    others of which the tallest stands for `tallest`."""
    heights = [max(amount / tallest * height, _SMALLEST) for _, amount in parts if amount]
    # What was made taller to be seen is taken from the tallest, so that all fit.
    heights[heights.index(max(heights))] -= max(sum(heights) - height, 0)
    floor, segments = height, []
    for (kind, _), tall in zip((part for part in parts if part[1]), heights, strict=True):
        floor -= tall
        segments.append(Segment(kind, round(floor, 2), round(tall, 2)))
    return tuple(segments)


def _title(hour: datetime, count: HourCount | None) -> str:
    when = f"{hour:%H}:00 UTC"
    if count is None:
        return f"{when}: nothing"
    return f"{when}: {count.fired} fired, {count.filtered} filtered, {count.failed} failed"
