"""How a process ends although something that it talks to does not answer."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Protocol

CLOSE_WITHIN_S = 2.0


class Closable(Protocol):
    """What has connections."""

    async def close(self) -> None:
        """Finish, and let them go."""


async def ends_in_time(work: Coroutine[Any, Any, object], within_s: float) -> bool:
    """Whether it ended within so many seconds; else it is canceled, and nobody waits for that: a
    query that is canceled waits for the database once more, and redis-py swallows a cancellation
    that comes while it connects. Raises what the work raises."""
    task = asyncio.create_task(work)
    done, _ = await asyncio.wait([task], timeout=within_s)
    if done:
        task.result()
    else:
        task.add_done_callback(_look_away)
        task.cancel()
    return bool(done)


def _look_away(task: "asyncio.Task[object]") -> None:
    """How it ended is nobody's concern any more, and no news for the log."""
    if not task.cancelled():
        task.exception()


async def close_in_time(*parts: Closable, within_s: float = CLOSE_WITHIN_S) -> None:
    """Close one after the other, each within so many seconds or not at all."""
    for part in parts:
        await ends_in_time(part.close(), within_s)
