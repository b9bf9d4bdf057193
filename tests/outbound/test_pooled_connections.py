"""Connections are kept and reused, and a call survives that its target has just closed one."""

import asyncio
from collections.abc import Sequence

import pytest
import uvloop

from domain import outbound as outbound_module
from domain.outbound import Outbound, OutboundRequest
from tests.outbound.conftest import LOOPBACK, MakeOutbound, Names, failure
from tests.support.target import RecordingTarget
from tests.support.target_behaviours import raw

KEY = [("Idempotency-Key", "key-1")]


async def call(
    outbound: Outbound, url: str, method: str = "POST", headers: Sequence[tuple[str, str]] = KEY
) -> int:
    return (await outbound.request(OutboundRequest(method, url, headers, b"x"))).status


async def test_calls_in_a_row_share_one_connection(
    outbound: Outbound, target: RecordingTarget
) -> None:
    for number in range(5):
        await call(outbound, target.url(f"/{number}"))
    assert target.connections == 1


async def test_calls_at_once_have_a_connection_each(
    outbound: Outbound, target: RecordingTarget
) -> None:
    held = [asyncio.ensure_future(call(outbound, target.url("/hold/a"))) for _ in range(3)]
    await target.has_received(3)
    target.release("a")
    assert await asyncio.gather(*held) == [200, 200, 200]
    assert target.connections == 3


@pytest.mark.parametrize(
    ("method", "headers"), [("POST", KEY), ("GET", ()), ("HEAD", ())], ids=["POST", "GET", "HEAD"]
)
async def test_a_call_that_met_a_connection_being_closed_is_made_once_more_on_a_new_one(
    outbound: Outbound,
    target: RecordingTarget,
    method: str,
    headers: Sequence[tuple[str, str]],
) -> None:
    target.behave("/first", "once-a-connection")
    target.behave("/second", "once-a-connection")
    await call(outbound, target.url("/first"))
    assert await call(outbound, target.url("/second"), method, headers) == 200
    assert [each.path for each in target.received] == ["/first", "/second", "/second"]
    lost, repeated = target.received[1:]
    assert (repeated.method, repeated.body) == (lost.method, lost.body)
    assert repeated.idempotency_key == lost.idempotency_key == dict(headers).get("Idempotency-Key")
    assert target.connections == 2


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_a_call_that_a_target_could_not_know_again_is_not_repeated(
    outbound: Outbound, target: RecordingTarget, method: str
) -> None:
    target.behave("/second", "once-a-connection")
    await call(outbound, target.url("/first"))
    lost = await failure(outbound, target.url("/second"), method)
    assert lost.reason == "disconnected"
    assert len(target.received) == 2


@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
async def test_a_call_that_failed_on_a_new_connection_is_not_repeated(
    outbound: Outbound, target: RecordingTarget, method: str
) -> None:
    """aiohttp by itself would repeat GET and PUT."""
    lost = await failure(outbound, target.url("/early-close"), method, headers=KEY)
    assert lost.reason == "disconnected"
    assert len(target.received) == 1


async def test_a_call_that_was_answered_in_part_is_not_repeated(
    outbound: Outbound, target: RecordingTarget
) -> None:
    await call(outbound, target.url("/first"))
    target.behave("/second", "raw/" + raw(b"HTTP/1.1 2"))
    lost = await failure(outbound, target.url("/second"), "POST", headers=KEY)
    assert lost.reason == "disconnected"
    assert len(target.received) == 2


async def test_a_call_that_is_to_go_out_once_takes_a_new_connection_and_is_not_repeated(
    outbound: Outbound, target: RecordingTarget
) -> None:
    target.behave("/first", "once-a-connection")
    await call(outbound, target.url("/first"))
    once = OutboundRequest("POST", target.url("/second"), KEY, b"x", once=True)
    assert (await outbound.request(once)).status == 200
    assert (target.connections, len(target.received)) == (2, 2)


async def test_a_call_is_repeated_once_at_most(outbound: Outbound, target: RecordingTarget) -> None:
    await call(outbound, target.url("/first"))
    lost = await failure(outbound, target.url("/early-close"), "POST", headers=KEY)
    assert (lost.reason, lost.maybe_received) == ("disconnected", True)
    assert len(target.received) == 3


async def test_a_repeated_call_takes_no_other_pooled_connection(
    outbound: Outbound, target: RecordingTarget
) -> None:
    """When a target closes one idle connection it closes them all."""
    first = [asyncio.ensure_future(call(outbound, target.url("/hold/a"))) for _ in range(3)]
    await target.has_received(3)
    target.release("a")
    await asyncio.gather(*first)
    target.behave("/second", "once-a-connection")
    assert await call(outbound, target.url("/second")) == 200
    assert target.connections == 4


async def test_a_repeated_call_that_is_blocked_may_have_been_received(
    make_outbound: MakeOutbound,
    target: RecordingTarget,
    names: Names,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outbound_module, "NAMES_KEPT_S", 0)
    names.say("shop.test", ["127.0.0.1"], ["127.0.0.2"])
    outbound = await make_outbound(resolver=names)
    await call(outbound, target.url("/first", host="shop.test"))
    target.behave("/second", "once-a-connection")
    url = target.url("/second", host="shop.test")
    lost = await failure(outbound, url, "POST", headers=KEY)
    assert (lost.reason, lost.maybe_received) == ("disconnected", True)
    assert len(target.received) == 2


async def test_a_repeated_call_that_cannot_connect_may_have_been_received(
    make_outbound: MakeOutbound,
) -> None:
    outbound = await make_outbound()
    async with RecordingTarget() as target:
        await call(outbound, target.url("/first"))
        second = asyncio.ensure_future(failure(outbound, target.url("/hang"), headers=KEY))
        await target.has_received(2)
        url = target.url()
    lost = await second
    assert (lost.reason, lost.maybe_received) == ("disconnected", True)
    assert (await failure(outbound, url)).reason == "could_not_connect"


async def test_an_answer_that_nobody_asked_for_answers_no_later_call(
    outbound: Outbound, target: RecordingTarget
) -> None:
    await call(outbound, target.url("/unasked/a"))
    [connections] = outbound._pooled.connector._conns.values()  # type: ignore[union-attr]
    [(protocol, _)] = connections
    target.release("a")
    async with asyncio.timeout(30):
        while not protocol.should_close:  # noqa: ASYNC110 - aiohttp tells nobody that data came
            await asyncio.sleep(0)
    assert await call(outbound, target.url("/status/201")) == 201
    assert target.connections == 2


async def test_a_closed_client_leaves_no_connection(
    make_outbound: MakeOutbound, target: RecordingTarget
) -> None:
    outbound = await make_outbound()
    await call(outbound, target.url())
    await outbound.close()
    await asyncio.wait_for(target.is_left_alone(), 5)


async def test_a_client_works_on_the_loop_that_production_uses(target: RecordingTarget) -> None:
    """uvloop: its sockets and errors are its own."""

    async def on_uvloop(url: str) -> list[int]:
        outbound = Outbound(LOOPBACK)
        await outbound.start()
        statuses = [await call(outbound, url) for _ in range(2)]
        assert (await failure(outbound, "http://10.0.0.1/")).reason == "blocked_address"
        assert (await failure(outbound, "http://127.0.0.1:1/")).reason == "could_not_connect"
        await outbound.close()
        return statuses

    def run() -> list[int]:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(on_uvloop(target.url()))

    assert await asyncio.to_thread(run) == [200, 200]
