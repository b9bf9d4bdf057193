"""What limits may say: every problem at its field, and which windows an event is counted in."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.rules.json_values import same
from domain.rules.limit_keys import MOST_CHARACTERS, NONE, canonical_text, read_key
from domain.rules.limit_windows import windows_of
from domain.rules.limits import (
    NO_LIMITS,
    Batch,
    Concurrency,
    Debounce,
    InOrder,
    Limits,
    Rate,
    Singleton,
    check_kind,
    parse_global_rates,
    parse_limits,
    parse_rates,
)
from domain.rules.subjects import NOTHING, Subject
from tests.rules.limit_samples import subject

KEY = read_key("$.customer.id")
TRIGGER, TEAM = UUID(int=1), UUID(int=2)


def problems_of(raw: Any) -> dict[str, str]:
    with pytest.raises(InvalidInput) as refused:
        parse_limits(raw)
    return {problem.field: problem.message for problem in refused.value.problems}


def test_nothing_said_is_no_limit() -> None:
    assert parse_limits(None) == parse_limits({}) == NO_LIMITS


def test_all_that_can_be_said_is_read() -> None:
    raw = {
        "rate": [
            {"most": 100, "per_s": 60, "key": "$.customer.id", "when_unavailable": "closed"},
            {"most": 1000, "per_s": 3600},
        ],
        "over": "drop",
        "max_wait_s": 600,
        "debounce": {"quiet_s": 5, "keep": "first", "key": "$.customer.id", "most_s": 60},
        "batch": {"most": 50, "within_s": 30},
        "concurrency": [{"most": 5}, {"most": 1, "key": "$.customer.id"}],
        "in_order": {"key": "$.customer.id"},
        "singleton": {"mode": "cancel"},
    }
    assert parse_limits(raw) == Limits(
        rates=(Rate(100, 60, KEY, "closed"), Rate(1000, 3600)),
        over="drop",
        max_wait_s=600,
        debounce=Debounce(5, "first", KEY, 60),
        batch=Batch(50, 30),
        concurrency=(Concurrency(5), Concurrency(1, KEY)),
        in_order=InOrder(KEY),
        singleton=Singleton("cancel"),
    )
    assert parse_limits({"in_order": {}}).in_order == InOrder()


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ([], "limits"),
        ("100/60", "limits"),
        ({"per_minute": 5}, "limits.per_minute"),
        ({"rate": {"most": 1, "per_s": 1}}, "limits.rate"),
        ({"rate": [None]}, "limits.rate.0"),
        ({"rate": [{"most": 1}]}, "limits.rate.0.per_s"),
        ({"rate": [{"most": 0, "per_s": 1}]}, "limits.rate.0.most"),
        ({"rate": [{"most": 1, "per_s": 604_801}]}, "limits.rate.0.per_s"),
        ({"rate": [{"most": True, "per_s": 1}]}, "limits.rate.0.most"),
        ({"rate": [{"most": 1.5, "per_s": 1}]}, "limits.rate.0.most"),
        ({"rate": [{"most": 1, "per_s": 1, "key": "customer"}]}, "limits.rate.0.key"),
        ({"rate": [{"most": 1, "per_s": 1, "burst": 5}]}, "limits.rate.0.burst"),
        ({"rate": [{"most": 1, "per_s": 1}] * 6}, "limits.rate"),
        ({"rate": [{"most": 1, "per_s": 1}, {"most": 2, "per_s": 1}]}, "limits.rate.1.per_s"),
        ({"rate": [{"most": 1, "per_s": 1, "when_unavailable": "maybe"}]},
         "limits.rate.0.when_unavailable"),
        ({"over": "ignore"}, "limits.over"),
        ({"max_wait_s": 0}, "limits.max_wait_s"),
        ({"debounce": {}}, "limits.debounce.quiet_s"),
        ({"debounce": {"quiet_s": 60, "most_s": 59}}, "limits.debounce.most_s"),
        ({"batch": {"most": 1, "within_s": 5}}, "limits.batch.most"),
        ({"batch": 5}, "limits.batch"),
        ({"concurrency": [{"most": 1}, {"most": 2}]}, "limits.concurrency.1.key"),
        ({"in_order": True}, "limits.in_order"),
        ({"singleton": {}}, "limits.singleton.mode"),
        ({"over": "refuse", "rate": [{"most": 1, "per_s": 1, "key": "$.a"}]},
         "limits.rate.0.key"),
        ({"in_order": {}, "rate": [{"most": 1, "per_s": 1, "key": "$.a"}]}, "limits.rate.0.key"),
        ({"in_order": {"key": "$.b"}, "rate": [{"most": 1, "per_s": 1, "key": "$.a"}]},
         "limits.rate.0.key"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_at_its_field(raw: Any, field: str) -> None:
    assert field in problems_of(raw)


def test_all_problems_are_told_at_once() -> None:
    raw = {"rate": [{"most": 0, "per_s": 0}], "over": "x", "batch": {}, "more": 1}
    assert set(problems_of(raw)) == {
        "limits.rate.0.most", "limits.rate.0.per_s", "limits.over", "limits.batch.most",
        "limits.batch.within_s", "limits.more",
    }  # fmt: skip


def test_only_a_webhook_can_refuse() -> None:
    refusing = parse_limits({"over": "refuse", "rate": [{"most": 1, "per_s": 1}]})
    check_kind(refusing, "webhook")
    with pytest.raises(InvalidInput):
        check_kind(refusing, "schedule")


def test_a_team_and_an_operator_have_windows_without_keys() -> None:
    assert parse_rates([{"most": 5, "per_s": 1}]) == (Rate(5, 1),)
    assert parse_global_rates(" 1000/1, 50000/60,") == (Rate(1000, 1), Rate(50_000, 60))
    assert parse_global_rates("") == ()
    for wrong in ("1000", "1/0", "1/2/3", "-1/5", "x/1", "99999999999/1", "1/1,2/1"):
        with pytest.raises(InvalidInput):
            parse_global_rates(wrong)
    with pytest.raises(InvalidInput):
        parse_rates([{"most": 5, "per_s": 1, "key": "$.a"}])


scalars = st.none() | st.booleans() | st.integers() | st.decimals(
    allow_nan=False, allow_infinity=False, places=3
) | st.text(max_size=5)  # fmt: skip
values = st.recursive(scalars, lambda each: st.lists(each, max_size=3) | st.dictionaries(
    st.text(max_size=3), each, max_size=3), max_leaves=6)  # fmt: skip


@given(values, values)
def test_a_key_tells_values_apart_as_conditions_do(one: Any, other: Any) -> None:
    key = read_key("$")
    assert (key.value_in(one) == key.value_in(other)) == same(one, other)
    assert (canonical_text(one) == canonical_text(other)) == same(one, other)


def test_numbers_of_many_digits_are_keys_of_their_own() -> None:
    texts = {canonical_text(Decimal(f"{'9' * 40}.{end}")) for end in ("1", "10", "2")}
    assert len(texts) == 2


def test_a_key_is_short_and_says_when_there_is_nothing() -> None:
    long = [KEY.value_in({"customer": {"id": "x" * 500 + end}}) for end in "ab"]
    assert [len(text) for text in long] == [MOST_CHARACTERS] * 2
    assert long[0] != long[1]
    assert KEY.value_in({"customer": {}}) == KEY.value_in(NOTHING) == NONE
    assert KEY.value_in({"customer": {"id": NONE}}) == f'"{NONE}"'
    assert read_key("$.a[*]").value_in({"a": [2, 1]}) == "[2,1]"


def test_an_event_is_counted_in_all_windows_that_apply() -> None:
    limits = parse_limits(
        {"rate": [{"most": 9, "per_s": 60}, {"most": 3, "per_s": 60, "key": "$.customer.id"}]}
    )

    def windows(event: Subject, raised: int = 0) -> Any:
        return windows_of(limits, (Rate(50 + raised, 1),), (Rate(500, 1),), TRIGGER, TEAM, event)

    found = windows(subject({"customer": {"id": "c-7"}}))
    told = [(w.label.scope, w.most, w.label.path, w.label.value) for w in found]
    assert told == [
        ("trigger", 9, None, None), ("key", 3, "$.customer.id", '"c-7"'),
        ("team", 50, None, None), ("global", 500, None, None),
    ]  # fmt: skip
    other = windows(subject({"customer": {"id": "c-8"}}), raised=5)
    assert [a.key == b.key for a, b in zip(found, other, strict=True)] == [True, False, True, True]
    assert found[1].index == other[1].index
