"""Whether a limited trigger kept to its window (I7), from what the database holds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

# What asyncpg answers with, as far as the checker reads it.
Row = Mapping[str, Any]
# From when to when.
Span = tuple[datetime, datetime]
# Of all clocks that take part: Redis', the database's, and that of the process that received.
_CLOCKS_DIFFER = timedelta(seconds=1)
_ADMISSIONS = """
SELECT e.sender_id, e.received_at, d.trace #>> '{limits,0,counted_at}' AS counted_at,
    (SELECT min(started_at) FROM attempt a WHERE a.execution_id = d.execution_id) AS began_at
FROM decision d JOIN event e ON e.id = d.event_id WHERE d.trigger_id = $1 AND d.verdict = 'fired'
"""


@dataclass(frozen=True, slots=True)
class Limited:
    """A trigger that starts at most so many in any so many seconds, and holds back what nobody can
    count: `closed`."""

    trigger_id: UUID
    most: int
    per_s: int


async def admissions_of(connection: Any, limited: Limited | None) -> list[Row]:
    """What the trigger let through: when that came, was counted, and began."""
    if limited is None:
        return []
    return [
        {**row, "counted_at": row["counted_at"] and datetime.fromisoformat(row["counted_at"])}
        for row in await connection.fetch(_ADMISSIONS, limited.trigger_id)
    ]


def of_windows(
    limited: Limited, admissions: Sequence[Row], forgotten: Sequence[Span]
) -> Iterator[str]:
    """I7: whatever started was counted, after it had come and before it began, and in no window
    were more; but for those in which Redis lost what it had counted."""
    for row in admissions:
        if row["counted_at"] is None:
            yield f"I7: nobody counted {row['sender_id']}"
        elif row["counted_at"] < row["received_at"] - _CLOCKS_DIFFER:
            yield f"I7: {row['sender_id']} was counted before it came"
        elif row["counted_at"] > row["began_at"] + _CLOCKS_DIFFER:
            yield f"I7: {row['sender_id']} began before it was counted"
    counted = sorted(row["counted_at"] for row in admissions if row["counted_at"])
    for first, last in zip(counted, counted[limited.most :], strict=False):
        within_s = (last - first).total_seconds()
        if within_s < limited.per_s and not _holds_any(first, last, forgotten):
            yield f"I7: {limited.most + 1} were let through in {within_s} s, from {first} on"


def _holds_any(first: datetime, last: datetime, spans: Sequence[Span]) -> bool:
    return any(start <= last and end >= first for start, end in spans)
