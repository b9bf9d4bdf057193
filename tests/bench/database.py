"""What the bench asks the installation's database, one connection for all of it."""

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

# Undecided events, and executions that have yet to settle: both are partial indexes, so asking
# costs next to nothing.
_UNFINISHED = """
SELECT (SELECT count(*) FROM pending_event)
     + (SELECT count(*) FROM execution WHERE state IN ('queued', 'retrying'))
     + (SELECT count(*) FROM execution WHERE state = 'running')
"""

_FINISHED = """
SELECT extract(epoch FROM finished_at)::float8 AS at FROM execution
WHERE created_at >= $1 AND state = 'succeeded' ORDER BY 1
"""

# By the sender's id: how many events, decisions, executions and succeeded executions it has.
_BY_SENDERS_ID = """
SELECT e.sender_id, count(DISTINCT e.id) AS events, count(DISTINCT d.id) AS decisions,
    count(DISTINCT x.id) AS executions,
    count(DISTINCT x.id) FILTER (WHERE x.state = 'succeeded') AS succeeded
FROM event e LEFT JOIN decision d ON d.event_id = e.id LEFT JOIN execution x ON x.event_id = e.id
WHERE e.sender_id LIKE $1
GROUP BY e.sender_id
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """What the database holds of one sender's id."""

    events: int
    decisions: int
    executions: int
    succeeded: int


class Database:
    """A connection that is used from code that waits."""

    def __init__(self, runner: "asyncio.Runner", connection: "asyncpg.Connection[Any]") -> None:
        self._runner = runner
        self._connection = connection

    def fetch(self, sql: str, *arguments: object) -> Sequence[Any]:
        """The rows of one query."""
        rows: Sequence[Any] = self._runner.run(self._connection.fetch(sql, *arguments))
        return rows

    def run(self, script: str) -> None:
        """Run statements that answer nothing."""
        self._runner.run(self._connection.execute(script))

    def unfinished(self) -> int:
        """How many events and executions still wait for something."""
        return int(self.fetch(_UNFINISHED)[0][0])

    def finished_since(self, start: datetime) -> list[float]:
        """When each execution made since `start` succeeded, in seconds of the epoch, in order."""
        return [row["at"] for row in self.fetch(_FINISHED, start)]

    def kept(self, label: str) -> dict[str, Kept]:
        """What it holds of each sender's id of the run `label`."""
        rows = self.fetch(_BY_SENDERS_ID, f"{label}-%")
        return {row["sender_id"]: Kept(*list(row)[1:]) for row in rows}

    def astray(self) -> int:
        """How many rows lie in partitions that must stay empty."""
        tables = ("event", "decision", "execution", "attempt", "step_run", "slot")
        counts = " + ".join(f"(SELECT count(*) FROM {table}_default)" for table in tables)
        return int(self.fetch(f"SELECT {counts}")[0][0])


@contextlib.contextmanager
def connected(url: str) -> Iterator[Database]:
    """A database to ask."""
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(url))
        try:
            yield Database(runner, connection)
        finally:
            runner.run(connection.close())
