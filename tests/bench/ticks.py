"""`python -m tests.bench.ticks`: times of the clock's tick, as a JSON list of milliseconds."""

import asyncio
import json
import time

from domain.operations.fire_slots import fire_due
from domain.store.database import close_pool, open_pool

_TICKS = 500
_REST_S = 0.02


async def _times_ms() -> list[float]:
    await open_pool(1)
    times = []
    try:
        for _ in range(_TICKS):
            began = time.perf_counter()
            await fire_due()
            times.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(_REST_S)
    finally:
        await close_pool()
    return times


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_times_ms())))
