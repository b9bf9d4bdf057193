"""A pause point with a test waiting at it: the process stops there, and the test hears of it."""

import os
import select
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SPRUNG_WITHIN_S = 15.0


class Trap:
    """One pause point. A process started with `env` stops when it comes there."""

    def __init__(self, point: str, fifo: Path, reader: int) -> None:
        self.point = point
        self.env = {"CHAOS_PAUSE": point, "CHAOS_FIFO": str(fifo)}
        self._reader = reader

    def wait(self) -> None:
        """Returns when the process stands there."""
        readable, _, _ = select.select([self._reader], [], [], SPRUNG_WITHIN_S)
        assert readable, f"no process came to {self.point} within {SPRUNG_WITHIN_S} s"


@contextmanager
def trap_at(point: str) -> Iterator[Trap]:
    """A trap at a pause point."""
    with tempfile.TemporaryDirectory(prefix="signalbox-trap-") as folder:
        fifo = Path(folder) / "fifo"
        os.mkfifo(fifo)
        # Open for both ways: whoever writes to it never waits for a reader.
        reader = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
        try:
            yield Trap(point, fifo, reader)
        finally:
            os.close(reader)
