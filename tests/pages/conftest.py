"""The pages over HTTP, in the test's own process."""

from collections.abc import AsyncIterator

import pytest
from litestar import Litestar

from tests.pages.browsing import Browser, open_browser
from tests.pages.happenings import History
from tests.support.web_fixtures import app, client, settings, store
from tests.support.world import World

__all__ = ["app", "client", "settings", "store"]


@pytest.fixture
async def alice(app: Litestar, world: World) -> AsyncIterator[Browser]:
    """An admin who is signed in."""
    async with open_browser(app, world.alice, "admin") as browser:
        yield browser


@pytest.fixture
async def bob(app: Litestar, world: World) -> AsyncIterator[Browser]:
    """A viewer of Alice's team who is signed in."""
    async with open_browser(app, world.bob, "viewer") as browser:
        yield browser


@pytest.fixture
async def charlie(app: Litestar, world: World) -> AsyncIterator[Browser]:
    """An admin of another team who is signed in."""
    async with open_browser(app, world.charlie, "admin") as browser:
        yield browser


@pytest.fixture
async def history(world: World) -> History:
    """A trigger and a workflow of Alice's team, and a way to say what happened to them."""
    workflow_id = await world.workflow()
    return History(world, await world.trigger(workflow_id), workflow_id)
