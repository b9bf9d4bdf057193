"""End executions whose deadline has passed while nobody ran them."""

from collections import Counter
from collections.abc import Callable, Sequence

from domain.logs import logger
from domain.rules.failures import DEADLINE_EXCEEDED, fingerprint
from domain.store import given_up, tallies
from domain.store.database import Row, transaction
from domain.store.given_up import Ending

MOST_A_PASS = 500
_TOO_LATE = "The deadline of the execution passed while it waited."

log = logger(__name__)


async def end_overdue(announce: Callable[..., None]) -> int:
    """They are dead letters, whatever they waited for: a worker, their next attempt, room, a
    destination, or a person's word. How many. `announce(team_id, *topics)` neither blocks nor
    fails."""
    async with transaction():
        rows = await given_up.overdue(MOST_A_PASS)
        if rows:
            await _end(rows)
    for row in rows:
        log.info("deadline_exceeded", execution_id=str(row["id"]))
        topics = f"execution:{row['id']}", f"trigger:{row['trigger_id']}"
        announce(row["team_id"], "executions", *topics)
    return len(rows)


async def _end(rows: Sequence[Row]) -> None:
    await given_up.end_overdue([_ending(row) for row in rows])
    await tallies.add(Counter((row["team_id"], row["trigger_id"], "failed") for row in rows))


def _ending(row: Row) -> Ending:
    error = row["last_error"] or _TOO_LATE
    alike = fingerprint(row["workflow_id"], None, DEADLINE_EXCEEDED, None, error)
    return Ending(row["id"], "dead", DEADLINE_EXCEEDED, _TOO_LATE, alike)
