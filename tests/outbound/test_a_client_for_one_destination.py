"""A client that is for one destination calls it, wherever that is, and nothing else."""

import pytest

from domain.operations.keep_canaries import outbound_to_ourselves
from domain.outbound import Outbound, OutboundRequest
from tests.outbound.conftest import EVERYWHERE, MakeOutbound, Names, failure
from tests.support.target import RecordingTarget


async def test_it_calls_itself_although_that_is_a_private_address(
    target: RecordingTarget,
) -> None:
    outbound = outbound_to_ourselves(target.url("").rstrip("/"))
    await outbound.start()
    try:
        answer = await outbound.request(OutboundRequest("POST", target.url("/hooks/x")))
    finally:
        await outbound.close()
    assert answer.status == 200


@pytest.mark.parametrize("host", ["127.0.0.2", "localhost", "10.0.0.1", "example.org"])
async def test_nothing_else_is_called(
    make_outbound: MakeOutbound, target: RecordingTarget, names: Names, host: str
) -> None:
    names.say(host, ["127.0.0.1"])
    outbound = await make_outbound(EVERYWHERE, only=_of(target), resolver=names)

    refused = await failure(outbound, target.url(host=host))

    assert refused.reason == "blocked_address"
    assert names.asked == []
    assert target.connections == 0


async def test_another_port_of_the_same_host_is_another_destination(
    make_outbound: MakeOutbound, target: RecordingTarget
) -> None:
    outbound = await make_outbound(EVERYWHERE, only="127.0.0.1:9")

    assert (await failure(outbound, target.url())).reason == "blocked_address"
    assert target.connections == 0


async def test_what_answers_secrets_is_refused_even_if_our_name_leads_there(
    make_outbound: MakeOutbound, names: Names
) -> None:
    names.say("signalbox.example.org", ["169.254.169.254"])
    outbound: Outbound = await make_outbound(
        EVERYWHERE, only="signalbox.example.org:443", resolver=names
    )

    refused = await failure(outbound, "https://signalbox.example.org/hooks/x")

    assert refused.reason == "blocked_address"


def _of(target: RecordingTarget) -> str:
    return target.url("").removeprefix("http://").rstrip("/")


async def test_an_address_that_nobody_can_call_is_a_reason_and_no_crash() -> None:
    outbound = outbound_to_ourselves("http://127.1:8000")
    await outbound.start()
    try:
        refused = await failure(outbound, "http://127.1:8000/hooks/x")
    finally:
        await outbound.close()
    assert refused.reason == "invalid_url"
