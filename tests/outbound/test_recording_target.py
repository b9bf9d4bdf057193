"""The target that tests and benchmarks lean on does what it is told, and its ledger is complete."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from domain.outbound import Outbound, OutboundRequest
from tests.support.target import RecordingTarget, read_ledger


async def status(outbound: Outbound, url: str) -> int:
    return (await outbound.request(OutboundRequest("POST", url))).status


async def test_a_path_behaves_as_told_and_the_last_way_stays(
    outbound: Outbound, target: RecordingTarget
) -> None:
    target.behave("/orders", "status/500", "status/503", "ok")
    statuses = [await status(outbound, target.url("/orders")) for _ in range(4)]
    assert statuses == [500, 503, 200, 200]


async def test_a_path_that_nobody_spoke_of_is_its_own_behaviour_or_fine(
    outbound: Outbound, target: RecordingTarget
) -> None:
    assert await status(outbound, target.url("/status/418?why=tea")) == 418
    assert await status(outbound, target.url("/anything")) == 200


def test_a_behaviour_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="explode"):
        RecordingTarget().behave("/", "explode")


async def test_a_held_call_is_in_the_ledger_before_it_is_answered(
    outbound: Outbound, target: RecordingTarget
) -> None:
    held = asyncio.ensure_future(status(outbound, target.url("/hold/a")))
    await target.has_received(1)
    assert not held.done()
    target.release("a")
    assert await held == 200


@asynccontextmanager
async def process(ledger: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A target in a process of its own, and its address."""
    command = [sys.executable, "-m", "tests.support.target", "--ledger", str(ledger)]
    running = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert running.stdout is not None
    try:
        line = await asyncio.wait_for(running.stdout.readline(), 30)
        yield running, f"http://127.0.0.1:{int(line.split()[-1])}"
    finally:
        if running.returncode is None:
            running.kill()
        await running.wait()


async def test_a_target_process_writes_a_line_a_call_and_ends_at_sigterm(
    outbound: Outbound, tmp_path: Path
) -> None:
    ledger = tmp_path / "ledger.tsv"
    async with process(ledger) as (running, url):
        told = json.dumps({"path": "/orders", "as": ["status/500", "ok"]}).encode()
        await outbound.request(OutboundRequest("POST", f"{url}/_behave", (), told))
        headers = [("Idempotency-Key", "key\t1"), ("X-Event", "event-1")]
        body = b'{"nested":{"a":1},"id": "event-2"}'
        first = OutboundRequest("POST", f"{url}/orders", headers, body)
        second = OutboundRequest("PUT", f"{url}/orders", [("Idempotency-Key", "key 2")], body)
        statuses = [(await outbound.request(call)).status for call in (first, second)]
        running.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(running.wait(), 10) == 0
    assert statuses == [500, 200]
    lines = read_ledger(ledger)[1:]
    assert [line[2:] for line in lines] == [
        ("key 1", "event-1", "POST /orders"),
        ("key 2", "event-2", "PUT /orders"),
    ]
    assert lines[0].mono_ns < lines[1].mono_ns


async def test_a_ledger_outlives_the_kill_of_its_process(
    outbound: Outbound, tmp_path: Path
) -> None:
    ledger = tmp_path / "ledger.tsv"
    async with process(ledger) as (running, url):
        calls = [OutboundRequest("POST", f"{url}/{number}") for number in range(200)]
        await asyncio.gather(*(outbound.request(call) for call in calls))
        running.kill()
        await running.wait()
    assert {line.request for line in read_ledger(ledger)} == {f"POST /{n}" for n in range(200)}


async def test_a_held_call_of_a_process_is_released_over_http(
    outbound: Outbound, tmp_path: Path
) -> None:
    async with process(tmp_path / "ledger.tsv") as (_, url):
        held = asyncio.ensure_future(status(outbound, f"{url}/hold/a"))
        assert await status(outbound, f"{url}/_release/a") == 200
        assert await held == 200
