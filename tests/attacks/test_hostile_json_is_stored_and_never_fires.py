"""Rows A5 to A14 of the attack catalogue: ingest takes any bytes; what cannot be read as JSON
without doubt gets the verdict `error` with the reason, and starts nothing."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.attacks.stored import Stored
from tests.support.installation import Hook, Team, wait_until

JSON = {"content-type": "application/json"}


def nested(opening: bytes, closing: bytes, depth: int) -> bytes:
    innermost = b"1" if opening.endswith(b":") else b""
    return opening * depth + innermost + closing * depth


def with_keys(number: int) -> bytes:
    return b"{" + b",".join(b'"k%d":0' % key for key in range(number)) + b"}"


UNREADABLE = [
    pytest.param(b"[" * 100_000, "json_too_deep", id="A5-brackets"),
    pytest.param(nested(b"[", b"]", 100_000), "json_too_deep", id="A5-closed"),
    pytest.param(nested(b'{"a":', b"}", 50_000), "json_too_deep", id="A5-objects"),
    pytest.param(nested(b"[", b"]", 65), "json_too_deep", id="A5-one-beyond-64"),
    pytest.param(b'{"id":"\xff"}', "invalid_utf8", id="A6-stray-byte"),
    pytest.param(b'{"id":"\xc0\xaf"}', "invalid_utf8", id="A6-overlong"),
    pytest.param(b'{"id":"\xed\xa0\x80"}', "invalid_utf8", id="A6-surrogate"),
    pytest.param(b'{"id":"\\ud800"}', "lone_surrogate", id="A8-lone"),
    pytest.param(b'{"id":"\\udc00\\ud800"}', "lone_surrogate", id="A8-reversed"),
    pytest.param(b'{"\\ud800":1}', "lone_surrogate", id="A8-key"),
    pytest.param(b'{"id":NaN}', "number_out_of_range", id="A9-NaN"),
    pytest.param(b'{"id":Infinity}', "number_out_of_range", id="A9-Infinity"),
    pytest.param(b'{"id":-Infinity}', "number_out_of_range", id="A9-minus-Infinity"),
    pytest.param(b'{"id":1e400}', "number_out_of_range", id="A9-1e400"),
    pytest.param(b'{"id":' + b"9" * 5_000 + b"}", "number_out_of_range", id="A10-5000-digits"),
    pytest.param(b'{"id":' + b"9" * 4_300 + b"}", "number_out_of_range", id="A10-4300-digits"),
    pytest.param(b'{"id":' + b"9" * 401 + b"}", "number_out_of_range", id="A10-401-digits"),
    pytest.param(b'{"id":1e131072}', "number_out_of_range", id="A11"),
    pytest.param(b'{"role":"user","role":"admin"}', "duplicate_key", id="A12"),
    pytest.param(b'{"a":1,"\\u0061":2}', "duplicate_key", id="A12-escaped"),
    pytest.param(with_keys(10_001), "too_many_keys", id="A13-one-beyond-10000"),
    pytest.param(with_keys(90_000), "too_many_keys", id="A13-as-many-as-fit"),
    pytest.param(b'{"id":', "invalid_json", id="cut off"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "reason"), UNREADABLE)
def test_it_is_accepted_judged_as_an_error_and_starts_nothing(
    alice: Team, hook: Hook, stored: Stored, body: bytes, reason: str
) -> None:
    answer = httpx.post(hook.url, content=body, headers=JSON)
    assert answer.status_code == 202
    event_id = answer.json()["event_id"]
    decision = alice.decision(event_id)
    assert (decision["verdict"], decision["reason"]) == ("error", reason)
    assert decision["trace"]["parse_error"] == reason
    assert alice.event(event_id)["executions"] == []
    assert stored.event(event_id)["body"] == body


@pytest.mark.parametrize(
    ("clause", "body"),
    [
        pytest.param(("$.a", "starts_with", "x"), b'{"a":"x\\u0000"}', id="A7-value"),
        pytest.param(("$.a", "contains", "y"), b'{"a":"\\u0000y"}', id="A7-before"),
        pytest.param(("$.*", "eq", 1), b'{"k\\u0000":1}', id="A7-key"),
        pytest.param(("$.a", "exists"), b'{"a":{"\\u0000":"\\u0000"}}', id="A7-shown-whole"),
        pytest.param(("$.a", "eq", 0), b'{"a":-0}', id="A9-minus-zero"),
        pytest.param(("$.a", "gt", 0), b'{"a":1e-400}', id="A9-1e-400"),
        pytest.param(("$.a", "eq", 2**63), b'{"a":9223372036854775808}', id="A10-2^63"),
        pytest.param(("$.a", "eq", 2**64), b'{"a":18446744073709551616}', id="A10-2^64"),
        pytest.param(("$.a", "gt", 2**64), b'{"a":' + b"9" * 400 + b"}", id="A10-400-digits"),
        pytest.param(("$.a", "ne", 2**53), b'{"a":9007199254740993}', id="A10-2^53+1"),
        pytest.param(("$.k9999", "eq", 0), with_keys(10_000), id="A13-10000-keys"),
        pytest.param(("$[0]", "eq", 1), b"[1" + b",1" * 500_000 + b"]", id="A14-items"),
        pytest.param(("$.a", "ne", "x"), b'{"a":"' + b"x" * 1_000_000 + b'"}', id="A14-text"),
        pytest.param(("$[0][0]", "exists"), nested(b"[", b"]", 64), id="A5-64-deep"),
    ],
)
def test_what_is_odd_but_sound_is_judged_exactly(
    alice: Team, stored: Stored, clause: tuple[Any, ...], body: bytes
) -> None:
    conditions = {"all": [dict(zip(("path", "op", "value"), clause, strict=False))]}
    hook = alice.trigger(alice.workflow(fixed_call(alice)), conditions=conditions)
    answer = httpx.post(hook.url, content=body, headers=JSON)
    assert answer.status_code == 202
    event_id = answer.json()["event_id"]
    decision = alice.decision(event_id)
    assert decision["verdict"] == "fired", decision
    assert stored.event(event_id)["body"] == body
    wait_until(state_of(alice, event_id, "succeeded"), what="its execution")


def fixed_call(alice: Team) -> dict[str, Any]:
    return alice.step(body={"id": "fixed"})


def state_of(alice: Team, event_id: str, state: str) -> Callable[[], bool]:
    def reached() -> bool:
        return [each["state"] for each in alice.event(event_id)["executions"]] == [state]

    return reached
