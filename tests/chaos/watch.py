"""What has to be looked at while things happen, since nobody can tell afterwards: leases that ran
out and were not taken back (I4)."""

import asyncio
import threading
import time
from contextlib import suppress
from typing import Any, Self

import asyncpg

LOOK_EVERY_S = 0.5
# The catalogue's bound, from the end of the lease until somebody takes the execution back. An
# outage of the database, or a clock that the scenario has stopped, is none of the product's.
MOST_OVERDUE_S = 15.0

_OVERDUE = """
SELECT coalesce(max(extract(epoch FROM now() - lease_until)), 0)::float8 FROM execution
WHERE state = 'running' AND lease_until < now()
"""


class Watch:
    """Looks twice a second, past the proxies, for as long as the block lasts."""

    def __init__(self, database_url: str) -> None:
        self.most_overdue_s = 0.0
        self._url = database_url
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look_on, name="watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def start_anew(self) -> None:
        """Forget what was seen so far: the next scenario begins."""
        self.most_overdue_s = 0.0

    def _look_on(self) -> None:
        while not self._over.is_set():
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
                asyncio.run(self._look())
            time.sleep(LOOK_EVERY_S)

    async def _look(self) -> None:
        connection: Any = await asyncpg.connect(self._url, timeout=5)
        try:
            while not self._over.is_set():
                overdue: float = await connection.fetchval(_OVERDUE, timeout=5)
                self.most_overdue_s = max(self.most_overdue_s, overdue)
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            await connection.close(timeout=2)
