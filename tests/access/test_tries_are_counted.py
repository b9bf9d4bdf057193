"""Throttling: shared through Redis, and still there without it."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from domain.coordination.tries import Limit, Tries
from domain.errors import Throttled
from tests.support.servers import TestServers


@pytest.fixture(params=["shared", "redis away"])
async def redis(request: pytest.FixtureRequest, servers: TestServers) -> AsyncIterator[Redis]:
    away = request.param == "redis away"
    async with Redis.from_url("redis://127.0.0.1:1/0" if away else servers.fresh_redis()) as client:
        yield client


def limit(most: int = 3) -> Limit:
    return Limit(f"what {uuid4()}", most, 60)


async def test_as_many_tries_as_allowed_pass_and_no_more(redis: Redis) -> None:
    tries, three = Tries(redis), limit(3)
    for _ in range(3):
        await tries.count([three])

    with pytest.raises(Throttled) as throttled:
        await tries.count([three])

    assert 1 <= throttled.value.retry_after_s <= 60


async def test_each_thing_has_its_own_count(redis: Redis) -> None:
    tries, one, other = Tries(redis), limit(1), limit(1)
    await tries.count([one])

    await tries.count([other])

    with pytest.raises(Throttled):
        await tries.count([one])


async def test_the_strictest_limit_counts(redis: Redis) -> None:
    tries, wide, narrow = Tries(redis), limit(100), limit(1)
    await tries.count([wide, narrow])

    with pytest.raises(Throttled):
        await tries.count([wide, narrow])


async def test_processes_share_one_count(servers: TestServers) -> None:
    one_try = limit(1)
    async with Redis.from_url(servers.fresh_redis()) as redis:
        await Tries(redis).count([one_try])
        with pytest.raises(Throttled):
            await Tries(redis).count([one_try])


async def test_redis_keeps_no_addresses_and_forgets(servers: TestServers) -> None:
    async with Redis.from_url(servers.fresh_redis(), decode_responses=True) as redis:
        await Tries(redis).count([Limit("account alice@example.org\ud800", 5, 60)])
        (key,) = await redis.keys("*")
        assert "alice" not in key
        assert 0 < await redis.ttl(key) <= 60
