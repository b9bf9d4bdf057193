from datetime import timedelta

import pytest

from domain.rules.execution_states import ExecutionState
from web.presenters.words import (
    count_words,
    duration_words,
    health_lamp,
    size_words,
    state_lamp,
    verdict_lamp,
)

VERDICTS = ("fired", "filtered", "rate_limited", "deferred", "duplicate", "paused", "loop", "error")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 ms"),
        (0.0004, "0 ms"),
        (0.34, "340 ms"),
        (0.9996, "1 s"),
        (1, "1 s"),
        (1.25, "1.2 s"),
        (59.9, "59.9 s"),
        (60, "1 min"),
        (125, "2 min 5 s"),
        (3600, "1 h"),
        (12_000, "3 h 20 min"),
        (86_400, "1 d"),
        (187_200, "2 d 4 h"),
        (-5, "0 ms"),
    ],
)
def test_durations_in_words(seconds: float, words: str) -> None:
    assert duration_words(timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("octets", "words"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (2458, "2.4 KiB"), (1024**2, "1 MiB")],
)
def test_sizes_in_words(octets: int, words: str) -> None:
    assert size_words(octets) == words


def test_counts_in_words() -> None:
    assert [count_words(n, "event") for n in (0, 1, 1204)] == [
        "0 events",
        "1 event",
        "1,204 events",
    ]


def test_every_state_has_a_word_of_its_own() -> None:
    words = [state_lamp(state).word for state in ExecutionState]

    assert len(set(words)) == len(words) == 8


def test_every_verdict_has_a_word_of_its_own() -> None:
    words = [verdict_lamp(verdict).word for verdict in VERDICTS]

    assert len(set(words)) == len(words)
    assert verdict_lamp("rate_limited").word == "Rate limited"


def test_a_word_from_a_newer_version_is_spelled_out() -> None:
    assert state_lamp("held_back").word == "Held back"
    assert verdict_lamp("held_back").word == "Held back"


@pytest.mark.parametrize(
    ("enabled", "seen", "verdict", "finished", "failed", "word"),
    [
        (False, True, "error", "dead", 9, "Paused"),
        (True, False, None, None, 0, "Waiting"),
        (True, True, "filtered", None, 0, "Healthy"),
        (True, True, "fired", "succeeded", 0, "Healthy"),
        (True, True, "fired", "succeeded", 1, "Degraded"),
        (True, True, "fired", "dead", 0, "Failing"),
        (True, True, "error", "succeeded", 0, "Failing"),
        (True, True, "loop", "succeeded", 0, "Failing"),
    ],
)
def test_health_in_words(
    *, enabled: bool, seen: bool, verdict: str | None, finished: str | None, failed: int, word: str
) -> None:
    lamp = health_lamp(
        enabled=enabled, seen=seen, last_verdict=verdict, last_finished=finished, failed=failed
    )

    assert lamp.word == word
