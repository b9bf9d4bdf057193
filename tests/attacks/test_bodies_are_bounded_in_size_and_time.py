"""Rows A1, A2 and A4 of the attack catalogue."""

import time

import httpx

from tests.attacks.raw import Connection, exchange, post
from tests.support.installation import Hook, Installation

LIMIT = 1024 * 1024
DEADLINE_S = 10.0
CHUNK = 65_536


def test_a1_a_length_beyond_the_limit_is_refused_before_anything_is_read(
    signalbox: Installation, hook: Hook
) -> None:
    head = post(hook.path, None, ("Content-Length", str(LIMIT + 1)))
    answer = exchange(signalbox.port, head)
    assert (answer.status, answer.closed) == (413, True)
    assert b'"error":"too_large"' in answer.body


def test_a1_a_body_of_exactly_the_limit_is_accepted(hook: Hook) -> None:
    body = b'{"id":"' + b"x" * (LIMIT - 9) + b'"}'
    assert len(body) == LIMIT
    assert httpx.post(hook.url, content=body).status_code == 202


def test_a2_chunks_beyond_the_limit_end_the_request_and_the_connection(
    signalbox: Installation, hook: Hook
) -> None:
    chunk = b"%x\r\n%b\r\n" % (CHUNK, b"x" * CHUNK)
    with Connection(signalbox.port) as connection:
        connection.send(post(hook.path, None, ("Transfer-Encoding", "chunked")))
        # One chunk more than the limit; the server does not wait for the rest.
        for _ in range(LIMIT // CHUNK + 1):
            connection.send(chunk)
        answer = connection.answer()
    assert (answer.status, answer.closed) == (413, True)


def test_a4_a_body_that_dribbles_in_is_cut_off_at_the_deadline(
    signalbox: Installation, hook: Hook
) -> None:
    with Connection(signalbox.port) as connection:
        begun = time.monotonic()
        connection.send(post(hook.path, None, ("Content-Length", "100")))
        # Every second another byte: the deadline is for the whole body, not for each part.
        while time.monotonic() - begun < DEADLINE_S - 0.5:
            assert connection.send(b"x")
            assert httpx.post(hook.url, json={}).status_code == 202
            time.sleep(1)  # as slow as the attack is
        answer = connection.answer()
        took = time.monotonic() - begun
    assert (answer.status, answer.closed) == (408, True)
    assert DEADLINE_S - 0.5 < took < DEADLINE_S + 3
