"""With Redis away every window says what happens, and nobody waits for long."""

import asyncio
import time

from domain import metrics
from domain.coordination.limiter import Ask, RateLimiter
from domain.rules.limit_windows import LimitLabel, Window
from domain.rules.limits import WhenUnavailable
from tests.support.servers import TestServers

NOBODY = "redis://127.0.0.1:1/0"


def window(when: WhenUnavailable) -> Window:
    return Window(f"signalbox:limit:test:{when}", 1, 60, when, LimitLabel("team"))


def counted(mode: str) -> float:
    return float(metrics.LIMITER_UNAVAILABLE.labels(mode)._value.get())


async def test_each_window_says_whether_events_pass_and_that_is_counted_and_traced() -> None:
    limiter = RateLimiter(NOBODY)
    await limiter.start()
    before = counted("open"), counted("closed")
    asks = [
        Ask("a", (window("open"), window("open"))),
        Ask("b", (window("open"), window("closed")), "lane"),
        Ask("c", (window("open"),), "lane"),
    ]

    admissions = await limiter.admit(asks)

    assert [each.admitted for each in admissions] == [True, False, False]
    assert [each.denied_by for each in admissions] == [None, 1, None]
    assert {each.limiter for each in admissions} == {"away"}
    assert (counted("open"), counted("closed")) == (before[0] + 1, before[1] + 2)
    told = [(row["admitted"], row["limiter"]) for row in admissions[1].trace(asks[1].windows)]
    assert told == [(True, "away"), (False, "away")]
    assert await limiter.usage([window("open")]) is None
    await limiter.close()


async def test_a_server_that_does_not_answer_is_waited_for_once_a_second() -> None:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        await writer.wait_closed()
        hung_up.set()

    hung_up = asyncio.Event()
    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    limiter = RateLimiter(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0")
    started = time.monotonic()
    await limiter.admit([Ask("a", (window("open"),))])
    assert time.monotonic() - started < 1.5

    started = time.monotonic()
    for number in range(100):
        await limiter.admit([Ask(str(number), (window("open"),))])
    assert time.monotonic() - started < 0.5

    await limiter.close()
    await hung_up.wait()
    server.close()


async def test_it_counts_again_once_redis_is_back(servers: TestServers) -> None:
    limiter = RateLimiter(servers.fresh_redis())
    limiter._rests_until = time.monotonic() + 0.2  # as after a failure
    (away,) = await limiter.admit([Ask("a", (window("closed"),))])

    await asyncio.sleep(0.25)

    (back,) = await limiter.admit([Ask("a", (window("closed"),))])
    assert (away.admitted, back.admitted, back.limiter) == (False, True, "shared")
    await limiter.close()
