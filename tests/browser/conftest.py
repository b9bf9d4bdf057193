"""A real browser on a running installation.

Without a browser these tests are skipped with the reason; in CI its absence is a failure.
"""

from collections.abc import AsyncIterator, Iterator

import pytest
from litestar import Litestar
from playwright.async_api import Browser, async_playwright
from redis.asyncio import Redis

from domain.settings import read_settings
from tests.browser.watching import Person, Tab, Yard, path_of_the_browser
from tests.conftest import fresh_installation
from tests.support.installation import Installation
from tests.support.people import Stock
from tests.support.servers import TestServers
from web.app import create_app

# Root may not use the sandbox, and containers have little shared memory.
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """A browser for all tests; each has profiles of its own in it."""
    path = path_of_the_browser()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
def signalbox(servers: TestServers) -> Iterator[Installation]:
    """One installation for all of them: each test has a team of its own."""
    with fresh_installation(servers) as installation:
        yield installation


@pytest.fixture
def app(signalbox: Installation) -> Litestar:
    """The app that the installation serves, for its routes."""
    return create_app(read_settings(signalbox.env))


@pytest.fixture(scope="session")
def stock(signalbox: Installation) -> Stock:
    """New people of the installation."""
    return Stock(signalbox)


@pytest.fixture
def alice(stock: Stock) -> Person:
    """An admin of a new team of the running installation."""
    made = stock.admin()
    return Person(made.email, made.slug, made.team)


@pytest.fixture
async def yard(chromium: Browser, signalbox: Installation, alice: Person) -> AsyncIterator[Yard]:
    """Where tabs are opened. At the end none of them may have complained about anything."""
    await _forget_tries(signalbox)
    yard = Yard(chromium, signalbox, alice)
    yield yard
    await yard.close()
    assert not yard.complaints


async def _forget_tries(signalbox: Installation) -> None:
    """All tests sign in from one address, more often than people do."""
    async with Redis.from_url(signalbox.env["REDIS_URL"]) as redis:
        if tried := [key async for key in redis.scan_iter("signalbox:tries:*")]:
            await redis.delete(*tried)


@pytest.fixture
async def tab(yard: Yard) -> Tab:
    """A tab in which Alice has signed in."""
    return await yard.open()
