"""The engine, its pools and transactions: Piccolo's, with what it leaves open closed.

Piccolo's own transaction keeps its connection, and its place in the task's context, when commit
or rollback raises; ours gives both back whatever happens. Its pool waits for ever; ours gives up.
A task that acts for one team (`team_scope.py`) gets its connections from a pool of their own, and
so does the door: what others do to a database's connections must not keep events from being stored.
"""

import os
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Literal, TypeAlias

import asyncpg
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction

from domain.closing import ends_in_time
from domain.store.team_scope import SCHEMA, ScopedConnection, scoped_team

ACQUIRE_TIMEOUT_S = 5.0
STATEMENT_TIMEOUT_S = 10.0
CLOSE_WITHIN_S = 1.0
# asyncpg gives a connection up after so many queries; one that is kept for the door is kept.
_FOR_EVER = 2**62

# asyncpg's Record, as far as we use it.
Row: TypeAlias = Mapping[str, Any]
UniqueViolation = asyncpg.UniqueViolationError
# What a lost, refused or overloaded database looks like from here: try again later.
Unavailable = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    # What asyncpg says of a connection that broke within a message: it has lost count.
    asyncpg.InternalClientError,
)
# What somebody else's lock, or our own slowness, does to a transaction: it may succeed in a moment.
Contended = (
    asyncpg.LockNotAvailableError,
    asyncpg.TransactionRollbackError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)


_at_the_door: ContextVar[bool] = ContextVar("at_the_door", default=False)


@contextmanager
def at_the_door() -> Iterator[None]:
    """What runs in here has the connections that are kept for accepting events, where this process
    keeps any. They are opened at its start, and stay open: when others use up the connections that
    the database has, everything else is refused, and events are still stored."""
    before = _at_the_door.set(True)
    try:
        yield
    finally:
        _at_the_door.reset(before)


class Transaction(PostgresTransaction):
    """A transaction that always gives its connection back."""

    engine: "Engine"

    async def get_connection(self) -> Any:
        """A connection from a pool. Raises TimeoutError when none comes free in time."""
        if self.engine.pool is None:
            return await self.engine.get_new_connection()
        self._pool, self.team_id = self.engine.pool_of_task, scoped_team()
        connection = await self._pool.acquire(timeout=ACQUIRE_TIMEOUT_S)
        try:
            await _show_team(connection)
        except BaseException:
            await self._pool.release(connection)
            raise
        return connection

    async def __aenter__(self) -> PostgresTransaction:
        if self._parent is not None:
            return self._parent
        self.connection = await self.get_connection()
        try:
            self.transaction = self.connection.transaction()
            await self.begin()
        except BaseException:
            await self._give_back()
            raise
        self.context = self.engine.current_transaction.set(self)
        return self

    async def __aexit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> Literal[False]:
        if self._parent is not None:
            return False
        try:
            if exception is None:
                await self.commit()
            else:
                await self.rollback()
        finally:
            self.engine.current_transaction.reset(self.context)
            await self._give_back()
        return False

    async def _give_back(self) -> None:
        # The pool does not reset connections, so one that is still inside a transaction
        # (a lost commit, a cancelled task) must not go back alive.
        if self.connection.is_in_transaction():
            self.connection.terminate()
        if self.engine.pool is not None:
            await self._pool.release(self.connection)
        else:
            await self.connection.close()


class Engine(PostgresEngine):
    """Piccolo's engine without the connection it opens, and the warning it prints, when made; with
    a second pool for those who act for one team."""

    scoped_pool: Any = None
    door_pool: Any = None

    async def check_version(self) -> None:
        """Nothing: `/readyz` and the release say so when the database is not usable."""

    async def prep_database(self) -> None:
        """Nothing: we use no extensions."""

    def transaction(self, allow_nested: bool = True) -> Transaction:  # noqa: FBT001, FBT002 - Piccolo's signature
        """One transaction; inside another one, a part of that one."""
        return Transaction(engine=self, allow_nested=allow_nested)

    @property
    def pool_of_task(self) -> Any:
        """The pool whose connections see what this task may see. Raises RuntimeError without."""
        if scoped_team() is not None:
            pool = self.scoped_pool
        elif _at_the_door.get() and self.door_pool is not None:
            pool = self.door_pool
        else:
            pool = self.pool
        if pool is None:
            raise RuntimeError("open_pool() first: without a pool every query makes a connection")
        return pool

    def check_scope(self) -> None:
        """Raises RuntimeError when the current transaction sees another team than the task acts
        for: it has its connection already, so `every_team()` within it would show one team only.
        """
        current = self.current_transaction.get()
        if current is not None and getattr(current, "team_id", None) != scoped_team():
            raise RuntimeError("begin the transaction after scope_to() or every_team()")

    async def run_querystring(self, querystring: Any, in_pool: bool = True) -> Any:  # noqa: FBT001, FBT002 - Piccolo's signature
        """Called by Piccolo for each of its queries."""
        self.check_scope()
        return await super().run_querystring(querystring, in_pool)

    async def _run_in_pool(self, query: str, args: Sequence[Any] | None = None) -> Any:
        # What Piccolo's own queries go through outside of a transaction.
        async with _connection() as connection:
            return await connection.fetch(query, *(args or ()))


