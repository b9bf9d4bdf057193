"""Judging a stored event for somebody who looks at it, without holding up all the others."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

SMALL = 64 * 1024

_Judged = TypeVar("_Judged")

# One at a time: what is read of a body of 10 MiB takes up a hundred.
_ASIDE = ThreadPoolExecutor(1, "judge-aside")


async def judge_aside(judge: Callable[[], _Judged], size: int) -> _Judged:
    """What `judge()` comes to. Where the body has more than 64 KiB it runs in a thread, since
    reading 10 MiB takes half a second in which no other page would be answered."""
    if size <= SMALL:
        return judge()
    return await asyncio.get_running_loop().run_in_executor(_ASIDE, judge)
