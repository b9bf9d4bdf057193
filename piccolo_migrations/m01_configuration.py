"""Makes the tables of who may do what, and what people configure."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from domain.store.migrations import run_sql_file

ID = "m01_configuration"
VERSION = "1.38.0"
DESCRIPTION = "who may do what, and what people configure"


async def forwards() -> MigrationManager:
    """Called by Piccolo."""
    manager = MigrationManager(migration_id=ID, app_name="signalbox", description=DESCRIPTION)

    async def run() -> None:
        await run_sql_file("01_configuration.sql")

    manager.add_raw(run)
    return manager
