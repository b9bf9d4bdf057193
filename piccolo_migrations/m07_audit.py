"""Makes the audit trail refuse to be emptied."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from domain.store.migrations import run_sql_file

ID = "m07_audit"
VERSION = "1.38.0"
DESCRIPTION = "the audit trail cannot be emptied"


async def forwards() -> MigrationManager:
    """Called by Piccolo."""
    manager = MigrationManager(migration_id=ID, app_name="signalbox", description=DESCRIPTION)

    async def run() -> None:
        await run_sql_file("07_audit.sql")

    manager.add_raw(run)
    return manager
