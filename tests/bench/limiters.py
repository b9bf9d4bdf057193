"""`python -m tests.bench.limiters NAME URL KEY RATE SECONDS`: one process that asks a limiter.

It says when it is ready, and is told when to begin (CLOCK_MONOTONIC, which all processes of a
machine share). An open model: a try each 1/RATE seconds, and at once where it is behind. Prints
JSON: when each admission was answered, and how long each check took. Others are found on
PYTHONPATH, where they are asked for.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

import uvloop

from domain.coordination.limiter import Ask, RateLimiter
from domain.rules.ids import new_id
from domain.rules.limit_windows import LimitLabel, Window

MOST, PER_S = 100, 1

Check = Callable[[], Awaitable[bool]]


async def ours(url: str, key: str) -> Check:
    """Signalbox's, a member each time as the pipeline asks."""
    limiter = RateLimiter(url)
    await limiter.start()
    window = Window(key, MOST, PER_S, "closed", LimitLabel("trigger"))

    async def check() -> bool:
        (admission,) = await limiter.admit([Ask(str(new_id()), (window,))])
        if admission.limiter == "away":
            raise RuntimeError("Redis did not answer in time")
        return admission.admitted

    return check


async def limits_moving_window(url: str, key: str) -> Check:
    """The moving window of `limits`."""
    limits: Any = import_module("limits")
    spelled = f"redis+{url}" if url.startswith("unix:") else url
    storage = import_module("limits.storage").storage_from_string(spelled)
    limiter = limits.strategies.MovingWindowRateLimiter(storage)
    item = limits.RateLimitItemPerSecond(MOST)

    async def check() -> bool:
        return bool(limiter.hit(item, key))

    return check


async def throttled_sliding_window(url: str, key: str) -> Check:
    """The sliding window of `throttled-py`, which weighs two fixed ones."""
    throttled: Any = import_module("throttled")
    throttle = throttled.Throttled(
        key=key,
        using="sliding_window",
        quota=throttled.rate_limiter.per_sec(MOST),
        store=throttled.store.RedisStore(server=url),
    )

    async def check() -> bool:
        return not throttle.limit().limited

    return check


LIMITERS = {
    "ours": ours,
    "limits": limits_moving_window,
    "throttled": throttled_sliding_window,
}


async def run(name: str, url: str, key: str, rate: float, seconds: float) -> None:
    """Ask, and print what came of it."""
    check = await LIMITERS[name](url, key)
    await check()  # connects
    print("ready", flush=True)
    start = float(sys.stdin.readline())
    admitted, took_ms = [], []
    for number in range(round(rate * seconds)):
        due = start + number / rate
        if (wait_s := due - time.monotonic()) > 0:
            await asyncio.sleep(wait_s)
        begun = time.perf_counter()
        passed = await check()
        took_ms.append((time.perf_counter() - begun) * 1e3)
        if passed:
            admitted.append(time.monotonic())
        if time.monotonic() > start + seconds:
            break
    print(json.dumps({"admitted": admitted, "took_ms": took_ms}))


def main() -> None:
    """Read the arguments, and run."""
    name, url, key, *numbers = sys.argv[1:]
    rate, seconds = map(float, numbers)
    uvloop.run(run(name, url, key, rate, seconds))  # as all processes of Signalbox do


if __name__ == "__main__":
    main()
