"""Memory of web, worker and clock at rest, after everything that came before in this round."""

import time
from collections.abc import Mapping

from tests.bench.installation import SERVED
from tests.bench.report import Row
from tests.bench.session import Session
from tests.bench.usage import memory_mb

ROWS = (
    Row("memory.total", "memory of web + worker + clock, idle after load", " MB", 450, 300),
    *(Row(f"memory.{name}", f"  {name}", " MB") for name in SERVED),
)


def measure(session: Session) -> Mapping[str, float]:
    """One round."""
    session.drain()
    time.sleep(session.sizes.rest_s)
    return readings(session)


def readings(session: Session) -> dict[str, float]:
    """What they use right now."""
    used = {name: memory_mb([session.installation.process(name)]) for name in SERVED}
    return {f"memory.{name}": mb for name, mb in used.items()} | {
        "memory.total": sum(used.values())
    }
