"""Makes the indexes of the lists' filters."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from domain.store.migrations import run_sql_file

ID = "m05_lists"
VERSION = "1.38.0"
DESCRIPTION = "indexes of the lists"


async def forwards() -> MigrationManager:
    """Called by Piccolo."""
    manager = MigrationManager(migration_id=ID, app_name="signalbox", description=DESCRIPTION)

    async def run() -> None:
        await run_sql_file("05_lists.sql")

    manager.add_raw(run)
    return manager
