"""A value that cannot be sent to the database is no outage of it: one bad row fails alone."""

import asyncio
from collections.abc import Sequence

import asyncpg
import pytest

from domain.batches import Batcher
from domain.store.database import Unavailable, fetch_one

TOO_LARGE = 2**70


@pytest.mark.usefixtures("store")
async def test_a_value_that_cannot_be_sent_is_told_apart_from_a_lost_connection() -> None:
    with pytest.raises(asyncpg.DataError) as raised:
        await fetch_one("SELECT $1::integer AS n", TOO_LARGE)
    assert not isinstance(raised.value, Unavailable)


@pytest.mark.usefixtures("store")
async def test_its_neighbours_in_a_batch_go_on() -> None:
    async def work(numbers: Sequence[int]) -> list[int]:
        rows = await fetch_one("SELECT $1::integer[] AS numbers", list(numbers))
        assert rows is not None
        return list(rows["numbers"])

    batcher = Batcher(work, most=10, passes=1, waiting=10, outages=Unavailable)
    batcher.start()
    submitted = [batcher.submit(number) for number in (1, TOO_LARGE, 3)]
    first, bad, third = await asyncio.gather(*submitted, return_exceptions=True)
    await batcher.close()
    assert (first, third) == (1, 3)
    assert isinstance(bad, asyncpg.DataError)
