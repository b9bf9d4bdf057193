"""F45: whatever a target does to hold a call, the call ends on time and its place is free again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from domain.outbound import Outbound, OutboundRequest
from tests.outbound.conftest import MakeOutbound, failure
from tests.support.target import RecordingTarget
from tests.support.target_behaviours import raw

DEADLINE_S = 0.2
# Far above the deadline, for a busy machine; far below what any of these targets would take.
ENOUGH_S = 20.0

TIMEOUTS = {
    "F45 hangs after accept": "hang",
    "F45 hangs in the head": "stall/" + raw(b"HTTP/1.1 200 OK\r\nContent-Ty"),
    "F45 hangs after the head": "stall/" + raw(b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n"),
    "F45 hangs after an interim answer": "stall/" + raw(b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "F45 a byte at a time": "drip/0.01",
    "F45 answers too late": "slow/30",
}

DISCONNECTED = {
    "F45 closes without an answer": "early-close",
    "F45 early reset": "reset",
    "F45 closes in the head": "raw/" + raw(b"HTTP/1.1 200 OK\r\nContent-Ty"),
    "F45 closes in the body": "raw/" + raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"),
    "F45 closes in a chunk": (
        "raw/" + raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab")
    ),
}


@pytest.mark.parametrize("behaviour", TIMEOUTS.values(), ids=TIMEOUTS)
async def test_a_call_ends_at_its_deadline_and_frees_its_place(
    make_outbound: MakeOutbound, target: RecordingTarget, behaviour: str
) -> None:
    outbound = await make_outbound(limit=1, limit_per_destination=1)
    target.behave("/", behaviour)
    async with asyncio.timeout(ENOUGH_S):
        # On a connection that is there already, however busy the machine is.
        await outbound.request(OutboundRequest("GET", target.url("/ok")))
        late = await failure(outbound, target.url(), timeout_s=DEADLINE_S)
        assert (late.reason, late.maybe_received) == ("timeout", True)
        answer = await outbound.request(OutboundRequest("GET", target.url("/ok")))
    assert answer.status == 200


@pytest.mark.parametrize("behaviour", DISCONNECTED.values(), ids=DISCONNECTED)
async def test_a_target_that_hangs_up_is_said_to_have_done_so(
    outbound: Outbound, target: RecordingTarget, behaviour: str
) -> None:
    target.behave("/", behaviour)
    lost = await failure(outbound, target.url(), "POST", headers=[("Idempotency-Key", "1")])
    assert (lost.reason, lost.maybe_received) == ("disconnected", True)
    assert len(target.received) == 1


async def test_a_tls_handshake_that_stalls_ends_at_the_deadline(
    outbound: Outbound, target: RecordingTarget
) -> None:
    """F45."""
    url = target.url().replace("http://", "https://")
    async with asyncio.timeout(ENOUGH_S):
        fault = await failure(outbound, url, timeout_s=DEADLINE_S)
    assert (fault.reason, fault.maybe_received) == ("could_not_connect", False)


@asynccontextmanager
async def deaf_target(answer: bytes) -> AsyncIterator[str]:
    """A target that answers at once and never reads on, so that a large upload gets stuck."""
    stop = asyncio.Event()

    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await stop.wait()
        writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1024)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        stop.set()
        server.close()
        await server.wait_closed()


async def test_an_upload_that_nobody_reads_ends_at_the_deadline(outbound: Outbound) -> None:
    """F45."""
    async with deaf_target(b"") as url, asyncio.timeout(ENOUGH_S):
        late = await failure(outbound, url, "POST", body=bytes(30_000_000), timeout_s=1)
    assert late.reason == "timeout"


async def test_an_answer_given_before_the_upload_was_read_counts(outbound: Outbound) -> None:
    early = b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nno!"
    async with deaf_target(early) as url, asyncio.timeout(ENOUGH_S):
        call = OutboundRequest("POST", url, (), bytes(30_000_000), timeout_s=ENOUGH_S)
        answer = await outbound.request(call)
    assert (answer.status, answer.body) == (413, b"no!")


async def test_a_flood_of_interim_answers_is_cut_off_at_once(
    outbound: Outbound, target: RecordingTarget
) -> None:
    """F45, found here: aiohttp reads over interim answers for as long as they come."""
    async with asyncio.timeout(ENOUGH_S):
        fault = await failure(outbound, target.url("/interim"), timeout_s=60)
    assert fault.reason == "protocol"


async def test_a_few_interim_answers_are_read_over(
    outbound: Outbound, target: RecordingTarget
) -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" * 3
    target.behave("/", "raw/" + raw(hints + b"HTTP/1.1 201 Made\r\nContent-Length: 0\r\n\r\n"))
    assert (await outbound.request(OutboundRequest("POST", target.url()))).status == 201


async def test_chunks_of_one_byte_without_end_are_cut_at_the_deadline_or_the_megabyte(
    outbound: Outbound, target: RecordingTarget
) -> None:
    """F45."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    target.behave("/", "raw/" + raw(head + b"1\r\nx\r\n" * 1_100_000 + b"0\r\n\r\n"))
    async with asyncio.timeout(30):
        answer = await outbound.request(OutboundRequest("GET", target.url(), timeout_s=20))
    assert (len(answer.body), answer.truncated) == (1_048_576, True)


async def test_a_caller_that_gives_up_frees_the_place(
    make_outbound: MakeOutbound, target: RecordingTarget
) -> None:
    outbound = await make_outbound(limit=1)
    held = asyncio.ensure_future(outbound.request(OutboundRequest("GET", target.url("/hang"))))
    await target.has_received(1)
    held.cancel()
    with pytest.raises(asyncio.CancelledError):
        await held
    assert (await outbound.request(OutboundRequest("GET", target.url("/ok")))).status == 200


async def test_one_destination_that_hangs_leaves_room_for_others_and_its_own_calls_wait(
    make_outbound: MakeOutbound, target: RecordingTarget
) -> None:
    outbound = await make_outbound(limit=10, limit_per_destination=2)
    held = OutboundRequest("GET", target.url("/hold/a"), timeout_s=60)
    stuck = [asyncio.ensure_future(outbound.request(held)) for _ in range(4)]
    await target.has_received(2)
    async with RecordingTarget() as other:
        answer = await outbound.request(OutboundRequest("GET", other.url()))
    assert answer.status == 200
    assert len(target.received) == 2
    target.release("a")
    assert [each.status for each in await asyncio.gather(*stuck)] == [200] * 4
