"""Passes side by side share what there is: the callers of one come while the other is away."""

import asyncio
from collections.abc import Sequence

from domain.batches import Batcher


async def test_each_of_two_passes_takes_half_of_all_that_is_under_way() -> None:
    sizes: list[int] = []
    both_began = asyncio.Barrier(2)

    async def work(numbers: Sequence[int]) -> list[int]:
        sizes.append(len(numbers))
        await both_began.wait()
        return list(numbers)

    batcher = Batcher(work, most=100, passes=2, waiting=100, even=True)
    batcher.start()

    async with asyncio.timeout(10):  # one pass that took all would wait for the other
        answers = await asyncio.gather(*(batcher.submit(number) for number in range(9)))

    assert (answers, sizes) == (list(range(9)), [5, 4])
    await batcher.close()


async def test_a_pass_takes_no_more_than_it_may_and_one_item_is_not_held_up() -> None:
    sizes: list[int] = []

    async def work(numbers: Sequence[int]) -> list[int]:
        sizes.append(len(numbers))
        return list(numbers)

    batcher = Batcher(work, most=3, passes=2, waiting=100, even=True)
    batcher.start()

    assert await batcher.submit(1) == 1
    await asyncio.gather(*(batcher.submit(number) for number in range(20)))
    assert max(sizes) == 3

    await batcher.close()
