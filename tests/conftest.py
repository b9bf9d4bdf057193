"""What every test may ask for: real servers, a migrated database, a running installation.

Alice is an admin and Bob a viewer of one team; Charlie is an admin of another.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings

from domain.store import database
from tests.support.installation import ROOT, Installation
from tests.support.servers import TestServers, running_servers
from tests.support.world import World, make_world

# Exceptions that are logged on purpose are drawn plainly: with colours and every local variable, as
# structlog does it of itself, one takes many seconds.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)

# A machine that is busy is no fault: what takes how long, `make bench` says.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

TEMPLATE = "signalbox_template"
COMMON = "signalbox_common"
TEST_KEY = "a test's own key, which guards nothing at all 0123456789"


@pytest.fixture(scope="session")
def servers() -> Iterator[TestServers]:
    """A PostgreSQL and a Valkey for this run of the tests, with a migrated template database."""
    with running_servers() as running:
        url = asyncio.run(running.create_database(TEMPLATE))
        release(url, running.fresh_redis())
        yield running


def release(database_url: str, redis_url: str) -> None:
    """Migrate a database as a release does."""
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SECRET_KEY": TEST_KEY,
    }
    subprocess.run([sys.executable, "-m", "cli", "release"], cwd=ROOT, env=environment, check=True)


@pytest.fixture(scope="session")
def common_database(servers: TestServers) -> str:
    """The database that the tests of this process share; each test makes teams of its own."""
    url = asyncio.run(servers.create_database(COMMON, TEMPLATE))
    os.environ["DATABASE_URL"] = url
    return url


@pytest.fixture
async def store(common_database: str) -> AsyncIterator[None]:
    """An open pool on the shared database."""
    await database.open_pool(8)
    yield
    await database.close_pool()


@pytest.fixture
async def world(store: None) -> World:
    """Alice, Bob and Charlie, a workflow and a few triggers, made as the product makes them."""
    return await make_world()


@pytest.fixture(scope="module")
def signalbox(servers: TestServers) -> Iterator[Installation]:
    """A running installation with a database of its own, for the tests of one module."""
    with fresh_installation(servers) as installation:
        yield installation


def fresh_installation(servers: TestServers, **env: str) -> Installation:
    """An installation that is not started yet, on a new database."""
    name = f"installation_{os.urandom(6).hex()}"
    url = asyncio.run(servers.create_database(name, TEMPLATE))
    return Installation(url, servers.fresh_redis(), env)


@pytest.fixture(scope="session")
def payloads() -> Path:
    """Bodies that GitHub really sends; they are not part of the project."""
    folder = ROOT.parent / "shared" / "payloads" / "github"
    if not folder.is_dir():
        pytest.skip("the GitHub bodies (../shared/payloads/github) are not here")
    return folder
