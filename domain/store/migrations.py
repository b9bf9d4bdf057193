"""Runs the migrations, one release at a time, and says whether the database is up to date."""

from pathlib import Path

import asyncpg

from domain.store.database import engine as database_engine
from domain.store.database import execute, fetch, transaction

FOLDER = Path(__file__).parents[2] / "piccolo_migrations"
# Any number that nothing else in the database locks: "signalbox" as a telephone keypad spells it.
RELEASE_LOCK = 744_252_698
OLDEST_POSTGRESQL = 15


async def run_sql_file(name: str) -> None:
    """Run all statements of `piccolo_migrations/sql/<name>` in the migration's transaction."""
    await execute((FOLDER / "sql" / name).read_text(encoding="utf-8"))


async def migrate() -> None:
    """Bring the database up to date, all in one transaction, so that a release that is killed
    halfway changed nothing. Several releases at once wait for each other.

    Raises RuntimeError when a migration fails or the server is too old.
    """
    # Only here: it brings along a code formatter, which no other process has a use for.
    from piccolo.apps.migrations.commands.forwards import (  # noqa: PLC0415
        ForwardsMigrationManager,
    )

    database = database_engine()
    database.config["command_timeout"] = None  # a migration takes as long as it takes
    lock = await asyncpg.connect(database.config["dsn"])
    try:
        if lock.get_server_version().major < OLDEST_POSTGRESQL:
            raise RuntimeError(f"PostgreSQL {OLDEST_POSTGRESQL} or newer is needed")
        await lock.execute("SELECT pg_advisory_lock($1)", RELEASE_LOCK)
        async with transaction():
            await execute("SET LOCAL statement_timeout = 0")
            result = await ForwardsMigrationManager(app_name="signalbox").run()
            if not result.success:
                raise RuntimeError(f"the migration failed: {result.message}")
            await execute("SELECT make_team_views()")
    finally:
        await lock.close()  # and with it the lock


def known_migrations() -> set[str]:
    """The ids of the migrations that this code brings along."""
    return {path.stem for path in FOLDER.glob("m[0-9]*.py")}


async def missing_migrations() -> set[str]:
    """The migrations that this code needs and the database does not have."""
    done = await fetch("SELECT name FROM migration WHERE app_name = 'signalbox'")
    return known_migrations() - {row["name"] for row in done}
