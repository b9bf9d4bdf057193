"""The steps of a workflow: what is taken, and what is refused at which field."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from domain.errors import InvalidInput
from domain.rules.json_values import JsonValue
from domain.rules.templates import References
from domain.rules.workflow_steps import parse_steps, references_in
from tests.rules.strategies import documents

NOTIFY = {"key": "notify", "kind": "http", "method": "POST", "url": "https://example.com/orders"}


def problems_of(raw: object) -> dict[str, str]:
    with pytest.raises(InvalidInput) as refusal:
        parse_steps(raw)
    return {problem.field: problem.message for problem in refusal.value.problems}


def of_one_step(**changes: Any) -> dict[str, str]:
    return problems_of([{**NOTIFY, **changes}])


def test_a_whole_step_is_taken() -> None:
    (step,) = parse_steps(
        [
            {
                **NOTIFY,
                "headers": {"X-Order": "{{ $.order.id }}", "Authorization": "{{ secrets.key }}"},
                "body": {"order": "{{ $.order.id }}"},
                "timeout_s": 2.5,
                "on_unknown": "give_up",
            }
        ]
    )
    assert (step.key, step.method, step.timeout_s, step.on_unknown) == (
        "notify",
        "POST",
        2.5,
        "give_up",
    )
    assert [name for name, _value in step.headers] == ["X-Order", "Authorization"]
    assert step.references == References(frozenset({"key"}), frozenset(), frozenset({"$.order.id"}))


def test_what_is_left_out_has_a_default() -> None:
    (step,) = parse_steps([{"key": "a", "kind": "http", "url": "http://example.com"}])
    assert (step.method, step.headers, step.body, step.timeout_s, step.on_unknown) == (
        "POST",
        (),
        None,
        10.0,
        "retry",
    )


@pytest.mark.parametrize("raw", [None, [], {}, "x", [NOTIFY] * 51])
def test_a_workflow_has_one_to_fifty_steps(raw: object) -> None:
    assert list(problems_of(raw)) == ["steps"]


def test_fifty_steps_are_taken() -> None:
    assert len(parse_steps([{**NOTIFY, "key": f"s{index}"} for index in range(50)])) == 50


def test_every_problem_is_told_at_its_own_field() -> None:
    raw = [
        {**NOTIFY, "url": "ftp://example.com", "method": "BREW", "colour": "red"},
        "x",
        {**NOTIFY, "key": "b", "body": {"a": "{{ x }}"}, "headers": {"Host": "a"}, "timeout_s": 0},
    ]
    assert sorted(problems_of(raw)) == [
        "steps.0.colour",
        "steps.0.method",
        "steps.0.url",
        "steps.1",
        "steps.2.body.a",
        "steps.2.headers.Host",
        "steps.2.timeout_s",
    ]


@pytest.mark.parametrize("key", [None, "", "1a", "A", "a-b", "a" * 41, "a b", "a\n", 7])
def test_a_key_is_a_short_word(key: object) -> None:
    assert list(of_one_step(key=key)) == ["steps.0.key"]


def test_a_key_is_used_once() -> None:
    assert list(problems_of([NOTIFY, NOTIFY])) == ["steps.1.key"]


@pytest.mark.parametrize("kind", [None, "mcp", 1])
def test_other_kinds_are_not_known_yet(kind: object) -> None:
    assert list(of_one_step(kind=kind)) == ["steps.0.kind"]


@pytest.mark.parametrize("method", ["GET\r\nX: y", "CONNECT", "TRACE", "get", "", None, 1])
def test_a80_methods_are_a_fixed_list(method: object) -> None:
    assert list(of_one_step(method=method)) == ["steps.0.method"]


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "example.com",
        "file:///etc/passwd",
        "http://127.0.0.1\\@evil.com/",
        "https://user:pass@example.com/",
        "https://example.com:99999/",
        "https://{{ $.host }}/",
        "https://example.com/{{ $.a",
        "https://example.com/a b",
    ],
)
def test_a77_a_url_that_readers_could_read_in_two_ways_is_refused(url: object) -> None:
    assert list(of_one_step(url=url)) == ["steps.0.url"]


def test_a_url_may_hold_placeholders_in_path_and_query() -> None:
    (step,) = parse_steps([{**NOTIFY, "url": "https://example.com/{{ $.id }}?p={{ event.id }}"}])
    assert step.url.filled_with("x") == "https://example.com/x?p=x"


@pytest.mark.parametrize(
    "name",
    [
        "Host",
        "content-length",
        "Transfer-Encoding",
        "CONNECTION",
        "Proxy-Authorization",
        "Idempotency-Key",
        "webhook-id",
        "Webhook-Signature",
    ],
)
def test_a79_headers_that_signalbox_sets_cannot_be_given(name: str) -> None:
    assert list(of_one_step(headers={name: "x"})) == [f"steps.0.headers.{name}"]


@pytest.mark.parametrize("name", ["", "a b", "a:b", "a\r\nb", "ä", "a" * 101])
def test_a79_a_header_has_a_header_name(name: str) -> None:
    assert list(of_one_step(headers={name: "x"})) == ["steps.0.headers"]


@pytest.mark.parametrize("value", ["a\r\nX: y", "a\0", 7, None, "{{ x }}"])
def test_a79_a_header_has_a_text_of_one_line(value: object) -> None:
    assert list(of_one_step(headers={"X-A": value})) == ["steps.0.headers.X-A"]


def test_a_header_is_given_once_whatever_its_case() -> None:
    assert list(of_one_step(headers={"X-A": "1", "x-a": "2"})) == ["steps.0.headers.x-a"]


@pytest.mark.parametrize("headers", ["x", [], {f"x-{index}": "a" for index in range(51)}])
def test_headers_are_an_object_of_fifty_at_most(headers: object) -> None:
    assert list(of_one_step(headers=headers)) == ["steps.0.headers"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_some_methods_carry_no_body(method: str) -> None:
    assert list(of_one_step(method=method, body={})) == ["steps.0.body"]
    parse_steps([{**NOTIFY, "method": method, "body": None}])


@pytest.mark.parametrize("timeout_s", [0, -1, 60.1, "10", True, None, float("nan")])
def test_a_timeout_is_above_zero_and_a_minute_at_most(timeout_s: object) -> None:
    assert list(of_one_step(timeout_s=timeout_s)) == ["steps.0.timeout_s"]


@pytest.mark.parametrize("timeout_s", [0.1, 60, Decimal("2.5")])
def test_timeouts_inside_the_bounds_are_taken(timeout_s: float) -> None:
    assert parse_steps([{**NOTIFY, "timeout_s": timeout_s}])[0].timeout_s == float(timeout_s)


def test_on_unknown_is_one_of_three() -> None:
    assert parse_steps([{**NOTIFY, "on_unknown": "hold"}])[0].on_unknown == "hold"
    assert list(of_one_step(on_unknown="hope")) == ["steps.0.on_unknown"]


def test_a_step_refers_to_earlier_steps_only() -> None:
    first = {**NOTIFY, "key": "first"}
    second = {**NOTIFY, "key": "second", "body": "{{ steps.first.response.status }}"}
    assert len(parse_steps([first, second])) == 2
    assert "first" in problems_of([second, first])["steps.0"]
    own = {**NOTIFY, "headers": {"X-A": "{{ steps.notify.response.body.id }}"}}
    assert "notify" in problems_of([own])["steps.0"]


def test_a_workflow_tells_which_secrets_it_needs() -> None:
    steps = parse_steps(
        [
            {**NOTIFY, "url": "https://example.com/?k={{ secrets.a }}"},
            {**NOTIFY, "key": "b", "headers": {"X": "{{ secrets.b }}"}, "body": "{{ secrets.c }}"},
        ]
    )
    assert references_in(steps).secrets == {"a", "b", "c"}


@given(documents)
def test_nothing_that_is_sent_raises_anything_but_invalid_input(document: JsonValue) -> None:
    for raw in ([document], [{**NOTIFY, "headers": document}], [{**NOTIFY, "body": document}]):
        try:
            parse_steps(raw)
        except InvalidInput as refusal:
            assert refusal.problems  # noqa: PT017  # Refusing is right; this is about no third way.
