"""Whether the database can be worked with. These say no; they do not raise."""

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
