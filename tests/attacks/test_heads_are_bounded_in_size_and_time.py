"""Row A24 of the attack catalogue, and A4 for the head of a request: before anything of ours runs,
no sender can make the server remember or wait without end."""

import time

import pytest

from tests.attacks.raw import Connection, exchange, post
from tests.attacks.stored import Stored
from tests.support.installation import Hook, Installation

HEAD_WITHIN_S = 10.0
MEGABYTE = 1_000_000


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param([(f"X-{number}", "a") for number in range(300)], id="300 headers"),
        pytest.param([("X-A", "a" * 65_536)], id="a header of 64 KB"),
        pytest.param([(f"X-{number}", "a" * 1_000) for number in range(64)], id="64 KB in 64"),
        pytest.param([("X" * 65_536, "a")], id="a name of 64 KB"),
        pytest.param([("X-A", "a\0b")], id="NUL"),
        pytest.param([("X-A", "a\r\n b")], id="a folded line"),
        pytest.param([("X-A", "a\rb")], id="a bare carriage return"),
    ],
)
def test_a24_such_a_head_is_refused(
    signalbox: Installation, hook: Hook, stored: Stored, headers: list[tuple[str, str]]
) -> None:
    before = stored.events_of(hook.id)
    answer = exchange(signalbox.port, post(hook.path, b"{}", *headers))
    assert (answer.status, answer.closed) == (400, True)
    assert stored.events_of(hook.id) == before


def test_a24_an_address_of_64_kb_is_refused(signalbox: Installation, hook: Hook) -> None:
    answer = exchange(signalbox.port, post(f"{hook.path}?q={'a' * 65_536}"))
    assert (answer.status, answer.closed) == (400, True)


@pytest.mark.parametrize(
    ("begin", "part"),
    [
        pytest.param(b"POST / HTTP/1.1\r\nX-A: ", b"a" * MEGABYTE, id="one line"),
        pytest.param(b"POST / HTTP/1.1\r\n", b"X-A: a\r\n" * (MEGABYTE // 8), id="many lines"),
        pytest.param(b"POST /", b"a" * MEGABYTE, id="the address"),
        pytest.param(b"", b"X" * MEGABYTE, id="the method"),
    ],
)
def test_a24_a_head_without_end_is_cut_off(
    signalbox: Installation, begin: bytes, part: bytes
) -> None:
    with Connection(signalbox.port) as connection:
        connection.send(begin)
        for _ in range(20):
            if not connection.send(part):
                return
    pytest.fail("20 MB of a head were taken")


def test_a24_many_small_headers_and_one_large_are_accepted(
    signalbox: Installation, hook: Hook
) -> None:
    headers = [(f"X-{number}", "a" * 100) for number in range(90)] + [("X-L", "a" * 8_192)]
    assert exchange(signalbox.port, post(hook.path, b"{}", *headers)).status == 202


def test_a24_a_large_body_with_another_request_behind_it_is_no_large_head(
    signalbox: Installation, hook: Hook
) -> None:
    delivery = post(hook.path, b"x" * 500_000)
    with Connection(signalbox.port) as connection:
        connection.send(delivery + delivery[:100])
        connection.send(delivery[100:])
        assert [connection.answer().status for _ in range(2)] == [202, 202]


@pytest.mark.parametrize(
    "begin", [b"", b"POST / HTTP/1.1\r\nHost: x\r\n"], ids=["nothing", "half a head"]
)
def test_a4_a_head_that_does_not_come_is_not_waited_for(
    signalbox: Installation, begin: bytes
) -> None:
    with Connection(signalbox.port) as connection:
        begun = time.monotonic()
        connection.send(begin)
        assert connection.ends(within_s=HEAD_WITHIN_S + 3)
        assert time.monotonic() - begun > HEAD_WITHIN_S - 1
