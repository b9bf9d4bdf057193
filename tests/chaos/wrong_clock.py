"""Processes whose wall clock is wrong, as far as `wrong_clock.c` makes it so."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.chaos.scenario import CannotBePlayed

_SOURCE = Path(__file__).with_suffix(".c")


class WrongClock:
    """A clock for the processes that are started with `env`."""

    def __init__(self, folder: Path, library: Path) -> None:
        self._offset = folder / "offset"
        self.env = {"LD_PRELOAD": str(library), "WRONG_CLOCK": str(self._offset)}
        self.jump_to(0)

    def jump_to(self, ahead_s: int) -> None:
        """From now on the clock is so far ahead of the right time, or behind it."""
        new = self._offset.with_suffix(".new")
        new.write_text(f"{ahead_s}\n")
        new.rename(self._offset)


@contextmanager
def wrong_clock(ahead_s: int = 0) -> Iterator[WrongClock]:
    """A clock that is so far ahead. Raises CannotBePlayed where there is no C compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise CannotBePlayed("there is no C compiler here, of which the wrong clock is made")
    with tempfile.TemporaryDirectory(prefix="signalbox-clock-") as name:
        folder = Path(name)
        library = folder / "wrong_clock.so"
        subprocess.run(
            [compiler, "-shared", "-fPIC", "-O2", "-o", str(library), str(_SOURCE), "-ldl"],
            check=True, capture_output=True,
        )  # fmt: skip
        clock = WrongClock(folder, library)
        clock.jump_to(ahead_s)
        yield clock
