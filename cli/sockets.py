"""Directories for Unix sockets: closed to others, and with paths short enough to bind."""

import hashlib
import os
import stat
from pathlib import Path

from cli.processes import CannotStart, DataDirectory

_LONGEST = 100  # bytes; sun_path holds 107 and a NUL on Linux, 103 on macOS
_SHORT = Path("/tmp")  # noqa: S108 - what is found there is checked to be ours


def socket_directory(directory: DataDirectory, name: str, socket: str) -> Path:
    """The directory for the socket file `socket`, which its server makes.

    It lies in the data directory, or, when that path would be too long, in a directory of ours
    under /tmp. Raises `CannotStart` if someone else has taken that one's name.
    """
    wanted = directory.run / name
    if len(os.fsencode(wanted / socket)) <= _LONGEST:
        return wanted
    digest = hashlib.sha256(os.fsencode(directory.path)).hexdigest()[:12]
    base = _SHORT / f"signalbox-{os.geteuid()}-{digest}"
    base.mkdir(mode=0o711, exist_ok=True)
    found = base.lstat()
    closed = stat.S_ISDIR(found.st_mode) and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    if found.st_uid != os.geteuid() or not closed:
        raise CannotStart(f"{base} belongs to someone else. Choose a shorter SIGNALBOX_DATA_DIR.")
    return base / name
