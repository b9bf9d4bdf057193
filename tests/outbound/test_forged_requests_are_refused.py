"""What would change where a request begins, ends or goes is never sent (A79, A80)."""

import pytest

from domain.outbound import Outbound, OutboundRequest
from domain.rules.http import METHODS, RESERVED_HEADERS, header_problem
from tests.outbound.conftest import failure
from tests.support.target import RecordingTarget

FORGED = {
    "A79 CRLF in a value": ("X-A", "1\r\nX-B: 2"),
    "A79 LF in a value": ("X-A", "1\nX-B: 2"),
    "A79 CR in a value": ("X-A", "1\rX-B: 2"),
    "A79 NUL in a value": ("X-A", "1\x002"),
    "A79 escape in a value": ("X-A", "\x1b[2J"),
    "A79 DEL in a value": ("X-A", "\x7f"),
    "A79 lone surrogate in a value": ("X-A", "\udc80"),
    "A79 CRLF in a name": ("X-A\r\nX-B", "1"),
    "A79 NUL in a name": ("X\x00A", "1"),
    "A79 colon in a name": ("X:A", "1"),
    "A79 blank in a name": ("X A", "1"),
    "A79 blank after a name": ("Content-Length ", "5"),
    "A79 letters of elsewhere in a name": ("Höst", "1"),
    "A79 empty name": ("", "1"),
    "A79 a proxy's header": ("Proxy-Authorization", "Basic YTpi"),
    "A79 another proxy's header": ("proxy-connection", "keep-alive"),
} | {f"A79 reserved {name}": (name.title(), "1") for name in sorted(RESERVED_HEADERS)}

METHODS_REFUSED = ["GET\r\nX: y", "CONNECT", "TRACE", "OPTIONS", "get", "", "GET /other HTTP/1.1"]


@pytest.mark.parametrize("header", FORGED.values(), ids=FORGED)
async def test_a_forged_header_is_refused(
    outbound: Outbound, target: RecordingTarget, header: tuple[str, str]
) -> None:
    refused = await failure(outbound, target.url(), headers=[("X-Good", "1"), header])
    assert refused.reason == "invalid_request"
    assert not refused.maybe_received
    assert target.connections == 0


@pytest.mark.parametrize("method", METHODS_REFUSED, ids=[f"A80 {m!r}" for m in METHODS_REFUSED])
async def test_a_method_off_the_list_is_refused(
    outbound: Outbound, target: RecordingTarget, method: str
) -> None:
    refused = await failure(outbound, target.url(), method)
    assert refused.reason == "invalid_request"
    assert target.connections == 0


@pytest.mark.parametrize("method", sorted(METHODS))
async def test_a_method_on_the_list_is_sent(
    outbound: Outbound, target: RecordingTarget, method: str
) -> None:
    """A80."""
    assert (await outbound.request(OutboundRequest(method, target.url()))).status == 200
    assert target.received[0].method == method


async def test_a_call_arrives_as_it_was_given(outbound: Outbound, target: RecordingTarget) -> None:
    headers = [
        ("Idempotency-Key", "key-1"),
        ("Content-Type", "application/json"),
        ("X-Tag", "one"),
        ("X-Tag", "two\tthree é"),
    ]
    call = OutboundRequest("POST", target.url("/a/../b?q=%41[1]"), headers, b'{"id":"1"}')
    await outbound.request(call)
    [received] = target.received
    assert (received.method, received.path) == ("POST", "/a/../b?q=%41[1]")
    assert received.body == b'{"id":"1"}'
    assert received.idempotency_key == "key-1"
    sent = {(name.lower(), value.encode().decode("latin-1")) for name, value in headers}
    assert sent <= set(received.headers)


async def test_a_call_names_signalbox_and_asks_for_no_compression(
    outbound: Outbound, target: RecordingTarget
) -> None:
    await outbound.request(OutboundRequest("POST", target.url(), (), b"x"))
    headers = dict(target.received[0].headers)
    assert (headers["user-agent"], headers["accept-encoding"]) == ("Signalbox", "identity")
    assert "content-type" not in headers


async def test_a_body_above_a_megabyte_arrives_whole(
    outbound: Outbound, target: RecordingTarget
) -> None:
    body = b"0123456789" * 300_000
    await outbound.request(OutboundRequest("PUT", target.url(), (), body))
    assert target.received[0].body == body


def test_an_ordinary_header_has_no_problem() -> None:
    assert header_problem("X-Shop-Topic", "orders/create; a=\tb é") is None
