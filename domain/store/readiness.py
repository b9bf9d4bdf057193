"""Whether the database can be worked with, which is said and not raised; and its clock."""

from datetime import datetime

import asyncpg

from domain.store.database import Unavailable, fetch_one
from domain.store.migrations import missing_migrations


async def database_answers() -> bool:
    """Whether the database takes a query."""
    try:
        return await fetch_one("SELECT 1") is not None
    except (*Unavailable, asyncpg.PostgresError):
        return False


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
