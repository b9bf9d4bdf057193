"""A name server that is no help, and a resolv.conf that names it."""

import os
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.chaos.scenario import CannotBePlayed

_ADDRESS = "127.0.0.77"
_NXDOMAIN, _SERVFAIL = 3, 2


@contextmanager
def name_server() -> Iterator[Path]:
    """Answers for names that begin with `nxdomain` and `servfail` as they say, and for all others
    not at all; the resolv.conf. Raises CannotBePlayed where it may not be shown to one process
    only."""
    if os.geteuid() != 0 or not shutil.which("unshare") or _fails(["unshare", "-m", "true"]):
        raise CannotBePlayed("this machine lets us show no process another resolv.conf")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        try:
            server.bind((_ADDRESS, 53))
        except OSError as why:
            raise CannotBePlayed(f"port 53 of {_ADDRESS} is not free: {why}") from why
        server.settimeout(0.2)
        over = threading.Event()
        thread = threading.Thread(target=_serve, args=(server, over), daemon=True)
        thread.start()
        with tempfile.NamedTemporaryFile("w", suffix=".resolv.conf") as file:
            file.write(f"nameserver {_ADDRESS}\n")
            file.flush()
            yield Path(file.name)
        over.set()
        thread.join()


def _fails(command: list[str]) -> bool:
    return subprocess.run(command, check=False, capture_output=True).returncode != 0


def _serve(server: socket.socket, over: threading.Event) -> None:
    while not over.is_set():
        try:
            query, sender = server.recvfrom(512)
        except TimeoutError:
            continue
        code = _code(query)
        if code is not None:
            # The same question back, as an answer (QR), with its code (RFC 1035 §4.1.1).
            server.sendto(query[:2] + bytes([0x81, 0x80 | code]) + query[4:], sender)


def _code(query: bytes) -> int | None:
    if b"nxdomain" in query:
        return _NXDOMAIN
    return _SERVFAIL if b"servfail" in query else None
