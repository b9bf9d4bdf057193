"""What limits would have done: the simulation against the plain rule of sliding windows."""

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.rules.limit_trials import LimitTrial
from domain.rules.limits import Limits, parse_limits
from tests.rules.limit_samples import NOW

SECOND = 1_000_000
START = int(NOW.timestamp()) * SECOND
Event = tuple[int, str, bool]  # microseconds since the start, customer, whether it matches

limits_of_all_kinds = st.builds(
    lambda rates, over, wait, more: parse_limits(
        {"rate": rates, "over": over, "max_wait_s": wait, **more}
    ),
    st.lists(
        st.fixed_dictionaries(
            {"most": st.integers(1, 4), "per_s": st.integers(1, 20)},
            optional={"key": st.just("$.customer")},
        ),
        max_size=3,
        unique_by=lambda rate: (rate["per_s"], "key" in rate),
    ),
    st.sampled_from(["defer", "drop"]),
    st.integers(1, 60),
    st.sampled_from(
        [
            {},
            {"debounce": {"quiet_s": 2, "most_s": 5}},
            {"debounce": {"quiet_s": 3, "keep": "first", "key": "$.customer"}},
            {"batch": {"most": 3, "within_s": 4, "key": "$.customer"}},
        ]
    ),
)
histories = st.lists(
    st.tuples(st.integers(0, 40 * SECOND), st.sampled_from("abc"), st.booleans()), max_size=40
).map(sorted)


def simulated(limits: Limits, events: list[Event]) -> tuple[LimitTrial, list[tuple[Any, int]]]:
    started: list[tuple[Any, int]] = []
    trial = LimitTrial(limits, lambda members, at: started.append((members, at)))
    for offset, customer, matched in events:
        at = NOW + timedelta(microseconds=offset)
        trial.add(at, {"customer": customer}, matched=matched)
    trial.advance(None, 1_000_000)
    return trial, started


@settings(max_examples=300)
@given(limits_of_all_kinds, histories)
def test_every_event_ends_once_and_no_window_ever_holds_too_many(
    limits: Limits, events: list[Event]
) -> None:
    trial, started = simulated(limits, events)

    days = trial.days.values()
    matched = sum(day.matched for day in days)
    assert matched == sum(kept for _, _, kept in events)
    assert matched == sum(
        day.passed + day.over_limit + day.too_late + day.debounced for day in days
    )
    assert sum(day.passed for day in days) == sum(len(members) for members, _ in started)
    assert sum(day.executions for day in days) == len(started)
    assert all(day.longest_wait_s <= limits.max_wait_s for day in days)
    instants = [at for _, at in started]
    assert instants == sorted(instants)
    for rate in limits.rates:
        if rate.key is None:
            later = zip(instants, instants[rate.most :], strict=False)
            assert all(last - first >= rate.per_s * SECOND for first, last in later)


@settings(max_examples=200)
@given(st.integers(1, 4), st.integers(1, 10), histories)
def test_who_waits_passes_as_soon_as_there_is_room_and_in_order(
    most: int, per_s: int, events: list[Event]
) -> None:
    """The rule, written once more as plainly as can be: the n-th passes when it came, or when the
    one `most` before it has left the window, whichever is later."""
    limits = parse_limits({"rate": [{"most": most, "per_s": per_s}], "max_wait_s": 604_800})
    _, started = simulated(limits, events)

    expected: list[tuple[tuple[int, ...], int]] = []
    for offset in (offset for offset, _, kept in events if kept):
        came, at = START + offset, START + offset
        if len(expected) >= most:
            at = max(at, expected[-most][1] + per_s * SECOND)
        expected.append(((came,), at))

    assert started == expected


def test_what_each_day_came_to_is_told_with_peaks_and_keys() -> None:
    limits = parse_limits({"rate": [{"most": 1, "per_s": 60, "key": "$.customer"}]})
    events: list[Event] = [(n * SECOND, "ab"[n == 3], True) for n in range(4)]
    trial, started = simulated(limits, [*events, (90_000 * SECOND, "a", False)])

    first, second = (trial.days[day] for day in sorted(trial.days))
    assert (first.events, first.matched, first.passed, first.deferred) == (4, 4, 4, 2)
    assert first.longest_wait_s == 118
    assert (second.events, second.matched) == (1, 0)
    assert (trial.peaks[0].count, trial.peaks[0].value) == (3, '"a"')
    counts = trial.values["$.customer"]
    assert {value: (c.events, c.held) for value, c in counts.items()} == {
        '"a"': (3, 2), '"b"': (1, 0),
    }  # fmt: skip
    assert [(at - START) // SECOND for _, at in started] == [0, 3, 60, 120]


def test_a_door_that_refuses_counts_what_would_not_match_too() -> None:
    limits = parse_limits({"rate": [{"most": 2, "per_s": 60}], "over": "refuse"})
    trial, started = simulated(
        limits, [(n * SECOND, "a", kept) for n, kept in enumerate([False, True, True, False])]
    )

    (day,) = trial.days.values()
    assert (day.events, day.matched, day.passed, day.over_limit) == (4, 2, 1, 1)
    assert len(started) == 1


def test_many_keys_that_wait_for_the_same_window_cost_no_more_than_few() -> None:
    limits = parse_limits(
        {"rate": [{"most": 1, "per_s": 3600, "key": "$.customer"}, {"most": 10, "per_s": 1}]}
    )
    trial = LimitTrial(limits)
    for n in range(20_000):
        trial.add(NOW + timedelta(milliseconds=n), {"customer": n % 10_000}, matched=True)
    trial.advance(None, 1_000_000)
    (day, *_) = trial.days.values()
    assert day.passed + day.too_late == 20_000
