"""Who is let through a gate: never more than there are places, and nobody past who waits longer."""

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domain.rules.gates import Candidate, GateNow, let_through, still_limited
from domain.rules.gates import gates_of as gates_of_event
from domain.rules.limits import parse_limits
from domain.rules.subjects import Subject, subject_of

CAP, OTHER, ORDER = UUID(int=1), UUID(int=2), UUID(int=3)
IDS = st.integers(10, 40).map(lambda number: UUID(int=number))


def body(text: bytes) -> Subject:
    row = {
        "id": UUID(int=9), "trigger_id": UUID(int=8), "kind": "webhook",
        "received_at": datetime(2026, 11, 23, tzinfo=UTC),
        "headers": "[]", "query": "", "content_type": "application/json", "title": "",
        "sender_id": None, "body": text, "chain_depth": 0,
    }  # fmt: skip
    return subject_of(row, 1)


@given(st.sets(IDS), st.sets(IDS), st.integers(0, 8), st.integers(0, 8))
def test_no_more_pass_than_there_are_places_at_any_of_their_gates(
    due: set[UUID], waiting: set[UUID], places: int, others: int
) -> None:
    gates = {
        CAP: GateNow(False, places, tuple(sorted(waiting)[:places])),
        OTHER: GateNow(False, others),
    }
    passed = let_through([Candidate(each, (CAP, OTHER)) for each in sorted(due)], gates)
    assert len(passed.through) <= min(places, others)
    assert set(passed.through) | set(passed.held) == due
    for each in passed.through:
        older = [other for other in sorted(waiting)[:places] if other < each and other not in due]
        ahead = [other for other in passed.through if other < each]
        assert len(older) + len(ahead) < places


@given(st.sets(IDS, min_size=1), st.one_of(st.none(), IDS))
def test_of_an_order_only_the_one_whose_turn_it_is_passes(
    due: set[UUID], turn: UUID | None
) -> None:
    gates = {ORDER: GateNow(True, turn=turn)}
    passed = let_through([Candidate(each, (ORDER,)) for each in sorted(due)], gates)
    assert set(passed.through) == ({turn} & due)
    assert all(held == ("order", ORDER) for held in passed.held.values())


def test_a_gate_that_is_gone_holds_nobody_back() -> None:
    assert let_through([Candidate(UUID(int=10), (CAP,))], {}).through == (UUID(int=10),)


def test_the_gate_of_the_order_comes_first_and_equal_keys_share_theirs() -> None:
    limits = parse_limits({"concurrency": [{"most": 2}, {"most": 1, "key": "$.a"}],
                           "in_order": {"key": "$.a"}})  # fmt: skip
    first, second, other = (
        gates_of_event(limits, CAP, body(text)) for text in (b'{"a": 1}', b'{"a":1.0}', b'{"a": 2}')
    )
    assert [gate.scope for gate in first] == ["order", "trigger", "key"]
    assert first == second
    assert first[1] == other[1]
    assert first[0].id != other[0].id
    assert first[2].key == "$.a = 1"


def test_a_gate_is_as_its_trigger_has_it_now() -> None:
    (gate,) = gates_of_event(parse_limits({"concurrency": [{"most": 1, "key": "$.a"}]}), CAP,
                             body(b'{"a": 1}'))  # fmt: skip
    wider = still_limited(gate, parse_limits({"concurrency": [{"most": 3, "key": "$.a"}]}))
    assert wider is not None
    assert wider.most == 3
    assert still_limited(gate, parse_limits({"concurrency": [{"most": 3, "key": "$.ab"}]})) is None
    assert still_limited(gate, parse_limits({"in_order": {"key": "$.a"}})) is None
