"""However much a target sends, and in whatever form, an answer stays small and storable (A81)."""

import gzip
import resource
import zlib

import pytest

from domain.outbound import Outbound, OutboundRequest, OutboundResponse
from domain.rules.http import MAX_BODY, decoded
from tests.outbound.conftest import failure
from tests.support.target import RecordingTarget
from tests.support.target_behaviours import raw

PROTOCOL_FAULTS = {
    "A81 a million headers": b"HTTP/1.1 200 OK\r\n" + b"X-A: 1\r\n" * 1_000_000 + b"\r\n",
    "A81 101 headers": b"HTTP/1.1 200 OK\r\n" + b"X-A: 1\r\n" * 101 + b"\r\n",
    "A81 a status line of 64 KB": b"HTTP/1.1 200 " + b"O" * 65_536 + b"\r\n\r\n",
    "A81 a header of 64 KB": b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 65_536 + b"\r\n\r\n",
    "A81 a header name of 64 KB": b"HTTP/1.1 200 OK\r\n" + b"a" * 65_536 + b": 1\r\n\r\n",
    "A81 NUL in a header": b"HTTP/1.1 200 OK\r\nX-A: a\x00b\r\nContent-Length: 0\r\n\r\n",
    "A81 no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n",
    "A81 HTTP/0.9": b"<html>hello</html>",
    "A81 a header name that is none": b"HTTP/1.1 200 OK\r\nX A\xe9: 1\r\n\r\n",
    "A81 status of five digits": b"HTTP/1.1 20000 OK\r\nContent-Length: 0\r\n\r\n",
    "A81 status 000": b"HTTP/1.1 000 OK\r\nContent-Length: 0\r\n\r\n",
    "A81 switching protocols": b"HTTP/1.1 101 Go\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    "A81 two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n",
    "A81 length and chunks": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    ),
    "A81 a chunk size that is none": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n"
    ),
}


async def get(outbound: Outbound, url: str) -> OutboundResponse:
    return await outbound.request(OutboundRequest("GET", url))


@pytest.mark.parametrize("answer", PROTOCOL_FAULTS.values(), ids=PROTOCOL_FAULTS)
async def test_what_is_not_http_or_has_an_endless_head_is_a_protocol_failure(
    outbound: Outbound, target: RecordingTarget, answer: bytes
) -> None:
    target.behave("/", "raw/" + raw(answer))
    fault = await failure(outbound, target.url())
    assert fault.reason == "protocol"
    assert fault.maybe_received


async def test_a_hundred_headers_are_taken(outbound: Outbound, target: RecordingTarget) -> None:
    """A81."""
    lines = b"".join(b"X-%d: 1\r\n" % number for number in range(99))
    target.behave("/", "raw/" + raw(b"HTTP/1.1 200 OK\r\n" + lines + b"Content-Length: 0\r\n\r\n"))
    assert len((await get(outbound, target.url())).headers) == 100


@pytest.mark.parametrize(
    "path", ["/huge/10000000000", "/endless"], ids=["A81 10 GB", "A81 endless chunks"]
)
async def test_a_body_is_cut_at_a_megabyte_and_its_connection_ended(
    outbound: Outbound, target: RecordingTarget, path: str
) -> None:
    answer = await get(outbound, target.url(path))
    assert (len(answer.body), answer.truncated) == (MAX_BODY, True)
    assert (await get(outbound, target.url("/ok"))).body == b'{"ok":true}'
    assert target.connections == 2


async def test_a_body_of_exactly_a_megabyte_is_whole(
    outbound: Outbound, target: RecordingTarget
) -> None:
    """A81."""
    answer = await get(outbound, target.url(f"/huge/{MAX_BODY}"))
    assert (len(answer.body), answer.truncated) == (MAX_BODY, False)
    answer = await get(outbound, target.url(f"/huge/{MAX_BODY + 1}"))
    assert (len(answer.body), answer.truncated) == (MAX_BODY, True)


