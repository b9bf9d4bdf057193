"""Makes the tables of drafts that run beside the live conditions."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from domain.store.migrations import run_sql_file

ID = "m09_shadows"
VERSION = "1.38.0"
DESCRIPTION = "shadows and what they disagreed about"


async def forwards() -> MigrationManager:
    """Called by Piccolo."""
    manager = MigrationManager(migration_id=ID, app_name="signalbox", description=DESCRIPTION)

    async def run() -> None:
        await run_sql_file("09_shadows.sql")

    manager.add_raw(run)
    return manager
