"""A database of its own with a team in it, whose lists are as long as wanted."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from domain.clock import utc_now
from domain.rules.ids import first_id_at
from domain.store.partitions import PARTITIONED_TABLES, partition_name
from tests.bench.database import Database, connected
from tests.bench.installation import Installation

TEAM = "lists"
DAYS = 8
_SCRIPT = Path(__file__).with_suffix(".sql")
# What lists read; that others are small enough to be read as a whole is no fault.
_READ = """
SELECT coalesce(sum(seq_tup_read), 0)::bigint AS amount FROM pg_stat_user_tables
WHERE relname ~ '^(event|decision|execution|attempt|step_run)_'
"""


@dataclass(frozen=True, slots=True)
class Filled:
    """The database at `url`, who may sign in, and the ids that the filters need."""

    url: str
    database: Database
    now: datetime
    email: str
    password: str
    key: str
    triggers: Mapping[str, UUID]
    workflow: UUID


@contextlib.contextmanager
def filled(installation: Installation, amount: int) -> Iterator[Filled]:
    """A migrated database with `amount` events; it is dropped at the end."""
    name = f"{TEAM}_{amount}"
    with connected(installation.urls["DATABASE_URL"]) as owner:
        owner.run(f"CREATE DATABASE {name}")
        try:
            url = installation.database_url(name)
            with connected(url) as database:
                yield _fill(installation, url, database, amount)
        finally:
            owner.run(f"DROP DATABASE {name} WITH (FORCE)")


def _fill(installation: Installation, url: str, database: Database, amount: int) -> Filled:
    def command(line: str) -> str:
        return installation.command(f"python -m cli {line}", DATABASE_URL=url).strip()

    command("release")
    command(f"teams create {TEAM}")
    email, now = "lists@example.org", utc_now()
    said = command(f"users create --team {TEAM} --email {email} --role admin")
    (team_id,) = database.fetch("SELECT id FROM team WHERE slug = $1", TEAM)[0]
    _make_past_partitions(database, now)
    script = _SCRIPT.read_text().replace(":team", str(team_id)).replace(":amount", str(amount))
    # It is thrown away at the end, so nothing is lost with a crash.
    database.run("SET synchronous_commit = off")
    database.run(script.replace(":now", now.isoformat()))
    database.run("VACUUM ANALYZE")
    triggers = database.fetch("SELECT name, id FROM trigger")
    workflow = database.fetch("SELECT id FROM workflow WHERE name = 'Workflow 3'")[0][0]
    key = command(f"keys create --team {TEAM} --role admin")
    return Filled(url, database, now, email, said.split()[-1], key, dict(triggers), workflow)


def _make_past_partitions(database: Database, now: datetime) -> None:
    """Those of the days before yesterday: nobody makes them, as nothing comes from the past."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    for back in range(2, DAYS + 2):
        day = midnight - timedelta(days=back)
        low, high = first_id_at(day), first_id_at(day + timedelta(days=1))
        for table in PARTITIONED_TABLES:
            database.run(
                f"CREATE TABLE IF NOT EXISTS {partition_name(table, day)} PARTITION OF {table} "
                f"FOR VALUES FROM ('{low}') TO ('{high}')"
            )


def sequentially_read(data: Filled) -> int:
    """How many rows of the long tables have been read by sequential scans so far."""
    return int(data.database.fetch(_READ)[0]["amount"])