async def test_a_gzip_bomb_costs_a_megabyte(outbound: Outbound, target: RecordingTarget) -> None:
    """A81: 200 MB of zeros in 200 KB."""
    bomb = gzip.compress(bytes(200_000_000), compresslevel=1)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    target.behave("/", "raw/" + raw(head + bomb))
    await get(outbound, target.url("/ok"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    answer = await get(outbound, target.url())
    grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert (answer.body, answer.truncated) == (bytes(MAX_BODY), True)
    assert grown_kb < 50_000


@pytest.mark.parametrize("compress", [gzip.compress, zlib.compress], ids=["gzip", "deflate"])
async def test_a_compressed_body_is_read_though_nobody_asked_for_it(
    outbound: Outbound, target: RecordingTarget, compress: type, request: pytest.FixtureRequest
) -> None:
    body = compress(b'{"ok":true}')
    encoding = request.node.callspec.id.encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: %b\r\nContent-Length: %d\r\n\r\n"
    target.behave("/", "raw/" + raw(head % (encoding, len(body)) + body))
    answer = await get(outbound, target.url())
    assert (answer.body, answer.truncated) == (b'{"ok":true}', False)


async def test_a_body_that_cannot_be_decompressed_is_no_failure(
    outbound: Outbound, target: RecordingTarget
) -> None:
    """The call has been answered, and its status counts."""
    head = b"HTTP/1.1 201 Made\r\nContent-Encoding: gzip\r\nContent-Length: 8\r\n\r\n"
    target.behave("/", "raw/" + raw(head + b"not gzip"))
    answer = await get(outbound, target.url())
    assert (answer.status, answer.body) == (201, b"not gzip")


@pytest.mark.parametrize(
    ("body", "encoding", "expected"),
    [
        (b"not gzip", "gzip", (b"not gzip", False)),
        (b"\x1b\x05", "br", (b"\x1b\x05", False)),
        (b"", "gzip", (b"", False)),
        (gzip.compress(b"a" * 100)[:-9], "gzip", (b"a" * 100, True)),
        (gzip.compress(b"one") + gzip.compress(b"two"), "GZIP", (b"one", True)),
        (gzip.compress(b"a" * MAX_BODY), "x-gzip", (b"a" * MAX_BODY, False)),
        (gzip.compress(b"a" * (MAX_BODY + 1)), "gzip", (b"a" * MAX_BODY, True)),
    ],
    ids=["broken", "unknown", "empty", "cut", "two members", "at the limit", "over the limit"],
)
def test_a_body_is_decompressed_as_far_as_it_goes(
    body: bytes, encoding: str, expected: tuple[bytes, bool]
) -> None:
    assert decoded(body, encoding) == expected


async def test_a_header_that_is_no_utf8_is_made_storable(
    outbound: Outbound, target: RecordingTarget
) -> None:
    """A81: the target has done its work; a byte in a header is no reason to do it again."""
    answer = b"HTTP/1.1 200 OK\r\nX-Name: caf\xe9 \xc3\xa9\r\nContent-Length: 0\r\n\r\n"
    target.behave("/", "raw/" + raw(answer))
    headers = dict((await get(outbound, target.url())).headers)
    assert headers["X-Name"] == "caf\ufffd é"


async def test_a_body_that_is_no_utf8_comes_as_it_is(
    outbound: Outbound, target: RecordingTarget
) -> None:
    """A81."""
    target.behave("/", "raw/" + raw(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\x00\xff\n"))
    assert (await get(outbound, target.url())).body == b"\x00\xff\n"


async def test_an_answer_to_head_has_no_body(outbound: Outbound, target: RecordingTarget) -> None:
    answer = await outbound.request(OutboundRequest("HEAD", target.url("/status/404")))
    assert (answer.status, answer.body) == (404, b"")


@pytest.mark.parametrize("status", [200, 204, 304, 404, 418, 500, 599])
async def test_every_status_is_an_answer(
    outbound: Outbound, target: RecordingTarget, status: int
) -> None:
    answer = await get(outbound, target.url(f"/status/{status}"))
    assert answer.status == status
    assert answer.elapsed_s > 0
