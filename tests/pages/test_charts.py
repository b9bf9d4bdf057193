from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.store.pages_triggers import HourCount
from web.presenters.charts import HOURS, hours_chart, hours_of

NOW = datetime(2026, 11, 23, 14, 37, 12, tzinfo=UTC)


def test_the_last_bar_is_the_present_hour() -> None:
    hours = hours_of(NOW)

    assert len(hours) == HOURS
    assert hours[-1] == datetime(2026, 11, 23, 14, tzinfo=UTC)
    assert hours[0] == datetime(2026, 11, 22, 15, tzinfo=UTC)


def test_an_hour_without_anything_is_a_line_on_the_floor() -> None:
    chart = hours_chart([], NOW, height=24)

    assert {bar.segments[0].kind for bar in chart.bars} == {"none"}
    assert {bar.segments[0].y for bar in chart.bars} == {23}


def test_what_failed_has_also_fired_and_is_drawn_once() -> None:
    hour = NOW.replace(minute=0, second=0)

    chart = hours_chart([HourCount(hour, fired=4, filtered=4, failed=1)], NOW, height=24)

    failed, fired, filtered = chart.bars[-1].segments
    assert (failed.kind, fired.kind, filtered.kind) == ("failed", "fired", "filtered")
    assert (failed.height, fired.height, filtered.height) == (3, 9, 12)
    assert filtered.y == 0
    assert chart.summary == "24 hours: 4 fired, 4 filtered, 1 failed"


def test_counts_of_other_hours_are_left_out() -> None:
    yesterday = HourCount(NOW - timedelta(hours=24), 1, 1, 1)

    assert hours_chart([yesterday], NOW).summary == "24 hours: 0 fired, 0 filtered, 0 failed"


amounts = st.integers(0, 10**9)


@given(st.lists(st.tuples(amounts, amounts, amounts), min_size=HOURS, max_size=HOURS))
def test_bars_stay_within_the_chart(counts: list[tuple[int, int, int]]) -> None:
    given_counts = [HourCount(h, *c) for h, c in zip(hours_of(NOW), counts, strict=True)]

    chart = hours_chart(given_counts, NOW, width=98, height=24)

    for bar in chart.bars:
        assert bar.x + bar.width <= 98.01
        for segment in bar.segments:
            assert segment.height > 0
            assert segment.y >= -0.01
            assert segment.y + segment.height <= 24.01