_engine: Engine | None = None


def engine() -> Engine:
    """This process's engine, made from DATABASE_URL when first asked for."""
    global _engine  # noqa: PLW0603 - Piccolo finds its engine through a module, once a process
    if _engine is None:
        _engine = Engine(config=_connection_config(os.environ.get("DATABASE_URL", "")))
    return _engine


def _connection_config(url: str) -> dict[str, Any]:
    return {
        "dsn": url,
        "timeout": ACQUIRE_TIMEOUT_S,
        "command_timeout": STATEMENT_TIMEOUT_S + 1,
        "server_settings": {
            "application_name": "signalbox",
            "statement_timeout": f"{STATEMENT_TIMEOUT_S:.0f}s",
            "idle_in_transaction_session_timeout": "30s",
            "timezone": "UTC",
            "jit": "off",
        },
    }


async def _keep_as_it_is(_connection: asyncpg.Connection) -> None:
    """The one session setting that is ever changed is set before each use, so the reset (a round
    trip a use) is left out."""


async def open_pool(size: int, scoped: int = 0, door: int = 0) -> None:
    """Open this process's pool of at most `size` connections, on the running event loop, and one
    of at most `scoped` for those who act for one team, if there are any here. `door` connections
    are opened at once and kept for `at_the_door()`.

    Raises one of `Unavailable` when the database cannot be reached: the start then fails.
    """
    ours = engine()
    await ours.start_connection_pool(min_size=1, max_size=size, reset=_keep_as_it_is)
    if door:
        ours.door_pool = await asyncpg.create_pool(
            **ours.config, min_size=door, max_size=door, max_queries=_FOR_EVER,
            max_inactive_connection_lifetime=0, reset=_keep_as_it_is,
        )  # fmt: skip
    if scoped:
        config = dict(ours.config)
        settings = {**config.pop("server_settings"), "search_path": SCHEMA}
        ours.scoped_pool = await asyncpg.create_pool(
            **config, server_settings=settings, connection_class=ScopedConnection,
            min_size=1, max_size=scoped, reset=_keep_as_it_is,
        )  # fmt: skip


async def close_pool() -> None:
    """Close the pools. Whoever still has a connection after a second loses it: a database that does
    not answer keeps no process from ending."""
    ours = engine()
    pools = (ours.scoped_pool, ours.door_pool, ours.pool)
    ours.scoped_pool = ours.door_pool = ours.pool = None
    for pool in pools:
        if pool is not None and not await ends_in_time(pool.close(), CLOSE_WITHIN_S):
            pool.terminate()


def transaction() -> Transaction:
    """What commits together or not at all: `async with` it.

    Never `gather` inside one: all of it shares a single connection.
    """
    return engine().transaction()


@asynccontextmanager
async def _connection() -> AsyncIterator[Any]:
    engine().check_scope()
    current = engine().current_transaction.get()
    if current is not None:
        yield current.connection
        return
    async with engine().pool_of_task.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection:
        try:
            await _show_team(connection)
            yield connection
        except asyncpg.InternalClientError:
            # Given back alive it would fail whoever has it next, and so on without end.
            connection.terminate()
            raise


async def _show_team(connection: Any) -> None:
    team_id = scoped_team()
    if team_id is not None:
        await connection.show(team_id)


async def fetch(sql: str, *arguments: object) -> Sequence[Row]:
    """All rows of one statement (`$1` placeholders), inside the current transaction if any."""
    async with _connection() as connection:
        rows: Sequence[Row] = await connection.fetch(sql, *arguments)
        return rows


async def fetch_one(sql: str, *arguments: object) -> Row | None:
    """The first row of one statement, or None."""
    async with _connection() as connection:
        row: Row | None = await connection.fetchrow(sql, *arguments)
        return row


async def execute(sql: str, *arguments: object) -> int:
    """Run one statement; the number of rows it touched."""
    async with _connection() as connection:
        status: str = await connection.execute(sql, *arguments)
        return int(status.rpartition(" ")[2]) if status[-1:].isdigit() else 0
