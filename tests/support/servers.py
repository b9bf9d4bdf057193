"""A PostgreSQL and a Valkey for tests: real ones, in a directory of their own that goes with them.

Databases are copied from templates, which takes a few hundredths of a second, so a test that needs
its own has its own. Redis databases are told apart by their numbers.
"""

import contextlib
import itertools
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import redis

from cli.postgres import Postgres
from cli.processes import DataDirectory
from cli.servers import RunningServer
from cli.valkey import Valkey

_REDIS_DATABASES = 1024


class TestServers:
    """Both servers, running. `postgres` and `valkey` can be stopped, killed and started again."""

    __test__ = False

    def __init__(self, directory: DataDirectory, *, durable: bool) -> None:
        self._postgres = Postgres(directory, durable=durable)
        self._valkey = Valkey(directory, databases=_REDIS_DATABASES)
        self.postgres = RunningServer(self._postgres)
        self.valkey = RunningServer(self._valkey)
        self._numbers = itertools.count(1)

    def database_url(self, name: str) -> str:
        """The DSN of the database `name`."""
        return self._postgres.url_of(name)

    def redis_url(self, number: int) -> str:
        """The URL of the Redis database `number`."""
        return self._valkey.url_of(number)

    def fresh_redis(self, count: int = 2) -> str:
        """The URL of an empty Redis database, whose `count - 1` successors are empty too.

        The broker's queue takes the number after the one that it is given.
        """
        first = next(self._numbers) * count % (_REDIS_DATABASES - count)
        for number in range(first, first + count):
            with redis.Redis.from_url(self.redis_url(number)) as client:
                client.flushdb()
        return self.redis_url(first)

    async def create_database(self, name: str, template: str = "template0") -> str:
        """Make the database `name` as a copy of `template`, which nobody may be using; its DSN."""
        await self._administer(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.database_url(name)

    async def drop_database(self, name: str) -> None:
        """Remove the database `name`, whoever may still be connected to it."""
        await self._administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    @contextlib.asynccontextmanager
    async def fresh_database(self, template: str) -> AsyncIterator[str]:
        """The DSN of a copy of the database `template`, which is removed afterwards."""
        name = f"{template}_{next(self._numbers)}"
        url = await self.create_database(name, template)
        try:
            yield url
        finally:
            await self.drop_database(name)

    async def _administer(self, statement: str) -> None:
        connection = await asyncpg.connect(self.database_url("postgres"))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@contextlib.contextmanager
def running_servers(*, durable: bool = False) -> Iterator[TestServers]:
    """Start both servers, and remove them and their data afterwards.

    `durable` makes PostgreSQL wait for the disk as in earnest; ordinary tests do not need that.
    """
    folder = Path(tempfile.mkdtemp(prefix="signalbox-servers-"))
    try:
        with DataDirectory(folder).hold() as directory:
            servers = TestServers(directory, durable=durable)
            with servers.postgres, servers.valkey:
                yield servers
    finally:
        shutil.rmtree(folder, ignore_errors=True)
