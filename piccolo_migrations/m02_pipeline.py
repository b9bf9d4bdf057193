"""Makes the tables of events, decisions, executions, audit."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from domain.store.migrations import run_sql_file

ID = "m02_pipeline"
VERSION = "1.38.0"
DESCRIPTION = "events, decisions, executions, audit"


async def forwards() -> MigrationManager:
    """Called by Piccolo."""
    manager = MigrationManager(migration_id=ID, app_name="signalbox", description=DESCRIPTION)

    async def run() -> None:
        await run_sql_file("02_pipeline.sql")

    manager.add_raw(run)
    return manager
