"""Whether the database can be worked with, which is said and not raised; and its clock."""

from datetime import datetime

import asyncpg

from domain.store.database import Unavailable, execute, fetch_one, transaction
from domain.store.migrations import missing_migrations

_LITTLE_MEMORY = "SET LOCAL work_mem = '64kB'"
# More than fits into that, so it is sorted on the disk where the events go (row F35 of the fault
# catalogue: a full one still answers), and nothing of it stays. About a millisecond.
_TAKES_DISK = """
SELECT current_setting('transaction_read_only') = 'off' AS writable, (
    SELECT count(*) FROM (
        SELECT md5(n::text) AS line FROM generate_series(1, 3000) AS n ORDER BY line
    ) AS sorted
) AS lines
"""


async def database_stores() -> bool:
    """Whether the database takes what is new: it is no standby, and has room on its disk."""
    try:
        async with transaction():
            await execute(_LITTLE_MEMORY)
            row = await fetch_one(_TAKES_DISK)
    except (*Unavailable, asyncpg.PostgresError):
        return False
    return row is not None and row["writable"]


async def migrations_are_done() -> bool:
    """Whether the database has all the migrations that this code needs."""
    try:
        return not await missing_migrations()
    except (*Unavailable, asyncpg.PostgresError):
        return False


async def database_clock() -> datetime:
    """The database's clock, as it stands while it answers."""
    row = await fetch_one("SELECT clock_timestamp() AS instant")
    assert row is not None
    instant: datetime = row["instant"]
    return instant
