"""Makes the views through which those who act for one team see that team only."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from domain.store.migrations import run_sql_file

ID = "m06_team_views"
VERSION = "1.38.0"
DESCRIPTION = "what one team can see"


async def forwards() -> MigrationManager:
    """Called by Piccolo."""
    manager = MigrationManager(migration_id=ID, app_name="signalbox", description=DESCRIPTION)

    async def run() -> None:
        await run_sql_file("06_team_views.sql")

    manager.add_raw(run)
    return manager
