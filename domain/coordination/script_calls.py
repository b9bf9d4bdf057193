"""Calls to Lua scripts at little cost, for what asks Redis about every batch of events.

They use connections of redis-py without its client, which spends longer on a call (a place in the
pool, a time-out each for writing and reading, telemetry) than Redis does on a short script.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from redis.asyncio.connection import AbstractConnection, ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError

from domain.coordination.redis_trouble import REDIS_TROUBLE

_SCRIPTS = Path(__file__).parent / "scripts"

Argument = str | int | bytes


class Script(NamedTuple):
    """A script, and the name that Redis knows it by once it has seen it."""

    source: str
    sha: str


def script(name: str) -> Script:
    """The script in `scripts/<name>.lua`."""
    source = (_SCRIPTS / f"{name}.lua").read_text()
    return Script(source, hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest())


class ScriptCalls:
    """Calls scripts over connections that stay open: as many as there ever were calls at once."""

    def __init__(self, redis_url: str, try_s: float) -> None:
        """A call is tried twice, for `try_s` seconds each."""
        self._try_s = try_s
        # Without time-outs of their own: each would make a task for every message.
        self._pool: ConnectionPool = ConnectionPool.from_url(
            redis_url,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=None,
            decode_responses=True,
            protocol=2,
        )
        self._idle: list[AbstractConnection] = []

    async def close(self) -> None:
        """Close the connections."""
        while self._idle:
            await self._idle.pop().disconnect(nowait=True)

    async def call(self, called: Script, keys: Sequence[str], args: Sequence[Argument]) -> Any:
        """What the script answers. It may have run twice: an answer that was lost is asked for
        again. Raises what REDIS_TROUBLE names."""
        try:
            return await self._try(called, keys, args)
        except REDIS_TROUBLE:
            await self.close()  # as stale as the one that failed, most likely
            return await self._try(called, keys, args)

    async def _try(self, called: Script, keys: Sequence[str], args: Sequence[Argument]) -> Any:
        connection = self._idle.pop() if self._idle else self._connection()
        try:
            async with asyncio.timeout(self._try_s):
                try:
                    told = await _ask(connection, "EVALSHA", called.sha, len(keys), *keys, *args)
                except NoScriptError:  # never seen, or forgotten
                    told = await _ask(connection, "EVAL", called.source, len(keys), *keys, *args)
        except BaseException:
            await connection.disconnect(nowait=True)
            raise
        self._idle.append(connection)
        return told

    def _connection(self) -> AbstractConnection:
        made: AbstractConnection = self._pool.make_connection()  # type: ignore[no-untyped-call]
        return made


async def _ask(connection: AbstractConnection, *command: Argument) -> Any:
    """Connects where it has to."""
    await connection.send_command(*command, check_health=False)
    return await connection.read_response()
