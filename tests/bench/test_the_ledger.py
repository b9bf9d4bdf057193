from tests.bench.database import Kept
from tests.bench.ledger import at_target, in_database
from tests.support.target import LedgerLine

ONCE = Kept(events=1, decisions=1, executions=1, succeeded=1)


def call(event_id: str, key: str) -> LedgerLine:
    return LedgerLine(0, 0, key, event_id, "POST /ok")


def test_every_id_once_is_clean() -> None:
    found = at_target(["a", "b"], ["a", "b"], [call("a", "1"), call("b", "2")])
    assert found.clean
    assert (found.sent, found.accepted, found.repeats) == (2, 2, 0)


def test_an_accepted_id_that_never_came_is_lost() -> None:
    found = at_target(["a", "b"], ["a", "b"], [call("a", "1")])
    assert found.lost == ("b",)
    assert not found.clean


def test_an_id_that_was_refused_need_not_come() -> None:
    assert at_target(["a", "b"], ["a"], [call("a", "1")]).clean


def test_an_id_that_was_stored_but_not_answered_may_come() -> None:
    assert at_target(["a", "b"], ["a"], [call("a", "1"), call("b", "2")]).clean


def test_one_id_under_two_keys_is_doubled() -> None:
    found = at_target(["a"], ["a"], [call("a", "1"), call("a", "2")])
    assert found.doubled == ("a",)


def test_one_id_under_one_key_is_repeated_not_doubled() -> None:
    found = at_target(["a"], ["a"], [call("a", "1"), call("a", "1"), call("a", "1")])
    assert found.clean
    assert found.repeats == 2


def test_calls_without_a_key_cannot_be_told_apart_and_are_doubled() -> None:
    assert at_target(["a"], ["a"], [call("a", ""), call("a", "")]).doubled == ("a",)


def test_an_id_that_nobody_sent_is_astray() -> None:
    found = at_target(["a"], ["a"], [call("a", "1"), call("c", "2")])
    assert found.astray == ("c",)
    assert not found.clean


def test_an_execution_that_did_not_succeed_is_lost_in_the_database() -> None:
    kept = {"a": ONCE, "b": Kept(events=1, decisions=1, executions=1, succeeded=0)}
    found = in_database(["a", "b", "c"], ["a", "b", "c"], kept)
    assert found.lost == ("b", "c")


def test_two_executions_of_one_id_are_doubled_in_the_database() -> None:
    kept = {"a": Kept(events=1, decisions=1, executions=2, succeeded=1)}
    assert in_database(["a"], ["a"], kept).doubled == ("a",)
