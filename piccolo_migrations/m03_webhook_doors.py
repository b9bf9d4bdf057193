"""Makes what the doors of webhook triggers remember."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from domain.store.migrations import run_sql_file

ID = "m03_webhook_doors"
VERSION = "1.38.0"
DESCRIPTION = "used secrets, refused requests"


async def forwards() -> MigrationManager:
    """Called by Piccolo."""
    manager = MigrationManager(migration_id=ID, app_name="signalbox", description=DESCRIPTION)

    async def run() -> None:
        await run_sql_file("03_webhook_doors.sql")

    manager.add_raw(run)
    return manager
