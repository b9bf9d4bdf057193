"""A checker that finds nothing proves nothing, unless it finds what is there: each test here breaks
sound facts in one way."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.faults.checker import Facts, violations
from tests.faults.sender import Answer, Sent
from tests.faults.windows import Limited
from tests.support.target import LedgerLine


def call(event: str, key: str, request: str = "POST /notify") -> LedgerLine:
    return LedgerLine(0, 0, key, event, request)


def attempt(execution: str, number: int, state: str, **why: Any) -> dict[str, Any]:
    about = {"reason": None, "message": None, **why}
    return {"execution_id": execution, "number": number, "state": state, **about}


def execution(id_: str, event: str, state: str, **more: Any) -> dict[str, Any]:
    about = {"reason": None, "attempt": 1, "last_error": None, **more}
    return {"id": id_, "event_id": event, "state": state, **about}


def sound() -> Facts:
    """Three deliveries: one succeeded after an attempt that nobody saw the end of, one could not be
    carried out, one did not match."""
    return Facts(
        sent=[
            Sent("a", "", "succeeded", [Answer(503), Answer(202, "1", False)]),
            Sent("b", "", "dead", [Answer(202, "2", False), Answer(202, "2", True)]),
            Sent("c", "", "filtered", [Answer(202, "3", False)]),
        ],
        events=[
            {"id": "1", "sender_id": "a"},
            {"id": "2", "sender_id": "b"},
            {"id": "3", "sender_id": "c"},
        ],
        decisions=[
            {"event_id": "1", "verdict": "fired", "execution_id": "x"},
            {"event_id": "2", "verdict": "fired", "execution_id": "y"},
            {"event_id": "3", "verdict": "filtered", "execution_id": None},
        ],
        executions=[
            execution("x", "1", "succeeded", attempt=2),
            execution("y", "2", "dead", reason="bad_status", last_error="It answered 500."),
        ],
        attempts=[
            attempt("x", 1, "unknown", reason="worker_lost"),
            attempt("x", 2, "succeeded"),
            attempt("y", 1, "failed", reason="bad_status", message="The target answered 500."),
        ],
        pending=0,
        strays=0,
        calls=[call("a", "k1"), call("a", "k1"), call("b", "k2", "POST /status/500")],
    )


def found(**broken: Any) -> list[str]:
    return list(violations(replace(sound(), **broken)))


def test_sound_facts_break_nothing() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("column", "remove"),
    [("events", 0), ("decisions", 1), ("executions", 0), ("attempts", 1), ("calls", 2)],
)
def test_it_misses_what_is_gone(column: str, remove: int) -> None:
    rows = list(getattr(sound(), column))
    del rows[remove]
    assert found(**{column: rows})


@pytest.mark.parametrize("column", ["events", "decisions", "executions", "attempts"])
def test_it_sees_what_is_there_twice(column: str) -> None:
    rows = list(getattr(sound(), column))
    assert found(**{column: [*rows, rows[0]]})


def test_it_sees_a_promise_that_names_another_event() -> None:
    sent = [Sent("a", "", "succeeded", [Answer(202, "9", False)]), *sound().sent[1:]]
    assert "was promised as" in found(sent=sent)[0]


def test_it_sees_an_id_that_was_new_twice() -> None:
    answers = [Answer(202, "1", False), Answer(202, "1", False)]
    sent = [Sent("a", "", "succeeded", answers), *sound().sent[1:]]
    assert found(sent=sent) == ["I1: a was accepted as new more than once"]


def test_it_sees_an_event_that_nobody_sent() -> None:
    assert "I1: nobody sent a" in found(sent=sound().sent[1:])


def test_it_sees_a_repeat_under_another_key() -> None:
    (problem,) = found(calls=[call("a", "k1"), call("a", "k3"), call("b", "k2")])
    assert problem.startswith("I5: ('a', 'POST /notify') came under the keys")


@pytest.mark.parametrize("key", ["", "k2"], ids=["no key", "the key of another"])
def test_it_sees_a_key_that_tells_nothing(key: str) -> None:
    assert found(calls=[call("a", key), call("b", "k2")])


def test_it_sees_more_calls_than_attempts() -> None:
    (problem,) = found(calls=[call("a", "k1"), call("b", "k2"), call("b", "k2")])
    assert problem == "I5: ('b', 'POST /notify') came 2 times in 1 attempts"


def test_it_sees_a_call_for_what_did_not_match() -> None:
    assert found(calls=[*sound().calls, call("c", "k4")])


def test_it_sees_what_still_waits() -> None:
    running = {"id": "x", "event_id": "1", "state": "running", "reason": None, "attempt": 2}
    assert any(p.startswith("I4") for p in found(executions=[running, sound().executions[1]]))
    assert found(pending=1) == ["I4: 1 events wait for a decision"]


def test_it_sees_a_dead_letter_that_does_not_say_why() -> None:
    silent = [*sound().attempts[:2], attempt("y", 1, "failed")]
    assert found(attempts=silent) == ["I6: b is dead, and nothing says why"]


def test_it_sees_rows_outside_the_partitions() -> None:
    assert found(strays=2) == ["2 rows lie in default partitions"]


START = datetime(2026, 11, 28, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def admission(counted_at: float | None, came_at: float = 0, began_at: float = 9) -> dict[str, Any]:
    counted = None if counted_at is None else at(counted_at)
    return {"sender_id": "a", "received_at": at(came_at), "counted_at": counted,
            "began_at": at(began_at)}  # fmt: skip


def let_through(*admissions: dict[str, Any], **more: Any) -> list[str]:
    """What it finds of a trigger that may start two in any two seconds."""
    return found(limited=Limited(uuid4(), 2, 2), admissions=admissions, **more)


def test_a_window_that_holds_breaks_nothing() -> None:
    assert let_through(*map(admission, (0, 1.9, 2, 3.9))) == []


def test_it_sees_a_window_that_let_too_many_through() -> None:
    counted = [admission(each) for each in (3.2, 1.1, 0, 1.2)]
    (problem,) = let_through(*counted)
    assert problem == f"I7: 3 were let through in 1.2 s, from {START} on"
    assert let_through(*counted, forgotten=[(at(1.15), at(1.16))]) == []
    assert let_through(*counted, forgotten=[(at(2), at(5))]) == [problem]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (admission(None), "nobody counted a"),
        (admission(2, came_at=4), "a was counted before it came"),
        (admission(8, began_at=5), "a began before it was counted"),
    ],
)
def test_it_sees_what_was_not_counted_when_it_had_to_be(wrong: dict[str, Any], told: str) -> None:
    assert let_through(wrong) == [f"I7: {told}"]
