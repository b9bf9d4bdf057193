"""Makes the table of limits that are tried on past events."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from domain.store.migrations import run_sql_file

ID = "m13_limit_trials"
VERSION = "1.38.0"
DESCRIPTION = "limits tried on past events"


async def forwards() -> MigrationManager:
    """Called by Piccolo."""
    manager = MigrationManager(migration_id=ID, app_name="signalbox", description=DESCRIPTION)

    async def run() -> None:
        await run_sql_file("13_limit_trials.sql")

    manager.add_raw(run)
    return manager
