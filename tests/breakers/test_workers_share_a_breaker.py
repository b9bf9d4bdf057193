"""The scripts in Redis: the same rules as the pure ones, one probe, and nothing counted twice."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.coordination.breakers import SharedBreakers, Standing, Told
from domain.rules.breakers import Breaker, BreakerSettings, Report, counted

QUICK = BreakerSettings(cool_down_s=1, in_a_row=3)
# Opens by either rule within a few calls.
TOUCHY = BreakerSettings(in_a_row=4, min_calls=6, failure_rate=0.5)
FAILED = Told(1, 3, False, ((0, 3, 3),))

New = Callable[[], SharedBreakers]


@pytest.fixture
async def new(redis_url: str) -> AsyncIterator[New]:
    """Makes another worker's way to the breakers."""
    async with contextlib.AsyncExitStack() as stack:

        def make() -> SharedBreakers:
            made = SharedBreakers(redis_url)
            stack.push_async_callback(made.close)
            return made

        yield make


async def opened(shared: SharedBreakers, id_: UUID) -> Standing:
    """A breaker that has just opened."""
    standing = await shared.leave(id_, QUICK, FAILED)
    assert (standing.state, standing.changed, standing.reason) == ("open", True, "in_a_row")
    return standing


_reports = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=12
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(_reports)
async def test_the_scripts_go_by_the_same_rules(
    new: New, reports: list[tuple[int, int, int]]
) -> None:
    shared, id_, breaker = new(), uuid4(), Breaker()
    for number, (answered, failures, last) in enumerate(reports, 1):
        trailing = min(last, failures) if answered else failures
        if answered + failures == 0:
            continue
        buckets = ((0, answered + failures, failures),)
        breaker, reason = counted(
            breaker, TOUCHY, Report(answered + failures, failures, trailing), 1_000.0
        )
        standing = await shared.leave(id_, TOUCHY, Told(number, trailing, answered > 0, buckets))
        assert (standing.state, standing.reason) == (breaker.state, reason)
        assert standing.trips == breaker.trips
        assert standing.cool_down_s == breaker.cool_down_s


async def test_of_fifty_who_ask_at_once_one_gets_the_probe(new: New) -> None:
    workers, id_ = [new() for _ in range(8)], uuid4()
    await opened(workers[0], id_)
    early = await workers[1].enter(id_, "early", 5.0, None)
    assert early.answer == "open"
    assert 0.5 < early.standing.wait_s <= 1.0
    await asyncio.sleep(1.05)
    entries = await asyncio.gather(
        *(workers[n % 8].enter(id_, f"call-{n}", 5.0, None) for n in range(50))
    )
    assert sorted(entry.answer for entry in entries) == ["open"] * 49 + ["probe"]


async def test_asked_again_after_a_lost_reply_the_answer_is_the_same(new: New) -> None:
    shared, id_ = new(), uuid4()
    await opened(shared, id_)
    await asyncio.sleep(1.05)
    answers = [(await shared.enter(id_, token, 5.0, None)).answer for token in ("a", "a", "b")]
    assert answers == ["probe", "probe", "open"]
    # How it went may be told twice as well: the second time changes nothing.
    told = Told(token="a", how="failed")
    first = await shared.leave(id_, QUICK, told)
    again = await shared.leave(id_, QUICK, told)
    assert (first.state, first.cool_down_s, first.stamp) == ("open", 2.0, again.stamp)
    assert again.trips == 2


async def test_a_report_that_is_told_again_counts_once(new: New) -> None:
    shared, id_ = new(), uuid4()
    two = Told(1, 2, False, ((0, 2, 2),))
    for _ in range(3):
        standing = await shared.leave(id_, QUICK, two)
        assert standing.state == "closed"
    assert await shared.counts_of({id_: QUICK.window_s}) == {id_: (2, 2)}
    assert (await shared.leave(id_, QUICK, Told(2, 1, False, ((0, 1, 1),)))).state == "open"


async def test_a_probe_that_is_never_heard_of_is_followed_by_another(new: New) -> None:
    shared, id_ = new(), uuid4()
    await opened(shared, id_)
    await asyncio.sleep(1.05)
    assert (await shared.enter(id_, "dies", 0.2, None)).answer == "probe"
    denied = await shared.enter(id_, "next", 0.2, None)
    # Not sooner than a cool-down after the first.
    assert denied.answer == "open"
    assert 0.5 < denied.standing.wait_s <= 1.0
    await asyncio.sleep(denied.standing.wait_s + 0.05)
    assert (await shared.enter(id_, "next", 0.2, None)).answer == "probe"
    # Whatever the first one says now, it is too late.
    late = await shared.leave(id_, QUICK, Told(token="dies", how="answered"))
    assert (late.state, late.changed) == ("half_open", False)


async def test_no_more_calls_at_once_than_are_allowed(new: New) -> None:
    workers, id_ = [new() for _ in range(4)], uuid4()
    entries = await asyncio.gather(
        *(workers[n % 4].enter(id_, f"call-{n}", 5.0, 3) for n in range(20))
    )
    out = [f"call-{n}" for n, entry in enumerate(entries) if entry.answer == "pass"]
    assert len(out) == 3
    assert (await workers[0].enter(id_, out[0], 5.0, 3)).answer == "pass"
    await workers[1].leave(id_, QUICK, Told(token=out[0], how="answered"))
    answers = [(await workers[0].enter(id_, f"late-{n}", 5.0, 3)).answer for n in range(2)]
    assert answers == ["pass", "busy"]


async def test_what_redis_lost_is_restored_by_who_knows_it(new: New) -> None:
    one, other, id_ = new(), new(), uuid4()
    await one.news()
    await opened(one, id_)
    news = await one.news()
    assert news is not None
    assert not news.lost
    seed = news.standings[id_]
    await other._redis.flushdb()
    lost = await one.news()
    assert lost is not None
    assert (lost.lost, lost.standings) == (True, {})
    assert (await one.restore(id_, seed)).state == "open"
    assert (await other.enter(id_, "call", 5.0, None)).answer == "open"


async def test_a_reset_closes_it_and_the_probe_under_way_changes_nothing(new: New) -> None:
    shared, id_ = new(), uuid4()
    await opened(shared, id_)
    await asyncio.sleep(1.05)
    assert (await shared.enter(id_, "probe", 5.0, None)).answer == "probe"
    assert (await shared.reset(id_)).state == "closed"
    late = await shared.leave(id_, QUICK, Told(token="probe", how="failed"))
    assert (late.state, late.changed) == ("closed", False)
    again = await shared.leave(id_, QUICK, Told(2, 3, False, ((0, 3, 3),)))
    assert (again.state, again.cool_down_s) == ("open", 1.0)
