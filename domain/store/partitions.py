"""Day partitions: made ahead, dropped whole when old.

A partition holds the ids made within one UTC day. Deleting rows would leave their space behind;
dropping a partition gives it back at once.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from domain.rules.ids import first_id_at
from domain.store.database import execute, fetch, fetch_one, transaction

PARTITIONED_TABLES = (
    "event", "decision", "execution", "attempt", "step_run", "audit_entry", "slot",
)  # fmt: skip
DAYS_AHEAD = 7
# What is kept, in days. A run that is retried for days still finds its event.
KEPT_DAYS = {"audit_entry": 400}
KEPT_DAYS_OTHERWISE = 90


def partition_name(table: str, day: datetime) -> str:
    """`event_20261123`: sorts by day."""
    return f"{table}_{day:%Y%m%d}"


async def make_partitions(now: datetime) -> list[str]:
    """Make the missing partitions of yesterday to 7 days ahead; the names of those made.

    Yesterday too, for a clock that is behind. Safe to run twice and from several processes.
    """
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [midnight + timedelta(days=offset) for offset in range(-1, DAYS_AHEAD + 1)]
    wanted = {
        partition_name(table, day): (table, day) for table in PARTITIONED_TABLES for day in days
    }
    missing = sorted(wanted.keys() - await _existing_tables())
    for name in missing:
        await _make_partition(name, *wanted[name])
    return missing


async def _existing_tables() -> set[str]:
    rows = await fetch("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
    return {row["tablename"] for row in rows}


async def _make_partition(name: str, table: str, day: datetime) -> None:
    low, high = first_id_at(day), first_id_at(day + timedelta(days=1))
    async with transaction():
        # Two processes may both see it missing: the second waits here, then finds it made.
        await execute("SELECT pg_advisory_xact_lock(hashtext($1))", name)
        await execute(
            f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF {table} "
            f"FOR VALUES FROM ('{low}') TO ('{high}')"
        )
        if table == "audit_entry":
            # As on its parent (07_audit.sql), which is not asked when a partition is emptied.
            await execute(
                f"CREATE OR REPLACE TRIGGER audit_entry_is_kept BEFORE TRUNCATE ON {name} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )


_PARTITIONS_OF = """
SELECT n.nspname AS schema, (SELECT coalesce(array_agg(c.relname::text), '{}') FROM pg_inherits i
    JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = parent.oid) AS names
FROM pg_class parent JOIN pg_namespace n ON n.oid = parent.relnamespace
WHERE parent.relname = $1 AND parent.relkind = 'p'
"""


async def make_past_partitions(table: str, instants: Iterable[datetime]) -> None:
    """Make the partitions of `table` that are missing for these instants, in the current
    transaction: for rows that are about what was due while nobody was there to make partitions.

    Names its tables with their schema, so that it also works for who acts for one team.
    """
    days = {instant.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
            for instant in instants}  # fmt: skip
    there = await fetch_one(_PARTITIONS_OF, table)
    assert there is not None
    for day in sorted(days):
        if (name := partition_name(table, day)) not in there["names"]:
            await _make_partition(f"{there['schema']}.{name}", f"{there['schema']}.{table}", day)


async def rows_outside_partitions() -> dict[str, int]:
    """How many rows each default partition holds: anything but 0 means that partitions were not
    made in time, or that a process's clock is wrong by days."""
    counts = {}
    for table in PARTITIONED_TABLES:
        rows = await fetch(f"SELECT count(*) AS n FROM {table}_default")
        counts[table] = int(rows[0]["n"])
    return counts


async def drop_old_partitions(now: datetime) -> list[str]:
    """Drop the partitions past their time: 400 days for the audit trail, 90 for the rest."""
    dropped: list[str] = []
    for table in PARTITIONED_TABLES:
        kept = timedelta(days=KEPT_DAYS.get(table, KEPT_DAYS_OTHERWISE))
        dropped += await drop_partitions_before(table, now.astimezone(UTC) - kept)
    return dropped


async def drop_partitions_before(table: str, day: datetime) -> list[str]:
    """Drop the partitions of `table` that hold only days before `day`; their names.

    Waits at most 2 seconds for the lock, so that it never holds up ingest: a later run succeeds.
    """
    oldest_kept = partition_name(table, day)
    rows = await fetch(
        "SELECT inhrelid::regclass::text AS name FROM pg_inherits "
        "WHERE inhparent = $1::text::regclass AND inhrelid::regclass::text ~ '_[0-9]{8}$'",
        table,
    )
    dropped = sorted(row["name"] for row in rows if row["name"] < oldest_kept)
    for name in dropped:
        async with transaction():
            await execute("SET LOCAL lock_timeout = '2s'")
            await execute(f"DROP TABLE {name}")
    return dropped
