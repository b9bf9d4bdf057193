"""Named points at which the fault tests stop a process to kill it.

With CHAOS_PAUSE=<point> the process writes the point's name to the FIFO that CHAOS_FIFO names
and goes no further there. Without it a point costs one comparison.
"""

import asyncio
import os
from pathlib import Path

_POINT = os.environ.get("CHAOS_PAUSE", "")
_FIFO = os.environ.get("CHAOS_FIFO", "")


async def pause_at(point: str) -> None:
    """Stop here for good if this is the point that the test asked for."""
    if point == _POINT and _FIFO:
        await asyncio.to_thread(Path(_FIFO).write_text, point + "\n", encoding="utf-8")
        await asyncio.Event().wait()
