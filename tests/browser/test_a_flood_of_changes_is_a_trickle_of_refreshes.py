import asyncio

from redis.asyncio import Redis

from domain.coordination.live_feed import STREAM
from tests.browser.watching import Person, Tab, deliver

SECONDS, A_SECOND = 3, 200
# What people feel as a jerk is about a tenth of a second; the machine may be busy with much else.
LONGEST_MS = 400
WATCH = """
window.longest = 0;
new PerformanceObserver((list) => list.getEntries().forEach((task) => {
  window.longest = Math.max(window.longest, task.duration);
})).observe({ entryTypes: ["longtask"] });
undefined
"""


async def test_a_page_of_50_rows_stays_quick_at_200_changes_a_second(
    tab: Tab, alice: Person
) -> None:
    hook = alice.team.hook()
    await asyncio.gather(*(deliver(hook, {"id": f"row {number}"}) for number in range(50)))
    await tab.go("/events")
    await tab.eventually("document.querySelectorAll('tbody tr').length === 50")
    await tab.page.evaluate(WATCH)
    asked: list[str] = []
    tab.page.on("request", lambda request: asked.append(request.url))

    took = await flood(alice.team.installation.env["REDIS_URL"], await alice.team_id())

    assert 1 <= len(asked) <= took * 3.2 + 2
    assert await tab.page.evaluate("window.longest") < LONGEST_MS


async def flood(redis_url: str, team_id: str) -> float:
    """Changes as fast as was asked for; how many seconds it took."""
    loop = asyncio.get_running_loop()
    begin = loop.time()
    async with Redis.from_url(redis_url) as redis:
        for number in range(1, SECONDS * A_SECOND + 1):
            await redis.xadd(STREAM, {"team": team_id, "topics": f"events event:{number}"})
            await asyncio.sleep(max(0.0, begin + number / A_SECOND - loop.time()))
    return loop.time() - begin
