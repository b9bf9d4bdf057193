"""The web application inside the test's own process, on real PostgreSQL and Valkey.

A `conftest.py` imports these fixtures. They replace `store`, since the application opens the pool.
"""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any, cast

import httpx
import pytest
from litestar import Litestar

from domain.operations.create_api_key import create_api_key
from domain.operations.create_user import create_user
from domain.rules.permissions import Actor, operator
from domain.settings import Settings, read_settings
from tests.support.servers import TestServers
from tests.support.world import KEY, World
from web.app import create_app

BASE_URL = "http://signalbox.test"
PASSWORD = "a long enough password"
CSRF = re.compile(r'name="_csrf" value="([0-9a-f]{64})"')


@pytest.fixture(scope="module")
def settings(common_database: str, servers: TestServers) -> Settings:
    """What an operator would have set."""
    return read_settings(
        {
            "DATABASE_URL": common_database,
            "REDIS_URL": servers.fresh_redis(),
            "SECRET_KEY": KEY.decode(),
            "BASE_URL": BASE_URL,
        }
    )


@pytest.fixture(scope="module")
async def app(settings: Settings) -> AsyncIterator[Litestar]:
    """The running application."""
    application = create_app(settings)
    started, stop = asyncio.Event(), asyncio.Event()

    async def run() -> None:
        # A task of its own: it must end the lifespan that it began, and fixtures change tasks.
        async with application.lifespan():
            started.set()
            await stop.wait()

    running = asyncio.create_task(run())
    await asyncio.wait(
        [running, asyncio.create_task(started.wait())], return_when=asyncio.FIRST_COMPLETED
    )
    if running.done():
        running.result()
    yield application
    stop.set()
    await running


@pytest.fixture
async def store(app: Litestar) -> None:
    """The application's own pool."""


def client_of(app: Litestar, address: str | None = None) -> httpx.AsyncClient:
    """A client with a cookie jar of its own, and an address of its own unless one is named: so
    that nobody is throttled for what others did."""
    own = ".".join(["10", *(str(secrets.randbelow(256)) for _ in range(3))])
    transport = httpx.ASGITransport(cast("Any", app), client=(address or own, 40_000))
    return httpx.AsyncClient(transport=transport, base_url=BASE_URL)


@pytest.fixture
async def client(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody without a key and without a session."""
    async with client_of(app) as stranger:
        yield stranger


@dataclass(frozen=True)
class Api:
    """Someone who uses the JSON API with a key."""

    client: httpx.AsyncClient
    key: str

    async def call(self, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        """One call; `body` becomes JSON."""
        sent = {} if body is None else {"json": body}
        headers = {"authorization": f"Bearer {self.key}"}
        return await self.client.request(method, f"/api/v1{path}", headers=headers, **sent, **more)

    async def get(self, path: str, **parameters: Any) -> httpx.Response:
        """GET."""
        return await self.call("GET", path, params=parameters)

    async def post(self, path: str, body: Any) -> httpx.Response:
        """POST."""
        return await self.call("POST", path, body)

    async def patch(self, path: str, body: Any) -> httpx.Response:
        """PATCH."""
        return await self.call("PATCH", path, body)

    async def raw(self, method: str, path: str, content: bytes) -> httpx.Response:
        """A body that is sent as it is."""
        return await self.call(method, path, content=content)


async def key_of(actor: Actor, role: str) -> str:
    """A new key for the actor's team."""
    return (await create_api_key(operator(actor.team_id), "a test's key", role)).text


@pytest.fixture
async def alice(client: httpx.AsyncClient, world: World) -> Api:
    """An admin's key."""
    return Api(client, await key_of(world.alice, "admin"))


@pytest.fixture
async def editor(client: httpx.AsyncClient, world: World) -> Api:
    """An editor's key, of Alice's team."""
    return Api(client, await key_of(world.alice, "editor"))


@pytest.fixture
async def bob(client: httpx.AsyncClient, world: World) -> Api:
    """A viewer's key, of Alice's team."""
    return Api(client, await key_of(world.alice, "viewer"))


@pytest.fixture
async def charlie(client: httpx.AsyncClient, world: World) -> Api:
    """An admin's key of another team."""
    return Api(client, await key_of(world.charlie, "admin"))


@dataclass(frozen=True)
class Person:
    """Someone who can sign in."""

    email: str
    password: str
    actor: Actor


async def person_of(actor: Actor, role: str) -> Person:
    """A new user of the actor's team."""
    email = f"{actor.name.lower()}-{secrets.token_hex(6)}@example.org"
    user_id = await create_user(operator(actor.team_id), email, actor.name, role, PASSWORD)
    return Person(email, PASSWORD, replace(actor, id=user_id, role=role))


async def sign_in(client: httpx.AsyncClient, person: Person, **more: Any) -> httpx.Response:
    """Fill in the sign-in form."""
    form = {"email": person.email, "password": person.password}
    return await client.post("/sign-in", data=form, **more)


async def csrf_of(client: httpx.AsyncClient, path: str = "/") -> str:
    """The token that this session's forms carry."""
    found = CSRF.search((await client.get(path)).text)
    assert found, f"no form on {path}"
    return found[1]
