"""A fresh Signalbox of the bench's own: servers, database, the processes of the Procfile, a target.

It lives in a directory beside the data of `make run`, so on the same disk, and with the same
durable settings; all of it is gone when the block ends.
"""

import contextlib
import dataclasses
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Self

import psutil

from cli.environment import PROJECT, data_directory, local_settings
from cli.postgres import Postgres
from cli.processes import (
    AlreadyRunning,
    CannotStart,
    DataDirectory,
    Program,
    end,
    leftovers,
    marked,
)
from cli.servers import LocalServers, RunningServer, failure_of
from cli.supervisor import parse_procfile, procfile_program
from tests.bench.children import Child

SERVED = ("web", "worker", "clock")
_PREFIX = "bench-"
_KEPT = "kept"
_READY_WITHIN_S = 60.0
# What a person has set for another installation must not reach this one.
_FOREIGN = ("DATABASE_URL", "REDIS_URL", "BASE_URL", "HOST", "PORT", "SECRET_KEY", "METRICS_TOKEN")


class Installation:
    """The processes, by name: web, worker, clock, postgres, valkey, target."""

    def __init__(self, directory: DataDirectory) -> None:
        self.ledger_path = directory.path / "target.tsv"
        self.port, self.empty_port, self.target_port = _free_ports(3)
        self._directory = directory
        self._servers = LocalServers(directory, {})
        self._env = _environment(directory.path, self.port, self._servers.urls)
        self._lines = parse_procfile((PROJECT / "Procfile").read_text())
        self._running: dict[str, Child | RunningServer] = {}

    @property
    def urls(self) -> Mapping[str, str]:
        """`DATABASE_URL` and `REDIS_URL`."""
        return self._servers.urls

    @property
    def path(self) -> Path:
        """Where its data lie."""
        return self._directory.path

    def database_url(self, name: str) -> str:
        """A database of its PostgreSQL other than Signalbox's own."""
        postgres = self._servers.postgres
        if not isinstance(postgres, Postgres):
            raise TypeError("the bench brings its own PostgreSQL")
        return postgres.url_of(name)

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as started:
            started.callback(self.stop_all)
            for server in self._servers.servers:
                self._running[server.name] = running = RunningServer(server)
                running.start()
            self.command(self._lines["release"])
            self._start_target()
            self.start(*SERVED)
            started.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_all()

    def start(self, *names: str) -> None:
        """Start processes of the Procfile, each from its line."""
        for name in names:
            self._launch(name, self._lines[name], self._env)
        if "web" in names:
            self._until(self._is_ready, "web")

    @contextlib.contextmanager
    def more_clocks(self, count: int) -> Iterator[list[psutil.Process]]:
        """So many clocks beside the first one; all of them, the first one first."""
        names = [f"clock_{number}" for number in range(2, count + 2)]
        for name in names:
            self._launch(name, self._lines["clock"], self._env)
        try:
            yield [self.process(name) for name in ("clock", *names)]
        finally:
            self.stop(*names)

    @contextlib.contextmanager
    def more_workers(self, count: int) -> Iterator[None]:
        """So many workers beside the first one: `worker_2` and so on."""
        names = [f"worker_{number}" for number in range(2, count + 2)]
        for name in names:
            self._launch(name, self._lines["worker"], self._env)
        try:
            yield
        finally:
            self.stop(*(name for name in names if name in self._running))

    def kill(self, name: str) -> None:
        """Kill -9, and all that it started with it, as a lost machine would."""
        child = self._running.pop(name)
        os.killpg(child.pid, signal.SIGKILL)
        child.stop()

    def stop(self, *names: str) -> None:
        """Stop processes in order."""
        for name in names:
            self._running.pop(name).stop()

    def stop_all(self) -> None:
        """Stop everything: first what was started last."""
        while self._running:
            self._running.popitem()[1].stop()

    @contextlib.contextmanager
    def empty_app(self) -> Iterator[None]:
        """The empty handlers at `empty_port`, run by the very line that runs web."""
        line = self._lines["web"].replace("web.app:app", "tests.bench.empty_app:app")
        if line == self._lines["web"]:
            raise CannotStart("The Procfile's web line does not run web.app:app.")
        self._launch("empty", line, self._env | {"PORT": str(self.empty_port)})
        self._until(lambda: _listens(self.empty_port), "empty")
        try:
            yield
        finally:
            self.stop("empty")

    @contextlib.contextmanager
    def web_of(self, database_url: str) -> Iterator[int]:
        """One more web process, on another database; its port."""
        (port,) = _free_ports(1)
        own = {
            "PORT": str(port),
            "DATABASE_URL": database_url,
            "BASE_URL": f"http://127.0.0.1:{port}",
        }
        self._launch("web_of", self._lines["web"], self._env | own)
        try:
            self._until(lambda: _listens(port), "web_of")
            yield port
        finally:
            self.stop("web_of")

    def command(self, line: str, **env: str) -> str:
        """Run a command line as `release` is run; what it prints. Raises `CannotStart`."""
        program = self._program("command", line, self._env | env)
        done = subprocess.run(
            program.argv, env=program.env, cwd=PROJECT, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise CannotStart(f"`{line}` failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def process(self, name: str) -> psutil.Process:
        """The first process of that name."""
        return psutil.Process(self._running[name].pid)

    @property
    def processes(self) -> dict[str, psutil.Process]:
        """All that is running."""
        return {name: self.process(name) for name in self._running}

    def check(self) -> None:
        """Raises `CannotStart` if a process has ended by itself: no figure would mean anything."""
        for child in self._running.values():
            if isinstance(child, Child) and child.has_ended():
                raise CannotStart(failure_of(child.program))

    def _start_target(self) -> None:
        line = f"{sys.executable} -m tests.support.target --port {self.target_port}"
        self._launch("target", f"{line} --ledger {self.ledger_path}", self._env)
        self._until(lambda: _listens(self.target_port), "target")

    def _launch(self, name: str, line: str, env: Mapping[str, str]) -> None:
        self._running[name] = Child(self._program(name, line, env))

    def _program(self, name: str, line: str, env: Mapping[str, str]) -> Program:
        program = procfile_program(name, line, marked(env, self.path), PROJECT)
        return dataclasses.replace(program, log=self._directory.log / f"{name}.log")

    def _is_ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == http.HTTPStatus.OK
        except OSError:
            return False
        finally:
            connection.close()

    def _until(self, ready: Callable[[], bool], name: str) -> None:
        limit = time.monotonic() + _READY_WITHIN_S
        while not ready():
            self.check()
            if time.monotonic() > limit:
                raise CannotStart(f"{name} does not become ready. See {self.path}/log/{name}.log")
            time.sleep(0.05)


@contextlib.contextmanager
def fresh_installation(*, keep: bool) -> Iterator[Installation]:
    """A new installation, removed at the end unless `keep`; so are those of killed benches."""
    parent = data_directory(os.environ)
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for earlier in parent.glob(f"{_PREFIX}*"):
        _remove_abandoned(earlier)
    path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
    try:
        with DataDirectory(path).hold() as directory, Installation(directory) as installation:
            yield installation
    finally:
        if keep:
            (path / _KEPT).touch()
            print(f"kept: {path}")
        else:
            shutil.rmtree(path, ignore_errors=True)


def _remove_abandoned(path: Path) -> None:
    if (path / _KEPT).exists():
        return
    with contextlib.suppress(AlreadyRunning, CannotStart), DataDirectory(path).hold():
        end(leftovers(path), [signal.SIGTERM, signal.SIGKILL], wait_s=15)
        shutil.rmtree(path, ignore_errors=True)


def _environment(data_dir: Path, port: int, urls: Mapping[str, str]) -> dict[str, str]:
    own = {
        name: value
        for name, value in os.environ.items()
        if name not in _FOREIGN and not name.startswith("SIGNALBOX_")
    }
    own |= {
        "PORT": str(port),
        "SIGNALBOX_DATA_DIR": str(data_dir),
        "SIGNALBOX_DEMO": "0",
        "SIGNALBOX_CANARIES": "0",
        "SIGNALBOX_EGRESS_ALLOW": "127.0.0.0/8",
    }
    return local_settings(own, urls)


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as held:
        sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
        for each in sockets:
            held.enter_context(each)
        return [each.getsockname()[1] for each in sockets]


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
