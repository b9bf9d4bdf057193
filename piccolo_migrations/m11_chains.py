"""Makes what workflow triggers, pinned versions and templates need."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from domain.store.migrations import run_sql_file

ID = "m11_chains"
VERSION = "1.38.0"
DESCRIPTION = "workflow triggers, pinned versions, input schemas and templates"


async def forwards() -> MigrationManager:
    """Called by Piccolo."""
    manager = MigrationManager(migration_id=ID, app_name="signalbox", description=DESCRIPTION)

    async def run() -> None:
        await run_sql_file("11_chains.sql")

    manager.add_raw(run)
    return manager
