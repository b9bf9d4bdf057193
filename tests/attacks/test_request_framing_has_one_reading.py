"""Row A3 of the attack catalogue: where two servers could disagree on where a request ends, it is
refused and its connection closed, so that nothing can be smuggled behind it."""

import pytest

from tests.attacks.raw import exchange, post
from tests.attacks.stored import Stored
from tests.support.installation import Hook, Installation

BODY = b'{"id":"x"}'
CHUNKED = b"a\r\n" + BODY + b"\r\n0\r\n\r\n"
LENGTH = ("Content-Length", "10")
CHUNKS = ("Transfer-Encoding", "chunked")


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        pytest.param([LENGTH, CHUNKS], CHUNKED, id="length and chunks"),
        pytest.param([CHUNKS, LENGTH], CHUNKED, id="chunks and length"),
        pytest.param([("Content-Length", "6"), CHUNKS], b"0\r\n\r\nG", id="a request behind"),
        pytest.param([LENGTH, ("Content-Length", "11")], BODY, id="two lengths"),
        pytest.param([LENGTH, LENGTH], BODY, id="the same length twice"),
        pytest.param([("Content-Length", "10, 10")], BODY, id="a list of lengths"),
        pytest.param([("Content-Length", "+10")], BODY, id="a length with a sign"),
        pytest.param([("Content-Length", "-1")], BODY, id="a negative length"),
        pytest.param([("Content-Length", "0xa")], BODY, id="a length in hex"),
        pytest.param([("Content-Length", "1 0")], BODY, id="a length with a blank"),
        pytest.param([("Content-Length", "9" * 30)], BODY, id="a length that overflows"),
        pytest.param([("Content-Length ", "10")], BODY, id="a blank before the colon"),
        pytest.param([("Transfer-Encoding", "chunked, identity")], CHUNKED, id="identity last"),
        pytest.param([CHUNKS, ("Transfer-Encoding", "identity")], CHUNKED, id="identity after"),
        pytest.param([CHUNKS, CHUNKS], CHUNKED, id="chunked twice"),
        pytest.param([("Transfer-Encoding", "xchunked")], CHUNKED, id="nearly chunked"),
        pytest.param([("Transfer-Encoding", "\x0bchunked")], CHUNKED, id="a vertical tab"),
        pytest.param([("Transfer-Encoding", "\r\n chunked")], CHUNKED, id="a folded line"),
        pytest.param([CHUNKS], b"zz\r\n" + BODY + b"\r\n0\r\n\r\n", id="a size that is none"),
        pytest.param([CHUNKS], b"-1\r\n" + BODY + b"\r\n0\r\n\r\n", id="a negative size"),
        pytest.param([CHUNKS], b"f" * 18 + b"\r\n" + BODY, id="a size that overflows"),
        pytest.param([CHUNKS], b"a\r\n" + BODY + b"XX0\r\n\r\n", id="no end of a chunk"),
        pytest.param([CHUNKS], b"a\n" + BODY + b"\n0\n\n", id="chunks with bare line feeds"),
    ],
)
def test_a3_it_is_refused_and_the_connection_closed(
    signalbox: Installation,
    hook: Hook,
    stored: Stored,
    headers: list[tuple[str, str]],
    body: bytes,
) -> None:
    before = stored.events_of(hook.id)
    answer = exchange(signalbox.port, post(hook.path, None, *headers) + body)
    assert (answer.status, answer.closed) == (400, True)
    assert stored.events_of(hook.id) == before


def test_a3_lines_that_end_in_bare_line_feeds_are_refused(
    signalbox: Installation, hook: Hook
) -> None:
    answer = exchange(signalbox.port, post(hook.path, BODY).replace(b"\r\n", b"\n"))
    assert (answer.status, answer.closed) == (400, True)


@pytest.mark.parametrize("codings", ["gzip, chunked", "deflate, chunked"])
def test_a3_a_transfer_coding_that_nobody_undoes_is_refused(
    signalbox: Installation, hook: Hook, codings: str
) -> None:
    head = post(hook.path, None, ("Transfer-Encoding", codings))
    answer = exchange(signalbox.port, head + CHUNKED)
    assert (answer.status, answer.closed) == (415, True)


def test_a3_plain_lengths_and_plain_chunks_are_accepted(
    signalbox: Installation, hook: Hook
) -> None:
    assert exchange(signalbox.port, post(hook.path, BODY)).status == 202
    assert exchange(signalbox.port, post(hook.path, None, CHUNKS) + CHUNKED).status == 202
