"""The rate limiter on the real server: exact in every window, all or nothing, once a member."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from domain.coordination.limiter import Admission, Ask, RateLimiter
from domain.rules.limit_keys import read_key
from domain.rules.limit_windows import LimitLabel, Window, keyed_window
from domain.rules.limits import Rate
from tests.coordination.lossy import LossyServer
from tests.support.servers import TestServers

SECOND = 1_000_000


def window(
    most: int, per_s: int = 60, *, value: str | None = None, when: Any = "open", name: str = ""
) -> Window:
    key = f"signalbox:limit:test:{name or uuid4()}"
    if value is None:
        return Window(key, most, per_s, when, LimitLabel("trigger"))
    return Window(f"{key}:{value}", most, per_s, when, LimitLabel("key", "$.who", value))


def ask(*windows: Window, member: str = "", group: str | None = None) -> Ask:
    return Ask(member or str(uuid4()), windows, group)


def admitted(admissions: list[Admission]) -> list[bool]:
    return [each.admitted for each in admissions]


@pytest.fixture
def redis_url(servers: TestServers) -> str:
    return servers.fresh_redis()


@pytest.fixture
async def limiter(redis_url: str) -> AsyncIterator[RateLimiter]:
    limiter = RateLimiter(redis_url)
    await limiter.start()
    yield limiter
    await limiter.close()


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator["Redis"]:
    async with Redis.from_url(redis_url, decode_responses=True) as redis:
        yield redis


async def test_as_many_pass_as_the_window_allows_and_the_next_is_told_when(
    limiter: RateLimiter,
) -> None:
    full = window(3, 60)

    admissions = await limiter.admit([ask(full) for _ in range(4)])

    assert admitted(admissions) == [True, True, True, False]
    assert [each.counts for each in admissions] == [(1,), (2,), (3,), (3,)]
    assert admissions[3].denied_by == 0
    assert 59 < admissions[3].retry_after_s <= 60


async def test_a_clock_that_is_set_back_holds_nobody_for_longer_than_the_window(
    limiter: RateLimiter, redis: "Redis"
) -> None:
    full, member = window(1, 1), str(uuid4())
    await limiter.admit([ask(full, member=member)])
    await redis.zincrby(full.key, 3600 * SECOND, member)  # it was counted an hour ahead of now

    (denied,) = await limiter.admit([ask(full)])
    assert not denied.admitted
    assert denied.retry_after_s <= 1

    await asyncio.sleep(denied.retry_after_s)
    assert admitted(await limiter.admit([ask(full)])) == [True]


async def test_nothing_is_counted_unless_every_window_has_room(limiter: RateLimiter) -> None:
    roomy, full, key = window(10), window(1), window(10, value='"c"')
    await limiter.admit([ask(full)])

    (denied,) = await limiter.admit([ask(roomy, full, key)])

    assert (denied.admitted, denied.denied_by, denied.counts) == (False, 1, (0, 1, 0))
    usage = await limiter.usage([roomy, key])
    assert usage is not None
    assert [each.count for each in usage] == [0, 0]


async def test_a_member_counts_once_however_often_it_is_asked_for(limiter: RateLimiter) -> None:
    one, long = window(1), window(1, 3600)
    first, other = ask(one, long, member="a"), ask(one, long, member="b")

    assert admitted(await limiter.admit([first, first, other, first])) == [True, True, False, True]


async def test_what_stands_behind_another_of_its_group_waits_and_costs_nothing(
    limiter: RateLimiter,
) -> None:
    full, roomy = window(1), window(10)
    asks = [
        ask(full, group="lane"),
        ask(full, group="lane"),
        ask(roomy, group="lane"),
        ask(roomy, group="other lane"),
    ]

    admissions = await limiter.admit(asks)

    assert admitted(admissions) == [True, False, False, True]
    assert admissions[2].denied_by is None
    assert admissions[2].retry_after_s == admissions[1].retry_after_s
    assert admissions[3].counts == (1,)


async def test_what_is_taken_back_leaves_its_place(limiter: RateLimiter) -> None:
    one = window(1)
    first = ask(one)
    await limiter.admit([first])

    await limiter.forget([first])

    assert admitted(await limiter.admit([ask(one)])) == [True]


async def test_a_repeat_after_a_lost_answer_counts_once(redis_url: str, redis: "Redis") -> None:
    roomy = window(5)
    async with LossyServer(redis_url) as lossy:
        limiter = RateLimiter(lossy.url)
        await limiter.start()
        lossy.lose_answers(1)
        (admission,) = await limiter.admit([ask(roomy)])
        await limiter.close()

    assert lossy.lost == 1
    assert (admission.admitted, admission.limiter, admission.counts) == (True, "shared", (1,))
    assert await redis.zcard(roomy.key) == 1


async def test_a_server_that_forgot_the_scripts_is_given_them_again(
    limiter: RateLimiter, redis: "Redis"
) -> None:
    await redis.script_flush()

    (admission,) = await limiter.admit([ask(window(1))])

    assert (admission.admitted, admission.limiter) == (True, "shared")


async def test_connections_that_went_stale_are_replaced_without_anybody_noticing(
    limiter: RateLimiter, redis: "Redis"
) -> None:
    roomy = window(10)
    await asyncio.gather(*(limiter.admit([ask(roomy)]) for _ in range(3)))  # one connection each
    await redis.client_kill_filter(_type="normal", skipme=True)

    (admission,) = await limiter.admit([ask(roomy)])

    assert (admission.limiter, admission.counts) == ("shared", (4,))


async def test_what_is_kept_is_bounded_and_ends_by_itself(
    limiter: RateLimiter, redis: "Redis"
) -> None:
    small = window(5, 30)
    await limiter.admit([ask(small) for _ in range(50)])
    keyed = [window(1, 30, value=f'"{n}"', name="many") for n in range(1_100)]
    for start in range(0, 1_100, 100):
        await limiter.admit([ask(each) for each in keyed[start : start + 100]])

    assert await redis.zcard(small.key) == 5
    assert await redis.zcard(keyed[0].index) == 1_000
    for key in (small.key, keyed[0].key, keyed[0].index):
        assert 0 < await redis.pttl(key) <= 30_000


async def test_usage_names_the_fullest_keys(limiter: RateLimiter) -> None:
    key, trigger_id = read_key("$.who"), uuid4()
    rate = Rate(9, 60, key)
    busy, calm, every = (
        keyed_window(rate, key, trigger_id, value) for value in ('"a b"', "7", None)
    )
    await limiter.admit([ask(busy), ask(calm), ask(busy)])

    usage = await limiter.usage([busy, every])

    assert usage is not None
    assert usage[0].count == 2
    assert (usage[1].values, usage[1].fullest) == (2, (('"a b"', 2), ("7", 1)))


async def _measured(client: "Redis", key: str) -> dict[str, int]:
    found: Any = await client.zrange(key, 0, -1, withscores=True)
    return {str(member): int(score) for member, score in found}


async def test_four_that_race_never_exceed_any_window(redis_url: str, redis: "Redis") -> None:
    """Each with its own connections and event loop, for two and a half seconds against 50 a second
    and 80 in two; the scores that the server recorded are what happened."""
    short, long = window(50, 1), window(80, 2)
    seen: dict[str, int] = {}
    stop = threading.Event()

    async def race() -> None:
        limiter = RateLimiter(redis_url)
        while not stop.is_set():
            await limiter.admit([ask(short, long) for _ in range(3)])
        await limiter.close()

    racers = [threading.Thread(target=lambda: asyncio.run(race())) for _ in range(4)]
    for racer in racers:
        racer.start()
    for _ in range(25):
        await asyncio.sleep(0.1)
        seen |= await _measured(redis, long.key)
    stop.set()
    for racer in racers:
        await asyncio.to_thread(racer.join)

    instants = sorted(seen.values())
    assert len(instants) >= 80
    for each in (short, long):
        later = zip(instants, instants[each.most :], strict=False)
        assert all(last - first >= each.per_s * SECOND for first, last in later)


Shifted = tuple[int, list[tuple[int, tuple[int, ...]]]]
steps = st.lists(
    st.tuples(
        st.integers(0, 1_500_000),
        st.lists(
            st.tuples(st.integers(0, 12), st.sets(st.integers(0, 2), min_size=1).map(tuple)),
            max_size=6,
        ),
    ),
    max_size=8,
)


@settings(max_examples=40, deadline=None)
@given(mosts=st.tuples(*[st.integers(1, 4)] * 3), script=steps)
def test_it_agrees_with_a_plain_list_of_what_passed(
    servers: TestServers, mosts: tuple[int, int, int], script: list[Shifted]
) -> None:
    """A model: the window as a list of instants. Time passes by making what was recorded older; the
    instant of an admission is read back, and a denial must be right when it was asked."""
    windows = [window(most, per_s) for most, per_s in zip(mosts, (1, 2, 3), strict=True)]

    async def run(limiter: RateLimiter, redis: "Redis") -> None:
        passed: list[dict[str, int]] = [{}, {}, {}]
        for older_by, asked in script:
            await _make_older(redis, windows, passed, older_by)
            for number, places in asked:
                before = await _now(redis)
                one = ask(*(windows[place] for place in places), member=str(number))
                (admission,) = await limiter.admit([one])
                scores = []
                for place in places:
                    at = await redis.zscore(windows[place].key, one.member)
                    scores.append(int(at or 0))
                    _check_and_note(windows[place], passed[place], one.member, at, before)
                assert admission.counted_us == (max(scores) if admission.admitted else 0)
                full = [_full(windows[p], passed[p], one.member, before) for p in places]
                assert admission.admitted or any(full)

    asyncio.run(_with_both(servers.fresh_redis(), run))


def _check_and_note(
    window: Window, passed: dict[str, int], member: str, at: float | None, before: int
) -> None:
    since = before if at is None or at < before else int(at)
    if at is not None and at >= before:
        recent = [
            t for name, t in passed.items() if name != member and t > since - window.per_s * SECOND
        ]
        assert len(recent) < window.most
        passed[member] = int(at)


def _full(window: Window, passed: dict[str, int], member: str, before: int) -> bool:
    recent = {name for name, at in passed.items() if at > before - window.per_s * SECOND}
    return member not in recent and len(recent) >= window.most


async def _now(redis: "Redis") -> int:
    seconds, micros = await redis.time()
    return int(seconds) * SECOND + int(micros)


async def _make_older(
    redis: "Redis", windows: list[Window], passed: list[dict[str, int]], by: int
) -> None:
    for each, members in zip(windows, passed, strict=True):
        for member in members:
            members[member] -= by
        for member, at in (await _measured(redis, each.key)).items():
            await redis.zadd(each.key, {member: at - by})


async def _with_both(
    redis_url: str, run: Callable[[RateLimiter, "Redis"], Awaitable[None]]
) -> None:
    limiter = RateLimiter(redis_url)
    async with Redis.from_url(redis_url, decode_responses=True) as redis:
        await run(limiter, redis)
    await limiter.close()
