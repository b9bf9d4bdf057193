"""Makes what limits, retries, gates, replays and breakers need."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from domain.store.migrations import run_sql_file

ID = "m12_flow_control"
VERSION = "1.38.0"
DESCRIPTION = "limits, lanes, gates, retry policies, replays, destinations"


async def forwards() -> MigrationManager:
    """Called by Piccolo."""
    manager = MigrationManager(migration_id=ID, app_name="signalbox", description=DESCRIPTION)

    async def run() -> None:
        await run_sql_file("12_flow_control.sql")

    manager.add_raw(run)
    return manager
