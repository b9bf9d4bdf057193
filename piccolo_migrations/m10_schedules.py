"""Makes what schedules need."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from domain.store.migrations import run_sql_file

ID = "m10_schedules"
VERSION = "1.38.0"
DESCRIPTION = "schedules, slots, calendars, backfills, expectations and canaries"


async def forwards() -> MigrationManager:
    """Called by Piccolo."""
    manager = MigrationManager(migration_id=ID, app_name="signalbox", description=DESCRIPTION)

    async def run() -> None:
        await run_sql_file("10_schedules.sql")

    manager.add_raw(run)
    return manager
