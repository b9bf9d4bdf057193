"""PostgreSQL and Valkey of the chaos suite's own, each behind a proxy, to be killed and filled."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

import redis

from cli.postgres import Postgres
from cli.processes import DataDirectory
from cli.servers import RunningServer
from cli.valkey import Valkey
from tests.chaos.proxy import Proxy

_FILLER = "filler"
_MEGABYTE = 1024 * 1024
# What all scenarios together leave in a cluster, and the 2 GB of WAL that it may keep.
_DISK_MB = {"postgres": 4096, "valkey": 64}


class OwnServer:
    """A server that may be killed, frozen, and started again."""

    def __init__(self, server: Postgres | Valkey) -> None:
        self.data = server.data
        self._server = server
        self._running = RunningServer(server)

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        self._running.start()

    def stop(self) -> None:
        """Stop it in order."""
        self._running.stop()

    def kill(self) -> None:
        """Kill -9, and its children end with it."""
        with suppress(ProcessLookupError):
            os.killpg(os.getpgid(self._running.pid), signal.SIGKILL)
        self.stop()

    @property
    def alive(self) -> bool:
        """Whether it takes connections, as far as it says itself."""
        return self._server.ready()

    def restart_if_dead(self) -> None:
        """What whoever looks after a server does: start it when it has ended."""
        with suppress(RuntimeError):
            if _ended(self._running.pid):
                self.stop()
                self.start()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop it in its tracks, and let it go on afterwards."""
        pids = _family(self._running.pid)
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)


class OwnValkey(OwnServer):
    """The Valkey, for those who know its URL only."""

    def __init__(self, server: Valkey, url: str) -> None:
        super().__init__(server)
        self.url = url
        self.forgotten: list[tuple[datetime, datetime]] = []
        """From when to when it lost something of what it knew."""

    @contextmanager
    def forgetting(self) -> Iterator[None]:
        """Note that it loses something meanwhile."""
        start = datetime.now(UTC)
        try:
            yield
        finally:
            self.forgotten.append((start, datetime.now(UTC)))

    def lose_its_file(self) -> None:
        """What it had put on disk is gone."""
        with self.forgetting():
            for each in self.data.iterdir():
                shutil.rmtree(each) if each.is_dir() else each.unlink()

    def flush(self) -> None:
        """Delete all that it knows."""
        with self.forgetting(), redis.Redis.from_url(self.url) as client:
            client.flushall()


class Servers:
    """Both servers with their proxies, each in a folder of its own, which may be a small disk."""

    def __init__(self, disks: "Disks", seed: int) -> None:
        postgres, valkey = Postgres(disks.postgres, durable=True), Valkey(disks.valkey)
        self._postgres = postgres
        self.disks = disks
        self.postgres_proxy = Proxy(_socket(postgres.url) / ".s.PGSQL.5432", seed)
        self.valkey_proxy = Proxy(valkey_socket(valkey.url), seed + 1)
        self.postgres = OwnServer(postgres)
        self.valkey = OwnValkey(valkey, valkey.url)

    @property
    def database_url(self) -> str:
        """Past the proxy."""
        return self._postgres.url

    @property
    def proxied(self) -> dict[str, str]:
        """`DATABASE_URL` and `REDIS_URL` through the proxies."""
        postgres, valkey = self.postgres_proxy.port, self.valkey_proxy.port
        return {
            "DATABASE_URL": f"postgresql://signalbox@127.0.0.1:{postgres}/signalbox?sslmode=disable",
            "REDIS_URL": f"redis://127.0.0.1:{valkey}/0",
        }


@dataclass(frozen=True, slots=True)
class Disks:
    """Where the servers keep their data. `small`: as disks of their own, which can be filled."""

    postgres: DataDirectory
    valkey: DataDirectory
    small: bool


@contextmanager
def own_servers(seed: int) -> Iterator[Servers]:
    """Both servers, running; gone afterwards."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="signalbox-chaos-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        small = [_mounted(stack, folder / name, size) for name, size in _DISK_MB.items()]
        held = [stack.enter_context(DataDirectory(folder / name).hold()) for name in _DISK_MB]
        servers = Servers(Disks(held[0], held[1], all(small)), seed)
        for server in (servers.postgres, servers.valkey):
            server.start()
            stack.callback(server.stop)
        stack.enter_context(servers.postgres_proxy)
        stack.enter_context(servers.valkey_proxy)
        yield servers


@contextmanager
def full_disk(directory: DataDirectory) -> Iterator[None]:
    """Fill the small disk that the folder lies on to its last block, and free it again."""
    filler = directory.path / _FILLER
    with filler.open("wb", buffering=0) as file:
        for size in (_MEGABYTE, 512):
            with suppress(OSError):
                while file.write(bytes(size)) == size:
                    pass
        try:
            yield
        finally:
            filler.unlink()


def _mounted(stack: ExitStack, folder: Path, size_mb: int) -> bool:
    folder.mkdir(mode=0o700)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m,mode=0700", "tmpfs", str(folder)],
        check=False, capture_output=True,
    )  # fmt: skip
    if done.returncode == 0:
        stack.callback(subprocess.run, ["umount", "-l", str(folder)], check=False)
    return done.returncode == 0


def _socket(url: str) -> Path:
    return Path(unquote(url.partition("host=")[2]))


def valkey_socket(url: str) -> Path:
    """Where a Valkey listens."""
    return Path(unquote(url.removeprefix("unix://localhost")))


def _ended(pid: int) -> bool:
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True


def _family(pid: int) -> list[int]:
    """A process and all that it started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in _family(int(child)))]
