"""Prints the lines of several processes, each under its process's name."""

import asyncio
import contextlib
import os
from collections.abc import Iterator
from typing import TextIO

_LONGEST_LINE = 65_536  # bytes
_COLOURS = (36, 33, 32, 35, 34, 96, 93, 92, 95, 94)


class Console:
    """Where lines of several processes come out, each under its process's name."""

    def __init__(self, stream: TextIO, *, width: int = 9) -> None:
        self._stream = stream
        self._width = width
        self._colours: dict[str, int] | None = {} if _is_colourful(stream) else None
        self._closed = False
        self._copying: set[asyncio.Task[None]] = set()

    def say(self, text: str) -> None:
        """A line of our own."""
        self.line("signalbox", text)

    def line(self, name: str, text: str) -> None:
        """One line that the named process printed."""
        prefix = f"{name:<{self._width}} |"
        if self._colours is not None:
            colour = self._colours.setdefault(name, _COLOURS[len(self._colours) % len(_COLOURS)])
            prefix = f"\x1b[{colour}m{prefix}\x1b[0m"
        self.plain(f"{prefix} {text}")

    def plain(self, text: str) -> None:
        """Text with nothing in front."""
        if self._closed:
            return
        try:
            print(text, file=self._stream, flush=True)
        except OSError:
            # The terminal or the pipe is gone. What runs must still be stopped in order.
            self._closed = True

    @contextlib.contextmanager
    def pipe(self, name: str) -> Iterator[int]:
        """A file descriptor to give to a child: the lines it writes there come out here.

        The child's end is closed here when the block ends. Reading goes on until every process that
        has the other end is gone, so nothing that was printed before a crash is lost.
        """
        reading, writing = os.pipe()
        task = asyncio.create_task(self._copy(name, reading), name=f"output of {name}")
        self._copying.add(task)
        task.add_done_callback(self._copying.discard)
        try:
            yield writing
        finally:
            os.close(writing)

    async def drain(self, within_s: float = 1.0) -> None:
        """Wait until everything that children printed has come out."""
        if self._copying:
            await asyncio.wait(self._copying, timeout=within_s)
        for task in self._copying:
            task.cancel()

    async def _copy(self, name: str, reading: int) -> None:
        reader = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(reading, "rb", buffering=0)
        )
        try:
            rest = b""
            while chunk := await reader.read(_LONGEST_LINE):
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    self._bytes(name, line)
                if len(rest) > _LONGEST_LINE:
                    self._bytes(name, rest)
                    rest = b""
            if rest:
                self._bytes(name, rest)
        finally:
            transport.close()

    def _bytes(self, name: str, line: bytes) -> None:
        self.line(name, line.decode(errors="replace").rstrip("\r"))


def _is_colourful(stream: TextIO) -> bool:
    return stream.isatty() and not os.environ.get("NO_COLOR")
