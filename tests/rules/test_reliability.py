"""The share of what ran in time, and how it is said."""

import pytest

from domain.rules.reliability import Counts, counts_in
from domain.rules.skew import BUCKETS
from web.presenters.reliability import share_words, skew_chart, windows_shown


@pytest.mark.parametrize(
    ("counts", "share", "words"),
    [
        (Counts(), None, "-"),
        (Counts(skipped=3, paused=4), None, "-"),
        (Counts(on_time=3, paused=9), 1.0, "100 %"),
        (Counts(on_time=1, late=1, skipped=9), 0.5, "50 %"),
        # Never rounded up: 100 % is said only of all.
        (Counts(on_time=99_999, missed=1), 0.99999, "99.99 %"),
        (Counts(missed=2), 0.0, "0 %"),
    ],
)
def test_what_was_not_to_run_does_not_count(
    counts: Counts, share: float | None, words: str
) -> None:
    assert counts.share == share
    assert share_words(counts) == words


def test_other_outcomes_are_left_out() -> None:
    assert counts_in({"on_time": 2, "waiting": 7}) == Counts(on_time=2)


def test_missed_stands_out_whatever_the_share() -> None:
    windows = windows_shown(
        {"1h": {}, "24h": {"on_time": 99_999, "missed": 1}, "30d": {"on_time": 9, "late": 1}}
    )

    assert [window.lamp.style for window in windows] == ["off", "stop", "caution"]
    assert windows[1].lamp.word == "1 missed"


def test_the_histogram_has_a_bar_and_a_row_for_each_bucket() -> None:
    chart = skew_chart({"1h": {}, "24h": {"0.1": 30, "60": 3, "300": 1, "inf": 1}, "30d": {}})

    assert len(chart.bars) == len(chart.rows) == len(BUCKETS)
    assert [row.words for row in chart.rows[:2]] == ["up to 0.1 s", "0.1 to 0.25 s"]
    assert chart.rows[-1].words == "over 3,600 s"
    kinds = [bar.segments[0].kind for bar in chart.bars if bar.segments[0].height]
    assert kinds == ["on_time", "on_time", "late", "late"]
    assert chart.bars[0].segments[0].y == 0
