"""Processes whose wall clock is wrong, as far as libfaketime makes it so; monotonic ones are not.

On Debian: `apt-get install libfaketime`.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.chaos.scenario import CannotBePlayed

# The library for processes with several threads; its folder is named after the architecture.
_LIBRARIES = ("/usr/lib", "*/faketime/libfaketimeMT.so.1")


class WrongClock:
    """A clock for the processes that are started with `env`."""

    def __init__(self, library: Path, offset: Path) -> None:
        self._offset = offset
        self.env = {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(offset),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def jump_to(self, ahead_s: int) -> None:
        """From now on the clock is so far ahead of the right time, or behind it."""
        new = self._offset.with_suffix(".new")
        new.write_text(f"{ahead_s:+}\n")
        new.rename(self._offset)


@contextmanager
def wrong_clock(ahead_s: int = 0) -> Iterator[WrongClock]:
    """A clock that is so far ahead. Raises CannotBePlayed where libfaketime is missing."""
    folder, pattern = _LIBRARIES
    library = next(Path(folder).glob(pattern), None)
    if library is None:
        raise CannotBePlayed("libfaketime is not installed here")
    with tempfile.TemporaryDirectory(prefix="signalbox-clock-") as name:
        clock = WrongClock(library, Path(name) / "offset")
        clock.jump_to(ahead_s)
        yield clock
