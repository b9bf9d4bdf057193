"""Tells Piccolo which tables are ours and where their migrations lie."""

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

TABLE_MODULES = [
    "domain.store.tables",
    "domain.store.tables_of_access",
    "domain.store.tables_of_trials",
    "domain.store.tables_of_schedules",
    "domain.store.tables_of_templates",
    "domain.store.tables_of_flow",
]

APP_CONFIG = AppConfig(
    app_name="signalbox",
    migrations_folder_path=str(Path(__file__).parents[2] / "piccolo_migrations"),
    # Partitioned tables are declared for reading and for the equality test; Piccolo cannot
    # make them (it would give them no partitions), so raw migrations do.
    table_classes=table_finder(TABLE_MODULES, exclude_tags=["partitioned"]),
    migration_dependencies=[],
    commands=[],
)
