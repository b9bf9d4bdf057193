from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.store.pages_executions import AttemptShown, StepShown
from web.presenters.timeline import Timeline, timeline

BEGIN = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def tried(number: int, begin: float, end: float | None, state: str = "failed") -> AttemptShown:
    return AttemptShown(number, state, None, None, at(begin), None if end is None else at(end))


def kinds(drawn: Timeline) -> list[str]:
    return [bar.kind for bar in drawn.rows[0].bars]


def test_the_bar_is_split_into_queue_attempt_backoff_and_attempt() -> None:
    attempts = [tried(1, 1, 2), tried(2, 6, 10, "succeeded")]

    drawn = timeline(at(0), at(0), attempts, [], at(99))

    bars = drawn.rows[0].bars
    assert kinds(drawn) == ["queue", "failed", "backoff", "succeeded"]
    assert [bar.x for bar in bars] == [0, 10, 20, 60]
    assert [bar.width for bar in bars] == [10, 10, 40, 40]
    assert bars[2].title == "Backoff: 4 s"


def test_what_waits_in_the_queue_is_all_queue() -> None:
    drawn = timeline(at(0), at(0), [], [], at(5))

    assert kinds(drawn) == ["queue"]
    assert drawn.rows[0].bars[0].width == 100


def test_a_running_attempt_reaches_to_now() -> None:
    drawn = timeline(at(0), at(0), [tried(1, 0, None, "running")], [], at(4))

    assert kinds(drawn) == ["running"]
    assert drawn.total == timedelta(seconds=4)


def test_a_wait_that_lies_ahead_reaches_to_its_end() -> None:
    drawn = timeline(at(0), at(10), [tried(1, 0, 2)], [], at(3))

    assert kinds(drawn) == ["failed", "backoff"]
    assert drawn.rows[0].bars[1].width == 80


def test_each_step_has_a_row_with_all_its_attempts() -> None:
    steps = [
        StepShown(
            number, 0, key, "http", "failed", None, None, None, None, at(begin), at(begin + 1)
        )
        for number, key, begin in ((1, "order", 0), (1, "mail", 1), (2, "order", 5))
    ]

    drawn = timeline(at(0), at(0), [tried(1, 0, 2), tried(2, 5, 6)], steps, at(6))

    assert [(row.label, len(row.bars)) for row in drawn.rows] == [
        ("Execution", 3),
        ("order", 2),
        ("mail", 1),
    ]
    assert drawn.axis_y == 3 * 34


@pytest.mark.parametrize(
    ("seconds", "labels"),
    [
        (0.008, ["0", "2 ms", "4 ms", "6 ms", "8 ms"]),
        (10, ["0", "2 s", "4 s", "6 s", "8 s", "10 s"]),
        (90, ["0", "20 s", "40 s", "1 min", "1 min 20 s"]),
    ],
)
def test_the_axis_counts_in_round_steps(seconds: float, labels: list[str]) -> None:
    drawn = timeline(at(0), at(0), [tried(1, 0, seconds)], [], at(seconds))

    assert [tick.label for tick in drawn.ticks] == labels


moments = st.floats(-10, 1_000_000)


@given(st.lists(st.tuples(moments, moments), max_size=8), moments, moments)
def test_nothing_is_ever_drawn_outside_the_picture(
    spans: list[tuple[float, float]], due: float, now: float
) -> None:
    attempts = [tried(n, min(span), max(span)) for n, span in enumerate(spans, start=1)]

    drawn = timeline(at(0), at(due), attempts, [], at(now))

    for bar in drawn.rows[0].bars:
        assert bar.width > 0
        assert bar.x >= 0
        assert bar.x + bar.width <= 100.001
    assert 1 <= len(drawn.ticks) <= 11


def test_the_wait_for_a_persons_word_is_no_backoff() -> None:
    unknown = AttemptShown(1, "unknown", "unknown_outcome", None, at(0), at(1))
    drawn = timeline(at(0), at(5), [unknown, tried(2, 5, 6, "succeeded")], [], at(99))
    assert [bar.title for bar in drawn.rows[0].bars][1] == "Held: 4 s"
