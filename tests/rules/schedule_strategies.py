"""Schedules as Hypothesis makes them: configs near the jumps of a zone's clock."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from domain.rules.schedules.wall_times import changes
from domain.rules.schedules.zones import ZONES

YEARS = (1971, 1995, 2011, 2026, 2040)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


def field(low: int, high: int, *more: str) -> st.SearchStrategy[str]:
    """A field of a cron expression: `*`, steps, numbers, ranges, and `more` that only it knows."""
    numbers = st.integers(low, high)
    spans = st.lists(numbers, min_size=2, max_size=2, unique=True).map(sorted)
    piece = st.one_of(
        st.just("*"),
        numbers.map(str),
        spans.map(lambda span: f"{span[0]}-{span[1]}"),
        st.integers(1, min(9, high)).map(lambda step: f"*/{step}"),
        st.tuples(spans, st.integers(1, 5)).map(
            lambda each: f"{each[0][0]}-{each[0][1]}/{each[1]}"
        ),
        *map(st.just, more),
    )
    return st.lists(piece, min_size=1, max_size=2).map(",".join)


def crons(hours: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Cron expressions at some hours; a few never come due."""
    often = st.just("*")
    return st.tuples(
        field(0, 59),
        hours,
        st.one_of(often, field(1, 31, "L")),
        st.one_of(often, field(1, 12, "jan", "Feb-APR")),
        st.one_of(often, field(0, 7, "mon", "SAT", "fri#2", "1#1", "0#5", "mon-wed")),
    ).map(" ".join)


@st.composite
def near_jumps(draw: st.DrawFn) -> tuple[dict[str, Any], datetime, datetime]:
    """A config, and some days around a jump of its zone's clock, if it has any."""
    name = draw(st.sampled_from(sorted(ZONES)))
    zone = ZoneInfo(name)
    year = datetime(draw(st.sampled_from(YEARS)), 1, 1, tzinfo=UTC)
    jumps = [jump.at for jump in changes(zone, year, year + 1100 * _DAY)]
    at = draw(st.sampled_from(jumps)) if jumps else year
    start = at - draw(st.integers(1, 150_000)) * timedelta(seconds=1)
    config = {
        "zone": name,
        "gap": draw(st.sampled_from(["run_after", "skip"])),
        "fold": draw(st.sampled_from(["once_first", "once_second", "twice"])),
        **draw(_forms(zone, at)),
    }
    return config, start, at + draw(st.integers(1, 40)) * _HOUR


def _forms(zone: ZoneInfo, at: datetime) -> st.SearchStrategy[dict[str, Any]]:
    hour = at.astimezone(zone).hour
    hours = st.sampled_from(
        ["*", "0-4", f"{hour}", f"{(hour - 1) % 24}", f"{hour},{(hour - 1) % 24}"]
    )
    wall = st.integers(-3_000, 3_000).map(
        lambda minutes: f"{(at + minutes * timedelta(minutes=1)).astimezone(zone):%Y-%m-%dT%H:%M}"
    )
    times = st.tuples(wall, st.sampled_from(["", "", "Z", "-03:30"])).map("".join)
    return st.one_of(
        st.fixed_dictionaries(
            {"form": st.just("cron"), "cron": crons(hours)},
            optional={"starts_at": wall, "ends_at": wall},
        ),
        st.fixed_dictionaries(
            {
                "form": st.just("every"),
                "every": st.integers(1, 3),
                "unit": st.sampled_from(["minutes", "hours", "days"]),
                "anchor": times,
            }
        ),
        st.fixed_dictionaries({"form": st.just("once"), "at": times}),
        st.fixed_dictionaries(
            {"form": st.just("instants"), "instants": st.lists(times, min_size=1, max_size=6)}
        ),
    )
