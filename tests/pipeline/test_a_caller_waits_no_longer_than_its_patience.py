"""A pass that hangs keeps no caller for ever, and what comes behind it is still done."""

import asyncio
from collections.abc import Sequence

import pytest

from domain.batches import Batcher


async def test_who_waits_in_vain_is_told_and_the_others_get_their_results() -> None:
    goes_on = asyncio.Event()

    async def work(numbers: Sequence[int]) -> list[int]:
        if 1 in numbers:
            await goes_on.wait()
        return [number * 2 for number in numbers]

    batcher = Batcher(work, most=1, passes=1, waiting=10, patience_s=0.1)
    batcher.start()
    hanging, behind = batcher.submit(1), batcher.submit(2)

    with pytest.raises(TimeoutError):
        await hanging
    with pytest.raises(TimeoutError):
        await behind

    goes_on.set()
    assert await batcher.submit(3) == 6
    await batcher.close()
    assert batcher.queued == 0


async def test_who_goes_away_is_no_fault_of_the_others() -> None:
    async def work(numbers: Sequence[int]) -> list[int]:
        return list(numbers)

    batcher = Batcher(work, most=10, passes=1, waiting=10, patience_s=0.1)
    batcher.start()
    gone, stays = batcher.submit(1), batcher.submit(2)
    gone.cancel()

    assert await stays == 2
    await batcher.close()
