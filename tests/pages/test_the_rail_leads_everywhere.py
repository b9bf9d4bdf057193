import re

from litestar import Litestar

from domain.store.database import execute
from tests.pages.browsing import Browser, open_browser
from tests.support.world import World

_STATIONS = re.compile(r'<ul class="line">(.*?)</ul>', re.DOTALL)
_LINK = re.compile(r'<a href="([^"]*)"\s*(aria-current="page")?>([^<]*)</a>')
SEEN_BY_ALL = [
    "Overview", "Triggers", "Events", "Executions", "Dead letters", "Workflows", "Destinations",
    "Ledger", "Reliability", "Calendars",
]  # fmt: skip


async def stations(browser: Browser, path: str = "/") -> list[tuple[str, str, str]]:
    page = (await browser.get(path)).text
    wide, narrow = _STATIONS.findall(page)
    assert _LINK.findall(wide) == _LINK.findall(narrow)
    return list(_LINK.findall(wide))


async def test_each_role_is_shown_what_it_may_open(
    app: Litestar, alice: Browser, bob: Browser, world: World
) -> None:
    async with open_browser(app, world.alice, "editor") as erin:
        for browser, names in (
            (alice, [*SEEN_BY_ALL, "Refused", "Secrets", "Team"]),
            (erin, [*SEEN_BY_ALL, "Refused", "Secrets", "Team"]),
            (bob, [*SEEN_BY_ALL, "Team"]),
        ):
            shown = await stations(browser)
            assert [name for _, _, name in shown] == names
            for address, _, _ in shown:
                assert (await browser.get(address)).status_code == 200, address


async def test_the_station_where_one_is_is_lit(alice: Browser) -> None:
    for path, lit in (("/", "/"), ("/triggers", "/triggers"), ("/triggers/new", "/triggers"),
                      ("/team/keys", "/team")):  # fmt: skip
        assert [address for address, current, _ in await stations(alice, path) if current] == [lit]


async def test_the_page_says_zone_locale_and_theme_of_the_profile(
    alice: Browser, bob: Browser, world: World
) -> None:
    await execute(
        "UPDATE app_user SET zone = 'Asia/Tokyo', locale = 'de', theme = 'dark' WHERE id = "
        "(SELECT user_id FROM membership WHERE team_id = $1 AND role = 'admin')",
        world.alice.team_id,
    )

    ours, theirs = (await alice.get("/")).text, (await bob.get("/")).text

    assert '<html lang="en" data-theme="dark" data-zone="Asia/Tokyo" data-locale="de">' in ours
    assert "data-zone=" not in theirs
    assert "data-theme=" not in theirs.partition(">")[0]
