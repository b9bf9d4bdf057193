"""Makes invitations, resets, set-up tokens, saved views, and people's settings."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from domain.store.migrations import run_sql_file

ID = "m04_access"
VERSION = "1.38.0"
DESCRIPTION = "invitations, resets, keys that end, saved views"


async def forwards() -> MigrationManager:
    """Called by Piccolo."""
    manager = MigrationManager(migration_id=ID, app_name="signalbox", description=DESCRIPTION)

    async def run() -> None:
        await run_sql_file("04_access.sql")

    manager.add_raw(run)
    return manager
