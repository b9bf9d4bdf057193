"""Makes the tables of backtests."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from domain.store.migrations import run_sql_file

ID = "m08_backtests"
VERSION = "1.38.0"
DESCRIPTION = "conditions tried on past events"


async def forwards() -> MigrationManager:
    """Called by Piccolo."""
    manager = MigrationManager(migration_id=ID, app_name="signalbox", description=DESCRIPTION)

    async def run() -> None:
        await run_sql_file("08_backtests.sql")

    manager.add_raw(run)
    return manager
