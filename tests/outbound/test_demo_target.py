"""The service that the demo team's workflows call."""

import asyncio
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator

import pytest

from cli.demo_target import DemoTarget
from domain.outbound import Outbound, OutboundRequest, OutboundResponse


@pytest.fixture
def demo() -> Iterator[str]:
    with DemoTarget(0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


async def post(outbound: Outbound, url: str, body: bytes = b"{}") -> OutboundResponse:
    headers = [("Idempotency-Key", "key-1"), ("Content-Type", "application/json")]
    return await outbound.request(OutboundRequest("POST", url, headers, body))


async def page(outbound: Outbound, demo: str) -> OutboundResponse:
    return await outbound.request(OutboundRequest("GET", f"{demo}/"))


async def test_notify_always_succeeds(outbound: Outbound, demo: str) -> None:
    answers = [await post(outbound, f"{demo}/notify") for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 200]
    assert json.loads(answers[2].body) == {"ok": True, "call": 3}


async def test_flaky_fails_every_third_time(outbound: Outbound, demo: str) -> None:
    statuses = [(await post(outbound, f"{demo}/flaky")).status for _ in range(6)]
    assert statuses == [200, 200, 500, 200, 200, 500]


async def test_the_page_shows_the_calls_escaped_and_without_script(
    outbound: Outbound, demo: str
) -> None:
    await post(outbound, f"{demo}/notify", b"<script>alert(1)</script>")
    answer = await page(outbound, demo)
    text = answer.body.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "key-1" in text
    assert "<script" not in text
    assert "style" not in text
    assert dict(answer.headers)["Content-Security-Policy"] == "default-src 'none'"


async def test_the_page_shows_the_last_fifty_calls(outbound: Outbound, demo: str) -> None:
    for number in range(51):
        await post(outbound, f"{demo}/notify", b"call-%d." % number)
    text = (await page(outbound, demo)).body.decode()
    assert "call-50." in text
    assert "call-1." in text
    assert "call-0." not in text


@pytest.mark.parametrize(("method", "path"), [("GET", "/notify"), ("POST", "/"), ("POST", "/x")])
async def test_other_paths_are_not_there(
    outbound: Outbound, demo: str, method: str, path: str
) -> None:
    assert (await outbound.request(OutboundRequest(method, demo + path))).status == 404


async def test_a_body_beyond_a_megabyte_is_refused_unread(demo: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(demo.rsplit(":", 1)[1]))
    writer.write(b"POST /notify HTTP/1.1\r\nHost: demo\r\nContent-Length: 1048577\r\n\r\n")
    answer = await asyncio.wait_for(reader.read(), 10)
    assert answer.startswith(b"HTTP/1.1 413 ")
    writer.close()
    await writer.wait_closed()


async def test_it_ends_cleanly_at_sigterm(outbound: Outbound) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {**os.environ, "DEMO_TARGET_PORT": str(port)}
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli.demo_target", env=environment
    )
    try:
        await answers(port)
        assert (await post(outbound, f"http://127.0.0.1:{port}/notify")).status == 200
        running.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(running.wait(), 10) == 0
    finally:
        if running.returncode is None:
            running.kill()
            await running.wait()


async def answers(port: int) -> None:
    """Returns once a process listens on the port."""
    async with asyncio.timeout(30):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                await writer.wait_closed()
                return


async def test_it_says_what_it_needs() -> None:
    environment = {key: value for key, value in os.environ.items() if key != "DEMO_TARGET_PORT"}
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "cli.demo_target",
        env=environment,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await asyncio.wait_for(running.communicate(), 30)
    assert running.returncode == 1
    assert said.decode().strip() == "DEMO_TARGET_PORT must name the port to listen on."
